"""What stood 1, 2, 4 and 8 bars before a note: the part of the context that a recurrent state forgets first.

After the look-back of Waite et al., "Generating long-term structure in songs and stories" (Magenta, 2016), carried from
fixed steps to bars of any metre. A bar-and-position pair is one integer, `bar * MAX_BAR_STEPS + position`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.tokens import LOOK_BACK, MAX_ADVANCE, MAX_BAR_STEPS, NO_CHORD, NO_PITCH, Encoded, Ints

NO_INTERVAL = 127


def look_back(keys: Ints, pitch: Ints, duration: Ints) -> tuple[Ints, Ints, Ints, NDArray[np.bool_]]:
    """For every note, the note found at its place k bars before, for each k of LOOK_BACK.

    `keys`, `pitch`, `duration` have shape (notes,), keys ascending. Returns pitch (NO_PITCH: none), duration (0: none),
    the interval by which that note was reached (NO_INTERVAL: none) and whether it started exactly there; all of shape
    (notes, 4).
    """
    wanted = keys[:, None] - np.array(LOOK_BACK) * MAX_BAR_STEPS
    index = np.searchsorted(keys, wanted.ravel(), side="right").reshape(wanted.shape) - 1
    # At most a bar old: what sounded earlier was not "there" any more.
    found = (index >= 0) & (wanted >= 0) & (keys[index] > wanted - MAX_BAR_STEPS)
    before = np.maximum(index - 1, 0)
    interval = np.where(found & (index > 0), pitch[index] - pitch[before], NO_INTERVAL)
    return (
        np.where(found, pitch[index], NO_PITCH),
        np.where(found, duration[index], 0),
        interval,
        found & (keys[index] == wanted),
    )


def onset_rows(bars: int, bar: Ints, position: Ints) -> NDArray[np.bool_]:
    """Where notes start, bar by bar: shape (bars, MAX_BAR_STEPS)."""
    rows = np.zeros((bars, MAX_BAR_STEPS), dtype=bool)
    rows[bar, position] = True
    return rows


def event_fields(piece: Encoded) -> dict[str, NDArray]:
    """The event fields of a melody with its start marker, shapes (notes + 1, ...), without `look_onsets`."""
    bar = np.concatenate([[0], piece.bar])
    position = np.concatenate([[0], piece.position])
    pitch = np.concatenate([[NO_PITCH], piece.pitch])
    duration = np.concatenate([[0], piece.duration])
    looked = look_back(piece.bar * MAX_BAR_STEPS + piece.position, piece.pitch, piece.duration)
    none = (NO_PITCH, 0, NO_INTERVAL, False)
    look = [
        np.concatenate([np.full((1, len(LOOK_BACK)), empty, values.dtype), values])
        for values, empty in zip(looked, none, strict=True)
    ]
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
        "look_pitch": look[0],
        "look_duration": look[1],
        "look_interval": look[2],
        "look_exact": look[3],
        "weight": weight,
    }
