"""What G does on a drum track: plays the selected bars as a drummer would. Pure; the tooltip shows it beforehand."""

from __future__ import annotations

from app.compose.intent import MOST_BARS, Plan, bar_names, locked_notes
from app.compose.variation import phrase_in, selected_bars
from app.song.selection import Selection
from app.song.song import Song
from models.music.notes import Role
from models.request import Context, Controls, Request, Span, Verb

GROOVE_AMOUNT = 0.8  # of the way from stiff to played


def groove_plan(song: Song, selection: Selection, controls: Controls, seed: int, takes: int, amount: float) -> Plan:
    """Move the hits of the selected bars, or of all the track's first bars, in time and loudness; locked ones stay."""
    track = song.track(selection.track_id)
    bars = selected_bars(song, selection)
    notes = list(track.notes())
    if bars is None and (selection or not notes):
        return Plan(
            track.id, None, f"{track.name} plays nothing here: draw some hits, then press G to have them played."
        )
    first, last = bars or (song.metres.bar(notes[0].onset), song.metres.bar(notes[-1].onset))
    if last - first >= MOST_BARS:
        if bars is not None:
            return Plan(track.id, None, f"More than {MOST_BARS} bars are too many to groove at once: select less.")
        last = first + MOST_BARS - 1
    span = Span(song.metres.bar_start(first), song.metres.bar_end(last))
    context = Context((), (), song.ticks_per_quarter, song.metres, song.tempos, role=Role.DRUMS)
    source = phrase_in(song, track, first, last)
    request = Request(
        Verb.GROOVE, context, span, controls, seed, takes, locked_notes(song, track, span), source=source, amount=amount
    )
    what = (
        f"Play {bar_names(first, last)} of {track.name} as a drummer would: the same hits, in time and loudness alive"
    )
    return Plan(track.id, request, f"{what}.")
