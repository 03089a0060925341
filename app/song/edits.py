"""Edits as named operations: a Song goes in, a new Song comes out. No mouse, no window, no undo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from app.song.bars import Bars
from app.song.song import Song, Track, default_name
from models.errors import UserError
from models.music.notes import DRUM_CHANNEL, Note
from models.music.smf_values import CUE, KEY, MARKER, MAX_TICK, METRE, TEMPO, MidiTrack
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap
from models.request import Span

_SMPTE_OFFSET = 0x54
MOST_BEATS = 32
DENOMINATORS = (1, 2, 4, 8, 16, 32)
_OF_THE_SONG = (TEMPO, METRE, KEY, MARKER, CUE, _SMPTE_OFFSET)  # meta events that concern every track
MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)


def add_notes(song: Song, track_id: int, notes: Iterable[Note]) -> tuple[Song, tuple[int, ...]]:
    """Put `notes` on a track under new ids and on its channel; returns the ids in the order given."""
    track = song.track(track_id)
    notes = list(notes)
    if not notes:
        return song, ()
    new = [replace(note, id=song.next_id + index, channel=track.channel) for index, note in enumerate(notes)]
    song = replace(song, next_id=song.next_id + len(new))
    return _with_notes(song, track, removed=(), added=new), tuple(note.id for note in new)


def remove_notes(song: Song, track_id: int, ids: Iterable[int]) -> Song:
    """Take notes away."""
    track = song.track(track_id)
    return _with_notes(song, track, removed=track.pick(ids), added=())


def move_notes(song: Song, track_id: int, ids: Iterable[int], ticks: int, semitones: int) -> Song:
    """Move notes in time and pitch as one shape: it stops where its first note would pass the edge."""
    notes = song.track(track_id).pick(ids)
    ticks, semitones = limit_move(notes, ticks, semitones)
    return change_notes(
        song, track_id, notes, lambda note: replace(note, onset=note.onset + ticks, pitch=note.pitch + semitones)
    )


def limit_move(notes: Iterable[Note], ticks: int, semitones: int) -> tuple[int, int]:
    """As much of a move as keeps all `notes` behind tick 0 and within MIDI's pitches."""
    notes = list(notes)
    if not notes:
        return 0, 0
    ticks = max(ticks, -min(note.onset for note in notes))
    ticks = min(ticks, MAX_TICK - max(note.end for note in notes))
    semitones = max(semitones, -min(note.pitch for note in notes))
    return ticks, min(semitones, 127 - max(note.pitch for note in notes))


def resize_notes(song: Song, track_id: int, ids: Iterable[int], ticks: int, minimum: int = 1) -> Song:
    """Make notes longer by `ticks` (shorter where negative); none becomes shorter than `minimum`."""
    notes = song.track(track_id).pick(ids)
    return change_notes(
        song,
        track_id,
        notes,
        lambda note: replace(note, duration=max(note.duration + ticks, min(minimum, note.duration), 1)),
    )


def resize_starts(song: Song, track_id: int, ids: Iterable[int], ticks: int, minimum: int = 1) -> Song:
    """Move the beginnings of notes by `ticks`, their ends staying; none becomes shorter than `minimum`."""

    def moved(note: Note) -> Note:
        onset = min(max(note.onset + ticks, 0), note.end - max(min(minimum, note.duration), 1))
        return replace(note, onset=onset, duration=note.end - onset)

    return change_notes(song, track_id, song.track(track_id).pick(ids), moved)


def set_velocities(song: Song, track_id: int, ids: Iterable[int], velocity: int) -> Song:
    """Give notes one velocity, 1 to 127."""
    velocity = min(max(velocity, 1), 127)
    return change_notes(song, track_id, song.track(track_id).pick(ids), lambda note: replace(note, velocity=velocity))


def change_velocities(song: Song, track_id: int, ids: Iterable[int], difference: int) -> Song:
    """Make notes louder or softer by `difference`, each within 1 to 127."""
    return change_notes(
        song,
        track_id,
        song.track(track_id).pick(ids),
        lambda note: replace(note, velocity=min(max(note.velocity + difference, 1), 127)),
    )


def change_notes(song: Song, track_id: int, notes: Iterable[Note], change: Callable[[Note], Note]) -> Song:
    """Exchange each of `notes` for what `change` makes of it; ids stay."""
    notes = list(notes)
    changed = [change(note) for note in notes]
    return _with_notes(song, song.track(track_id), removed=notes, added=changed)


def replace_span(
    song: Song, track_id: int, span: Span, notes: Iterable[Note], layer: bool = False
) -> tuple[Song, tuple[int, ...]]:
    """Put `notes` into a span; what began there before goes, unless `layer`, and what rings into it is cut.

    Locked notes stay as they are.
    """
    if not layer:
        track = song.track(track_id)
        gone = [note for note in track.onsets(span.start, span.end) if note.id not in song.locked]
        before = (note for note in track.between(span.start, span.start + 1) if note.onset < span.start)
        ringing = [note for note in before if note.id not in song.locked]
        cut = [replace(note, duration=span.start - note.onset) for note in ringing]
        song = _with_notes(song, track, removed=[*gone, *ringing], added=cut)
    return add_notes(song, track_id, notes)


def toggle_locks(song: Song, track_id: int, ids: Iterable[int]) -> Song:
    """Lock these notes; where they are locked already, every one, let them go."""
    there = frozenset(note.id for note in song.track(track_id).pick(ids))
    return replace(song, locked=song.locked - there if there <= song.locked else song.locked | there)


def add_track(song: Song, name: str = "", programme: int = 0, drums: bool = False) -> tuple[Song, int]:
    """A new track at the end, on a channel of its own while there is one; returns its id."""
    track_id = max((track.id for track in song.tracks), default=0) + 1
    used = {track.channel for track in song.tracks}
    free = [channel for channel in MELODIC_CHANNELS if channel not in used] or list(MELODIC_CHANNELS)
    channel = DRUM_CHANNEL if drums else free[0]
    track = Track(track_id, name or default_name(track_id, channel), song.metres, channel, programme)
    return replace(song, tracks=(*song.tracks, track)), track_id


def remove_track(song: Song, track_id: int) -> Song:
    """Take a track away, but for what it says about the whole song (tempo, metre, keys, markers); one has to stay."""
    if len(song.tracks) == 1:
        raise UserError("A song needs one track; delete its notes instead.")
    common = tuple(
        replace(event, late=False)
        for event in song.track(track_id).events
        if any(event.meta(kind) is not None for kind in _OF_THE_SONG)
    )
    if common:
        conductor = song.conductor or MidiTrack()
        events = tuple(sorted(conductor.events + common, key=lambda event: event.tick))
        song = replace(song, conductor=replace(conductor, events=events))
    return replace(song, tracks=tuple(track for track in song.tracks if track.id != track_id))


def set_track(song: Song, track_id: int, **fields: Any) -> Song:
    """Change a track's name, programme, mute or solo."""
    unknown = fields.keys() - {"name", "programme", "mute", "solo"}
    if unknown:
        raise TypeError(f"a track has no field to set called {', '.join(sorted(unknown))}")
    track = song.track(track_id)
    if all(getattr(track, name) == value for name, value in fields.items()):
        return song
    return _exchange(song, replace(track, **fields))


def set_tempo(song: Song, bpm: float) -> Song:
    """One tempo for the whole song, in quarters a minute."""
    tempos = TempoMap(song.ticks_per_quarter, (TempoChange.at(0, bpm),))
    return song if tempos == song.tempos else replace(song, tempos=tempos)


def set_tempo_from(song: Song, tick: int, bpm: float) -> Song:
    """A tempo in quarters a minute from `tick` to the next change of tempo."""
    others = [change for change in song.tempos.changes if change.tick != tick]
    changes = sorted([*others, TempoChange.at(tick, bpm)], key=lambda change: change.tick)
    tempos = TempoMap(song.ticks_per_quarter, tuple(changes))
    return song if tempos == song.tempos else replace(song, tempos=tempos)


def set_metre(song: Song, bar: int, numerator: int, denominator: int) -> Song:
    """Bars of `numerator`/`denominator` from `bar` (counted from 0) to the next change of metre; notes keep their
    times. Raises UserError for what is no metre."""
    if not 1 <= numerator <= MOST_BEATS or denominator not in DENOMINATORS:
        raise UserError(
            f"There is no metre {numerator}/{denominator} here: the upper figure goes to {MOST_BEATS}, "
            f"the lower is one of {', '.join(map(str, DENOMINATORS))}."
        )
    tick, before = song.metres.bar_start(bar), song.metres
    compound = denominator >= 8 and numerator > 3 and numerator % 3 == 0
    click = 96 // denominator * (3 if compound else 1)
    kept = [change for change in before.changes if change.tick != tick]
    earlier = [change for change in kept if change.tick < tick]
    there = earlier[-1] if earlier else MetreChange(0, 4, 4)
    if tick == 0 or (there.numerator, there.denominator) != (numerator, denominator):
        kept.append(MetreChange(tick, numerator, denominator, click))
    metres = MetreMap(song.ticks_per_quarter, tuple(sorted(kept, key=lambda change: change.tick)))
    after, now = metres.metre(tick), before.metre(tick)
    if (after.numerator, after.denominator) == (now.numerator, now.denominator):
        return song
    tracks = (replace(track, metres=metres, content=bars_of(track.notes(), metres)) for track in song.tracks)
    return replace(song, metres=metres, tracks=tuple(tracks))


def bars_of(notes: Iterable[Note], metres: MetreMap) -> Bars:
    """Notes sorted into the bars of `metres`."""
    by_bar: defaultdict[int, list[Note]] = defaultdict(list)
    bar, start, end = 0, 0, -1
    for note in notes:
        # Notes come mostly in order, so the bar of the last one is nearly always the right one.
        if not start <= note.onset < end:
            bar = metres.bar(note.onset)
            start, end = metres.bar_start(bar), metres.bar_end(bar)
        by_bar[bar].append(note)
    return Bars().replace(by_bar)


def _with_notes(song: Song, track: Track, removed: Iterable[Note], added: Iterable[Note]) -> Song:
    gone: defaultdict[int, set[int]] = defaultdict(set)
    come: defaultdict[int, list[Note]] = defaultdict(list)
    for note in removed:
        gone[song.metres.bar(note.onset)].add(note.id)
    for note in added:
        come[song.metres.bar(note.onset)].append(note)
    bars = track.content
    changes = {
        bar: [note for note in bars.chunk(bar) if note.id not in gone[bar]] + come[bar]
        for bar in gone.keys() | come.keys()
    }
    changed = bars.replace(changes)
    return song if changed is bars else _exchange(song, replace(track, content=changed))


def _exchange(song: Song, track: Track) -> Song:
    return replace(song, tracks=tuple(track if each.id == track.id else each for each in song.tracks))
