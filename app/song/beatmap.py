"""Bars for music that was played without regard to them: the song laid anew over beats that are given in seconds.

Every note and event sounds when it did before; what changes is the tempo map under it, and with it the bars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.song.chords import ChordChange
from app.song.edits import bars_of
from app.song.song import Song, Track
from models.beats import agreeing, find_beats, off_grid
from models.errors import UserError
from models.music.notes import Note
from models.music.smf import Event, MidiTrack
from models.music.smf_values import METRE, TEMPO
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap

FEWEST_TAPS = 4
_LAST_BEATS = 8
_AT_ONCE = 0.12  # seconds: a first beat so early is where the song begins
_LONGEST, _SHORTEST = 0xFFFFFF, 1  # microseconds a quarter that a MIDI file can hold


@dataclass(frozen=True)
class BeatMap:
    """When each beat sounds, in seconds from the start of the song, the first of a bar, and how many a bar has.

    A beat is a quarter. `first` is the number of a beat that begins a bar.
    """

    times: tuple[float, ...]
    first: int = 0
    beats_a_bar: int = 4


def performance(song: Song) -> np.ndarray:
    """Every note as `models.beats` takes them, (n, 4): onset and end in seconds, pitch, velocity; by onset."""
    seconds = song.tempos.seconds
    notes = [
        (seconds(note.onset), seconds(note.end), note.pitch, note.velocity)
        for track in song.tracks
        for note in track.notes()
    ]
    return np.array(sorted(notes), float).reshape(-1, 4)


def played_freely(song: Song) -> bool:
    """Whether the notes ignore the bars and beats of the song."""
    onsets = np.array([note.onset for track in song.tracks for note in track.notes()], float)
    return off_grid(onsets / song.ticks_per_quarter)


def find(song: Song) -> BeatMap:
    """The beats that are heard in the song, whatever its tempo map says; raises UserError where none are."""
    found = find_beats(performance(song))
    return BeatMap(tuple(found.times.tolist()), found.first, found.beats_a_bar)


def tapped(song: Song, taps: Sequence[float]) -> BeatMap:
    """Beats from taps in seconds, the first of them on the first beat of a bar.

    Of all ways to hear beats in the notes the one that agrees with the taps; where none does, the taps themselves, gone
    on with at their tempo as far as the song reaches. Raises UserError for fewer than four taps.
    """
    if len(taps) < FEWEST_TAPS:
        raise UserError(f"Tap at least {FEWEST_TAPS} beats in a row.")
    given = np.array(sorted(taps))
    step = float(np.median(np.diff(given)))
    times = agreeing(performance(song), given)
    if times is None:
        end = max(song.tempos.seconds(song.end), float(given[-1]))
        before = np.arange(given[0], -step / 2, -step)[:0:-1]
        after = np.arange(given[-1], end + 2 * step, step)[1:]
        times = np.concatenate([before, given, after])
    a_bar = beat_map(song).beats_a_bar
    first = int(np.abs(times - given[0]).argmin())
    return BeatMap(tuple(times.tolist()), first % a_bar, a_bar)


def shifted(beats: BeatMap, seconds: float) -> BeatMap:
    """Every beat earlier or later by so much; those that would come before the start are left out."""
    times = tuple(time + seconds for time in beats.times if time + seconds > -_AT_ONCE)
    gone = len(beats.times) - len(times)
    return replace(beats, times=times, first=(beats.first - gone) % beats.beats_a_bar)


def conform(song: Song, beats: BeatMap) -> Song:
    """The song with its bars where the beats say; notes keep their ids and sound when they did."""
    times, lead = _from_the_start(beats)
    ticks = song.ticks_per_quarter
    tempos, to_tick = _tempo_map(song, times, ticks)
    first = (beats.first + lead) % beats.beats_a_bar
    changes = [MetreChange(first * ticks, beats.beats_a_bar, 4)]
    if first:
        changes.insert(0, MetreChange(0, first, 4))
    metres = MetreMap(ticks, tuple(changes))

    def moved(events: tuple[Event, ...]) -> tuple[Event, ...]:
        kept = (event for event in events if event.meta(TEMPO) is None and event.meta(METRE) is None)
        return tuple(replace(event, tick=to_tick(event.tick)) for event in kept)

    def placed(note: Note) -> Note:
        onset = to_tick(note.onset)
        return replace(note, onset=onset, duration=max(to_tick(note.end) - onset, 1))

    def laid(track: Track) -> Track:
        content = bars_of([placed(note) for note in track.notes()], metres)
        return replace(track, metres=metres, content=content, events=moved(track.events), end=to_tick(track.end))

    conductor = song.conductor
    if conductor is not None:
        conductor = MidiTrack((), moved(conductor.events), to_tick(conductor.end))
    return replace(
        song,
        tracks=tuple(laid(track) for track in song.tracks),
        tempos=tempos,
        metres=metres,
        keys=tuple(replace(change, tick=to_tick(change.tick)) for change in song.keys),
        chords=tuple(ChordChange(to_tick(change.tick), change.chord) for change in song.chords),
        conductor=conductor,
    )


def beat_map(song: Song) -> BeatMap:
    """The beats of a song as its tempo and metre maps have them: what conform() would lay it over to change nothing."""
    metres, ticks = song.metres, song.ticks_per_quarter
    last = metres.bar_end(metres.bar(max(song.end, 1)))
    times = tuple(song.tempos.seconds(tick) for tick in range(0, last + 1, ticks))
    change = metres.metre(last)
    start = metres.bar_start(metres.bar(last))
    a_bar = max(round(4 * change.numerator / change.denominator), 1)
    return BeatMap(times, round(start / ticks) % a_bar, a_bar)


def carried(notes: Iterable[Note], source: Song, target: Song) -> tuple[Note, ...]:
    """Notes in the time of `source` as notes that sound at the same seconds in the time of `target`."""
    found = []
    for note in notes:
        onset, end = (carried_tick(tick, source, target) for tick in (note.onset, note.end))
        found.append(replace(note, onset=onset, duration=max(end - onset, 1)))
    return tuple(found)


def carried_tick(tick: int, source: Song, target: Song) -> int:
    """The tick of `target` at the same second as a tick of `source`."""
    return max(round(target.tempos.tick(source.tempos.seconds(tick))), 0)


def own_metres(song: Song) -> bool:
    """Whether the song's bars are more than beats counted off after an upbeat: several metres, or not of quarters."""
    changes = list(song.metres.changes)
    if not changes or changes[0].tick > 0:
        changes.insert(0, song.metres.metre(0))
    if len(changes) > 1 and song.metres.bar(changes[1].tick) == 1 and changes[0].numerator < changes[1].numerator:
        del changes[0]  # the upbeat
    return len(changes) > 1 or any(change.denominator != 4 for change in changes)


def later(beats: BeatMap, by: int) -> BeatMap:
    """The bar lines moved by some beats."""
    return replace(beats, first=(beats.first + by) % beats.beats_a_bar)


def twice(beats: BeatMap) -> BeatMap:
    """Twice as many beats: each is halved."""
    times = np.array(beats.times)
    middle = (times[1:] + times[:-1]) / 2
    both = np.sort(np.concatenate([times, middle]))
    return replace(beats, times=tuple(both.tolist()), first=2 * beats.first % beats.beats_a_bar)


def half(beats: BeatMap) -> BeatMap:
    """Every second beat, those that begin a bar among them."""
    offset = beats.first % 2
    return replace(beats, times=beats.times[offset::2], first=(beats.first - offset) // 2 % beats.beats_a_bar)


def _from_the_start(beats: BeatMap) -> tuple[np.ndarray, int]:
    """Beat times from 0 on, and how many were put before the first."""
    times = np.array(beats.times, float)
    step = float(np.median(np.diff(times)))
    if times[0] < _AT_ONCE:
        times[0] = 0.0
        return times, 0
    lead = max(round(times[0] / step), 1)
    return np.concatenate([np.arange(lead) * times[0] / lead, times]), lead


def _tempo_map(song: Song, times: np.ndarray, ticks: int) -> tuple[TempoMap, Callable[[int], int]]:
    """The tempo of every beat, behind the last one that of the last bars; and where a tick of the song comes to lie."""
    lengths = np.diff(times)
    lengths = np.append(lengths, np.median(lengths[-_LAST_BEATS:]))
    micro = np.clip(np.rint(lengths * 1e6), _SHORTEST, _LONGEST).astype(int)
    changes: list[TempoChange] = []
    for beat, microseconds in enumerate(micro.tolist()):
        if not changes or changes[-1].microseconds != microseconds:
            changes.append(TempoChange(beat * ticks, microseconds))
    tempos, before = TempoMap(ticks, tuple(changes)), song.tempos
    return tempos, lambda tick: max(round(tempos.tick(before.seconds(tick))), 0)
