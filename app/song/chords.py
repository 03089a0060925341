"""The chord lane: chord symbols over the song, as a lead sheet has them, and how they travel in MIDI files.

A chord holds to the next one; the last one to the end of its bar, unless an end without a chord stands behind it. In a
MIDI file each is a text event, such as "Chord: Am7": other programs show it or pass it on, and none takes it for notes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.song.song import ChordChange, Song
from models.errors import UserError
from models.music.notes import ChordSpan
from models.music.smf import Event, MidiFile
from models.music.smf_values import META, TEXT, decode_text
from models.music.theory import NO_CHORD_NAME, Chord, chord_name, parse_chord
from models.request import Span

_PREFIX = "Chord: "


def set_chord(song: Song, tick: int, chord: Chord | None) -> Song:
    """`chord` from `tick` on, in place of what began there; the same song where it says nothing new."""
    found = [change for change in song.chords if change.tick == tick]
    if [change.chord for change in found] == [chord]:
        return song
    return _with_changes(song, [change for change in song.chords if change.tick != tick] + [ChordChange(tick, chord)])


def remove_chord(song: Song, tick: int) -> Song:
    """The chord that begins at `tick` taken away: the one before it holds on."""
    left = [change for change in song.chords if change.tick != tick]
    return song if len(left) == len(song.chords) else _with_changes(song, left)


def replace_chords(song: Song, span: Span, chords: Iterable[ChordSpan]) -> Song:
    """Put chords into a span; what stood there goes, and what held behind it holds on from its end."""
    behind = chord_at(song, span.end)
    kept = [change for change in song.chords if not span.start <= change.tick < span.end]
    new: list[ChordChange] = []
    if song.chords and song.chords[-1].tick < span.start:  # what ended with its bar would now hold on to the span
        end = song.metres.bar_end(song.metres.bar(song.chords[-1].tick))
        if end < span.start:
            new.append(ChordChange(end, None))
    end = span.start
    for each in chords:
        if each.onset > end:
            new.append(ChordChange(end, None))
        new.append(ChordChange(each.onset, each.chord))
        end = each.end
    if all(change.tick != span.end for change in kept):
        new.append(ChordChange(span.end, behind))
    return _with_changes(song, kept + new)


def chord_at(song: Song, tick: int) -> Chord | None:
    """The chord that holds at `tick`."""
    return next((span.chord for span in chord_spans(song) if span.onset <= tick < span.end), None)


def chord_spans(song: Song, start: int = 0, end: int | None = None) -> tuple[ChordSpan, ...]:
    """The chords that hold anywhere from `start` to `end`, each from its onset to its end."""
    spans = []
    for change, following in zip(song.chords, (*song.chords[1:], None), strict=False):
        until = song.metres.bar_end(song.metres.bar(change.tick)) if following is None else following.tick
        if change.chord is not None and until > start and (end is None or change.tick < end):
            spans.append(ChordSpan(change.tick, until, change.chord))
    return tuple(spans)


def chords_in(file: MidiFile) -> tuple[ChordChange, ...]:
    """The chord symbols that a file holds; the last one of a tick counts."""
    found = {}
    for track in file.tracks:
        for event in track.events:
            change = _change(event)
            if change is not None:
                found[change.tick] = change
    return tuple(found[tick] for tick in sorted(found))


def chord_events(chords: Iterable[ChordChange]) -> tuple[Event, ...]:
    """The text events that say these chords."""
    return tuple(
        Event(
            each.tick,
            bytes((META, TEXT))
            + f"{_PREFIX}{NO_CHORD_NAME if each.chord is None else chord_name(each.chord)}".encode(),
        )
        for each in chords
    )


def is_chord(event: Event) -> bool:
    """Whether an event is a chord symbol of ours."""
    return _change(event) is not None


def _change(event: Event) -> ChordChange | None:
    payload = event.meta(TEXT)
    text = decode_text(payload) if payload is not None else ""
    if not text.startswith(_PREFIX):
        return None
    symbol = text.removeprefix(_PREFIX).strip()
    if symbol == NO_CHORD_NAME:
        return ChordChange(event.tick, None)
    try:
        return ChordChange(event.tick, parse_chord(symbol))
    except UserError:
        return None  # a text that only looks like ours: it stays where it is


def _with_changes(song: Song, changes: Iterable[ChordChange]) -> Song:
    """The song with these changes in order, those left out that say what holds already."""
    kept: list[ChordChange] = []
    for change in sorted(changes, key=lambda change: change.tick):
        if change.chord is not None or (kept and kept[-1].chord is not None):
            kept.append(change)
    return replace(song, chords=tuple(kept))
