"""What G does on a drum track: writes a pattern, or plays the hits that are there as a drummer would; and how other
tracks are played. Pure; the tooltip shows it beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.compose.intent import DEFAULT_BARS, MOST_BARS, Plan, bar_names, locked_notes
from app.compose.variation import phrase_in, selected_bars
from app.song.selection import Selection
from app.song.song import Song, Track
from models.drum_patterns import DRUM_STYLES
from models.music.notes import Role
from models.request import Context, Controls, Request, Span, Verb

GROOVE_AMOUNT = 0.8  # of the way from stiff to played
FEW_HITS = 5  # a bar: fewer are the beginning of a pattern, more are one

_TAPPED_OFF = 1.25  # how far from the song's tempo somebody may tap
_STRAYING = 0.25  # what it costs, in sixteenths, to take the taps for another tempo
_MOST_TAPPED = 32  # sixteenths


@dataclass(frozen=True)
class DrumWish:
    """What a pattern is asked to be: a style, steps with a hit a quarter, the share of kicks, snares and toms off the
    beat; a `rhythm` that was tapped, in quarters from a bar line; how many `bars`, None: four, or those selected."""

    style: str = ""
    density: float | None = None
    liveliness: float | None = None
    rhythm: tuple[float, ...] = ()
    bars: int | None = None


def groove_plan(
    song: Song,
    selection: Selection,
    controls: Controls,
    seed: int,
    takes: int,
    amount: float,
    wish: DrumWish | None = None,
    playhead: int = 0,
    write: bool | None = None,
) -> Plan:
    """Write a pattern where the bars hold few hits or none, around those; else move the hits in time and loudness.

    `write` says which of the two, whatever is there. The bars are those selected, else those of the track, else those
    from the playhead on.
    """
    track = song.track(selection.track_id)
    wish = wish or DrumWish()
    first, last = _bars(song, track, selection, playhead, wish)
    if last - first >= MOST_BARS:
        if selection:
            return Plan(track.id, None, f"More than {MOST_BARS} bars are too many to groove at once: select less.")
        last = first + MOST_BARS - 1
    span = Span(song.metres.bar_start(first), song.metres.bar_end(last))
    hits = track.onsets(span.start, span.end)
    if write is None:
        write = len(hits) < FEW_HITS * (last - first + 1)
    if not write:
        if not hits:
            return Plan(track.id, None, f"{track.name} plays nothing here: draw some hits first, or let G write them.")
        return _played(song, track, first, last, controls, seed, takes, amount, Role.DRUMS, "a drummer")
    if wish.style and wish.style not in DRUM_STYLES:
        return Plan(track.id, None, f"There are no drums in the style {wish.style}: choose another.", wrong=True)
    asked = replace(controls, style=wish.style, density=wish.density, liveliness=wish.liveliness)
    context = Context((), (), song.ticks_per_quarter, song.metres, song.tempos, role=Role.DRUMS)
    request = Request(
        Verb.GROOVE, context, span, asked, seed, takes, locked_notes(song, track, span), amount=amount, writes=True,
        source=phrase_in(song, track, first, last), rhythm=_rhythm(song, span, wish.rhythm),
    )  # fmt: skip
    what = f"Write a {wish.style + ' ' if wish.style else ''}drum pattern into {bar_names(first, last)} of {track.name}"
    if hits:
        what += f" around the {len(hits)} {'hit' if len(hits) == 1 else 'hits'} there"
    if wish.rhythm:
        what += f"{' and' if hits else ''} to the tapped rhythm"
    return Plan(track.id, request, f"{what}.")


def humanise_plan(song: Song, selection: Selection, controls: Controls, seed: int, takes: int, amount: float) -> Plan:
    """Play the selected bars of any track, or all its first bars, as a musician would; locked notes stay."""
    track = song.track(selection.track_id)
    bars = selected_bars(song, selection)
    notes = list(track.notes())
    if bars is None and (selection or not notes):
        return Plan(track.id, None, f"{track.name} plays nothing here: select the notes that are to be played.")
    first, last = bars or (song.metres.bar(notes[0].onset), song.metres.bar(notes[-1].onset))
    if last - first >= MOST_BARS:
        if bars is not None:
            return Plan(track.id, None, f"More than {MOST_BARS} bars are too many to play at once: select less.")
        last = first + MOST_BARS - 1
    role = Role.DRUMS if track.is_drums else phrase_in(song, track, first, last).role
    player = "a drummer" if track.is_drums else "a musician"
    return _played(song, track, first, last, controls, seed, takes, amount, role, player)


def _played(
    song: Song, track: Track, first: int, last: int, controls: Controls, seed: int, takes: int, amount: float,
    role: Role, player: str,
) -> Plan:  # fmt: skip
    span = Span(song.metres.bar_start(first), song.metres.bar_end(last))
    context = Context((), (), song.ticks_per_quarter, song.metres, song.tempos, role=role)
    source = phrase_in(song, track, first, last)
    source = replace(source, notes=tuple(replace(note, channel=track.channel) for note in source.notes))
    request = Request(
        Verb.GROOVE, context, span, controls, seed, takes, locked_notes(song, track, span), source=source, amount=amount
    )
    what = f"Play {bar_names(first, last)} of {track.name} as {player} would"
    return Plan(
        track.id, request, f"{what}: the same {'hits' if track.is_drums else 'notes'}, in time and loudness alive."
    )


def _bars(song: Song, track: Track, selection: Selection, playhead: int, wish: DrumWish) -> tuple[int, int]:
    """The first and the last bar that are meant, from 0."""
    metres = song.metres
    chosen = selected_bars(song, selection)
    if chosen is not None:
        return chosen
    if selection.span is not None:
        return metres.bar(selection.span.start), metres.bar(max(selection.span.end - 1, selection.span.start))
    notes = list(track.notes())
    bars = wish.bars or DEFAULT_BARS
    if not notes:
        first = metres.bar(playhead)
        return first, first + bars - 1
    first, last = metres.bar(notes[0].onset), metres.bar(notes[-1].onset)
    if len(notes) < FEW_HITS * (last - first + 1):
        last = max(last, first + bars - 1)  # the beginning of a pattern
    return first, last


def _rhythm(song: Song, span: Span, rhythm: tuple[float, ...]) -> tuple[int, ...]:
    """What was tapped in ticks after the span's start, again and again in whole bars until the span is full."""
    if not rhythm:
        return ()
    ticks = song.ticks_per_quarter
    bar = song.metres.bar_ticks(span.start)
    length = max(-(-round((max(rhythm) + 0.125) * ticks) // bar), 1) * bar
    return tuple(
        round(turn + beat * ticks)
        for turn in range(0, span.length, length)
        for beat in sorted(rhythm)
        if turn + beat * ticks < span.length
    )


def tapped_rhythm(seconds: Sequence[float], bpm: float) -> tuple[float, ...]:
    """Taps as quarters after the first, which is the first beat of a bar; on sixteenths, two bars of 4/4 at most.

    Nobody taps at a song's very tempo: of those near it the one counts at which the taps lie nearest to sixteenths.
    """
    times = np.array(seconds, float) - min(seconds, default=0.0)
    if len(times) < 2:
        return tuple(times.tolist())
    ratios = np.geomspace(1 / _TAPPED_OFF, _TAPPED_OFF, 61)
    places = times * bpm / 60 * 4 * ratios[:, None]
    off = np.abs(places - np.rint(places)).mean(1) + _STRAYING * np.abs(np.log(ratios))
    steps = np.unique(np.rint(places[int(np.argmin(off))]).astype(int))
    return tuple((steps[steps < _MOST_TAPPED] / 4).tolist())
