"""What stood some bars before a note, and what stands some bars after it: what a recurrent state forgets first.

After the look-back of Waite et al., "Generating long-term structure in songs and stories" (Magenta, 2016), carried from
fixed steps to bars of any metre, from one voice to chords, and from the past to what follows a gap. A place is one
integer, `bar * MAX_BAR_STEPS + position`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.tokens import LOOK_AHEAD, LOOK_BACK, MAX_ADVANCE, MAX_BAR_STEPS, NO_CHORD, NO_PITCH, Encoded, Ints

NO_INTERVAL = 127
MAX_INTERVAL = 24  # semitones that a learned interval reaches
LOOKS = (*(-bars for bars in LOOK_BACK), *LOOK_AHEAD)
_RADIX = NO_PITCH + 1


@dataclass(frozen=True)
class Looked:
    """The notes found some bars away from n places, arrays (n, looks): pitch (NO_PITCH: none), duration (0: none), the
    interval by which that note was reached (NO_INTERVAL: none), whether it starts exactly there, and its number among
    the notes (-1: none)."""

    pitch: Ints
    duration: Ints
    interval: Ints
    exact: NDArray[np.bool_]
    number: Ints


def look(
    place: Ints, floor: Ints, note_place: Ints, note_pitch: Ints, note_duration: Ints, looks: tuple[int, ...]
) -> Looked:
    """For each of the places (n,) the note found the given bars away among notes ordered by place and pitch.

    Where a note was already written at a place, `floor` (n,) is its pitch, and the next higher one is looked for; else
    it is -1. A note that starts exactly there comes first, else the last one before it, if no more than a bar old.
    """
    if not len(note_place):
        shape = (len(place), len(looks))
        return Looked(
            np.full(shape, NO_PITCH),
            np.zeros(shape, np.int64),
            np.full(shape, NO_INTERVAL),
            np.zeros(shape, bool),
            np.full(shape, -1),
        )
    wanted = place[:, None] + np.array(looks) * MAX_BAR_STEPS
    at = np.searchsorted(note_place * _RADIX + note_pitch, wanted * _RADIX + floor[:, None] + 1)
    exact = note_place[np.minimum(at, len(note_place) - 1)] == wanted
    exact &= at < len(note_place)
    index = np.where(exact, at, at - 1)
    found = (index >= 0) & (wanted >= 0) & (note_place[index] > wanted - MAX_BAR_STEPS)
    before = np.maximum(index - 1, 0)
    return Looked(
        np.where(found, note_pitch[index], NO_PITCH),
        np.where(found, note_duration[index], 0),
        np.where(found & (index > 0), note_pitch[index] - note_pitch[before], NO_INTERVAL),
        exact & found,
        np.where(found, index, -1),
    )


def onset_rows(bars: int, bar: Ints, position: Ints) -> NDArray[np.bool_]:
    """Where notes start, bar by bar: shape (bars, MAX_BAR_STEPS)."""
    rows = np.zeros((bars, MAX_BAR_STEPS), dtype=bool)
    rows[bar, position] = True
    return rows


def event_fields(piece: Encoded) -> dict[str, NDArray]:
    """The event fields of a part with its start marker, shapes (notes + 1, ...).

    `look_*` (notes + 1, 7) is what stands LOOKS bars away; `more` (notes + 1, 7) whether, as seen from the last note,
    another note follows above it there; `stacked` whether a note begins together with the last one.
    """
    bar = np.concatenate([[0], piece.bar])
    position = np.concatenate([[0], piece.position])
    pitch = np.concatenate([[NO_PITCH], piece.pitch])
    duration = np.concatenate([[0], piece.duration])
    place = piece.bar * MAX_BAR_STEPS + piece.position
    stacked = np.diff(place, prepend=-1) == 0
    floor = np.where(stacked, np.concatenate([[-1], piece.pitch[:-1]]), -1)
    looked = look(place, floor, place, piece.pitch, piece.duration, LOOKS)
    above = look(place, piece.pitch, place, piece.pitch, piece.duration, LOOKS).exact  # seen from the note itself
    none = np.zeros((1, len(LOOKS)), bool)
    advance = np.diff(bar, prepend=0)
    frame = piece.frame
    end = frame.starts[bar] + position + duration
    end_bar = np.minimum(np.searchsorted(frame.starts, end, side="right") - 1, len(frame.bar_steps) - 1)
    # An end beyond the frame's last bar is counted on from that bar; the position is kept in range.
    end_position = np.minimum(end - frame.starts[end_bar], MAX_BAR_STEPS - 1)
    last_position = position.copy()
    last_position[0] = -1
    weight = ((advance <= MAX_ADVANCE) & (np.arange(len(bar)) > 0)).astype(np.float32)
    return {
        "bar": bar,
        "advance": np.minimum(advance, MAX_ADVANCE),
        "position": position,
        "pitch": pitch,
        "duration": duration,
        "velocity": np.concatenate([[0], piece.velocity]),
        "root": np.concatenate([[NO_CHORD], piece.root]),
        "tones": np.concatenate([np.zeros((1, 12), np.float32), piece.tones]),
        "scale": np.repeat(piece.scale[None], len(bar), 0),
        "bar_steps": np.minimum(frame.bar_steps[bar], MAX_BAR_STEPS),
        "beat_steps": np.minimum(frame.beat_steps[bar], MAX_BAR_STEPS),
        "previous_pitch": np.concatenate([[NO_PITCH], pitch[:-1]]),
        "end_advance": np.minimum(end_bar - bar, MAX_ADVANCE),
        "end_position": end_position,
        "last_position": last_position,
        "stacked": np.concatenate([[False], stacked]),
        "look_pitch": np.concatenate([np.full((1, len(LOOKS)), NO_PITCH), looked.pitch]),
        "look_duration": np.concatenate([np.zeros((1, len(LOOKS)), np.int64), looked.duration]),
        "look_interval": np.concatenate([np.full((1, len(LOOKS)), NO_INTERVAL), looked.interval]),
        "look_exact": np.concatenate([none, looked.exact]),
        "look_number": np.concatenate([np.full((1, len(LOOKS)), -1), looked.number]),
        "more": np.concatenate([none, none, above[:-1]])[: len(bar)],
        "weight": weight,
    }
