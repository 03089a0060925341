"""Phrases from nothing: what is asked for, and how the chosen ones come into the song. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.compose.intent import MOST_BARS, Plan, checked
from app.song.chords import chord_spans, replace_chords
from app.song.edits import add_track, replace_span
from app.song.song import Song
from models.music.notes import ChordSpan, Role
from models.request import Context, Controls, Request, Span, Take, Verb

ALL_PARTS = (Role.MELODY, Role.CHORDS, Role.BASS)
WITH_DRUMS = (*ALL_PARTS, Role.DRUMS)
FRESH_TAKES = 16
_TRACKS = {Role.CHORDS: ("Chords", 0), Role.BASS: ("Bass", 33), Role.MELODY: ("Melody", 0), Role.VOICE: ("Voice", 0),
           Role.DRUMS: ("Drums", 0)}  # fmt: skip


def fresh_plan(
    song: Song, track_id: int, first_bar: int, bars: int, controls: Controls, seed: int, takes: int,
    roles: tuple[Role, ...] = (Role.MELODY,), engine: str = "", latent: tuple[float, ...] = (),
) -> Plan:  # fmt: skip
    """Phrases of `bars` bars from `first_bar` (counted from 0) on, over the chord lane where it says something.

    What else the song plays there is not heard: these are phrases from nothing.
    """
    track = song.track(track_id)
    if track.is_drums:
        return Plan(track.id, None, "Fresh phrases have pitches: choose a track that is not for drums.")
    if not 1 <= bars <= MOST_BARS:
        return Plan(track.id, None, f"A fresh phrase has 1 to {MOST_BARS} bars.", wrong=True)
    metres = song.metres
    span = Span(metres.bar_start(first_bar), metres.bar_start(first_bar + bars))
    chords = chord_spans(song, span.start, span.end)
    context = Context((), (), song.ticks_per_quarter, metres, song.tempos, chords, roles[0])
    request = Request(Verb.FRESH, context, span, controls, seed, takes, engine=engine, latent=latent, roles=roles)
    bars_said = f"{bars} {'bar' if bars == 1 else 'bars'}"
    return checked(track, request, f"Write {takes} phrases of {bars_said} from nothing")


def place(song: Song, track_id: int, takes: Sequence[Take], layer: bool) -> tuple[Song, tuple[int, ...]]:
    """The song with the takes one after the other from where the first was written; ids of the track's new notes.

    The first part goes to the track, other parts to tracks of their own, which are found by name or made. The chords
    that a take was written over are put under it again where it stands later and the lane is empty there.
    """
    chosen: list[int] = []
    metres = song.metres
    start = takes[0].span.start if takes else 0
    for take in takes:
        chords = chord_spans(song, take.span.start, take.span.end)
        shift = start - take.span.start
        span = Span(start, start + take.span.length)
        for role, notes in take.parts or ((Role.MELODY, take.notes),):
            moved = tuple(replace(note, onset=note.onset + shift) for note in notes)
            first = not take.parts or role is take.parts[0][0]
            song, where = (song, track_id) if first else _track_for(song, role)
            song, ids = replace_span(song, where, span, moved, layer)
            chosen += ids if first else ()
        if shift and chords and not chord_spans(song, span.start, span.end):
            kept = [
                ChordSpan(max(chord.onset, take.span.start) + shift, min(chord.end, take.span.end) + shift, chord.chord)
                for chord in chords
            ]
            song = replace_chords(song, span, kept)
        start = metres.bar_start(metres.bar(span.end - 1) + 1)
    return song, tuple(chosen)


def _track_for(song: Song, role: Role) -> tuple[Song, int]:
    """A track for a part: the one of its name, for drums the first of drums, else a new one."""
    name, programme = _TRACKS[role]
    drums = role is Role.DRUMS
    found = next((t.id for t in song.tracks if t.is_drums == drums and (drums or t.name == name)), None)
    return (song, found) if found is not None else add_track(song, name, programme, drums)
