"""What Vary and Blend would do, from the song and the selection. Pure; tooltips show it beforehand."""

from __future__ import annotations

from dataclasses import replace

from app.compose.intent import CONTEXT_BARS, MOST_BARS, Plan, bar_names, checked, locked_notes
from app.song.chords import chord_spans
from app.song.selection import Selection
from app.song.song import Song, Track
from models.music.detect import detect_role
from models.music.notes import Phrase, Role, sort_notes
from models.music.time import TempoChange, TempoMap
from models.request import Context, Controls, Request, Span, Verb

_NOTHING = "Select the notes of a phrase first, or drag along the ruler over its bars."


def selected_bars(song: Song, selection: Selection) -> tuple[int, int] | None:
    """The first and the last bar that are selected on the track and hold notes of it; None where there are none."""
    track, metres = song.track(selection.track_id), song.metres
    notes = track.pick(selection.ids)
    if notes:
        return metres.bar(min(note.onset for note in notes)), metres.bar(max(note.onset for note in notes))
    if selection.span is not None and track.onsets(selection.span.start, selection.span.end):
        return metres.bar(selection.span.start), metres.bar(max(selection.span.end - 1, selection.span.start))
    return None


def phrase_in(song: Song, track: Track, first: int, last: int) -> Phrase:
    """What a track plays from bar `first` to bar `last`, as a phrase of its own that begins at tick 0."""
    start, end = song.metres.bar_start(first), song.metres.bar_end(last)
    notes = tuple(
        replace(note, onset=note.onset - start, duration=min(note.end, end) - note.onset)
        for note in track.onsets(start, end)
    )
    tempo = TempoChange.at(0, song.tempos.bpm(start))
    return Phrase(
        tuple(sort_notes(notes)),
        end - start,
        song.ticks_per_quarter,
        song.metres.within(start, end),
        TempoMap(song.ticks_per_quarter, (tempo,)),
        role=detect_role(notes, track.programme or 0),
        title=track.name,
    )


def vary_plan(
    song: Song,
    selection: Selection,
    controls: Controls,
    seed: int,
    takes: int,
    amount: float,
    nudges: tuple[tuple[str, float], ...] = (),
) -> Plan:
    """Vary the selected bars where they stand; their locked notes stay."""
    made = _where(song, selection, "vary")
    if isinstance(made, Plan):
        return made
    track, first, last = made
    request = _request(song, track, first, last, Verb.VARY, controls, seed, takes)
    request = replace(request, amount=amount, nudges=nudges)
    how = "hardly" if amount < 0.2 else "a little" if amount < 0.45 else "clearly" if amount < 0.75 else "far"
    return checked(
        track,
        request,
        f"Vary {bar_names(first, last)} of {track.name} {how}",
        request.source.notes if request.source is not None else (),
    )


def blend_plan(song: Song, selection: Selection, controls: Controls, seed: int, steps: int, origin: Phrase) -> Plan:
    """Steps from `origin` to the selected bars, shown in the place of these."""
    made = _where(song, selection, "blend")
    if isinstance(made, Plan):
        return made
    track, first, last = made
    request = _request(song, track, first, last, Verb.BLEND, controls, seed, steps)
    if request.source is not None and origin.notes == request.source.notes:
        return Plan(track.id, None, "These are the notes to blend from: select the other phrase, then press Blend.")
    if origin.role is Role.CHORDS:  # chords and a line blend as chords
        request = replace(request, context=replace(request.context, role=Role.CHORDS))
    request = replace(request, source=origin, target=request.source)
    what = f"Blend from {origin.title or 'the phrase'} to {bar_names(first, last)} of {track.name} in {steps} steps"
    return checked(track, request, what, origin.notes)


def origin_in(song: Song, selection: Selection) -> Phrase | Plan:
    """The selected bars as the phrase to blend from; or a plan that says why there is none."""
    made = _where(song, selection, "blend")
    if isinstance(made, Plan):
        return made
    track, first, last = made
    return replace(phrase_in(song, track, first, last), title=f"{bar_names(first, last)} of {track.name}")


def _where(song: Song, selection: Selection, verb: str) -> tuple[Track, int, int] | Plan:
    track = song.track(selection.track_id)
    if track.is_drums:
        return Plan(track.id, None, f"Drums cannot be {verb.rstrip('y')}{'ied' if verb == 'vary' else 'ed'} yet.")
    bars = selected_bars(song, selection)
    if bars is None:
        return Plan(track.id, None, _NOTHING)
    first, last = bars
    if last - first >= MOST_BARS:
        return Plan(track.id, None, f"More than {MOST_BARS} bars are too many to {verb} at once: select less.")
    return track, first, last


def _request(
    song: Song, track: Track, first: int, last: int, verb: Verb, controls: Controls, seed: int, takes: int
) -> Request:
    metres = song.metres
    span = Span(metres.bar_start(first), metres.bar_end(last))
    start = metres.bar_start(max(first - CONTEXT_BARS, 0))
    phrase = phrase_in(song, track, first, last)
    part = tuple(replace(note, channel=track.channel) for note in track.onsets(start, span.start))
    context = Context(
        part,
        (),
        song.ticks_per_quarter,
        metres,
        song.tempos,
        chord_spans(song, start, span.end),
        role=phrase.role,
    )
    return Request(verb, context, span, controls, seed, takes, locked_notes(song, track, span), source=phrase)
