"""A part as event fields: for every note the bar it starts in, its position in that bar, pitch, duration, velocity.

Notes that begin together follow one another from the lowest to the highest.

Times are steps of 24 a quarter. The pitch is stored relative to the key: the tonic is moved to C and the register to
the octaves around middle C, so that what is learned in one key and octave serves in all. Decoding what was encoded
gives the notes back, as far as the grid holds them; what it cannot hold is counted in `Encoded.dropped`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.music.notes import ChordSpan, Note, Phrase
from models.music.theory import Key
from models.music.time import MetreMap

STEPS_PER_QUARTER = 24
MAX_BAR_STEPS = 192  # two bars of 4/4: 4/2 and 12/8 fit
MAX_DURATION = 192
MAX_ADVANCE = 15  # bars from one onset to the next
VELOCITY_BINS = 32
NO_PITCH = 128  # the pitch field of the start marker
NO_CHORD = 12  # the root of "no chord known"
LOOK_BACK = (1, 2, 4, 8)  # bars
LOOK_AHEAD = (2, 4, 8)  # bars, where what follows a gap is known
CENTRE = 66  # the register that melodies are moved to: their median lies within a tritone of this pitch

Ints = np.ndarray  # of int64; numpy's own types of arithmetic results are too coarse to say so


@dataclass(frozen=True)
class Frame:
    """The bars a melody stands in: steps of each bar and of its beat, and where each bar starts."""

    bar_steps: Ints
    beat_steps: Ints
    starts: Ints  # (bars + 1,): the last entry is the end of the last bar


@dataclass(frozen=True)
class Encoded:
    """Event fields of one part; all arrays have shape (notes,) unless said otherwise.

    `bar` counts from the frame's first bar; `position`, `duration` are steps, `pitch` is relative (add `shift` for the
    MIDI pitch), `velocity` a bin of four. `root` (NO_CHORD: none) and `tones` (notes, 12) are the chord at the onset
    and `scale` (12,) the key's pitch classes, all relative to the tonic. `offset` is what rounding to the grid took off
    the onset, in steps.
    """

    bar: Ints
    position: Ints
    pitch: Ints
    duration: Ints
    velocity: Ints
    root: Ints
    tones: NDArray[np.float32]
    scale: NDArray[np.float32]
    shift: int
    frame: Frame
    offset: NDArray[np.float32]
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.bar)

    @property
    def step(self) -> Ints:
        """Onsets in steps from the frame's start."""
        return self.frame.starts[self.bar] + self.position

    @property
    def several(self) -> bool:
        """Whether notes begin together anywhere."""
        return len(self) > 1 and not np.diff(self.step).all()


def frame_of(metres: MetreMap, first_bar: int, bars: int) -> Frame:
    """The frame of `bars` bars from `first_bar` of `metres`; bar lengths in steps, rounded to the grid."""
    scale = STEPS_PER_QUARTER / metres.ticks_per_quarter
    ticks = np.array([metres.bar_start(first_bar + i) for i in range(bars + 1)], dtype=np.float64)
    starts = np.rint((ticks - ticks[0]) * scale).astype(np.int64)
    beats = [max(round(metres.beat_ticks(int(tick)) * scale), 1) for tick in ticks[:-1]]
    return Frame(np.diff(starts), np.array(beats, dtype=np.int64), starts)


def melody_line(notes: Sequence[Note]) -> list[Note]:
    """The top line of `notes` as a monophonic melody: the highest of each onset, each cut at the next onset."""
    best: dict[int, Note] = {}
    for note in notes:
        if note.onset not in best or note.pitch > best[note.onset].pitch:
            best[note.onset] = note
    line = [best[onset] for onset in sorted(best)]
    # A lower note struck under a held higher one belongs to the accompaniment, not to the line.
    kept: list[Note] = []
    for note in line:
        if kept and note.pitch < kept[-1].pitch - 4 and note.onset < kept[-1].end - max(kept[-1].duration // 8, 1):
            continue
        if kept and kept[-1].end > note.onset:
            kept[-1] = replace(kept[-1], duration=note.onset - kept[-1].onset)
        kept.append(note)
    return kept


def shift_for(key: Key, pitches: Sequence[int]) -> int:
    """The semitones to add to a relative pitch: C to the tonic, in the octave where `pitches` have their median."""
    median = float(np.median(pitches)) if len(pitches) else CENTRE + key.tonic
    octave = round((median - CENTRE - _near(key.tonic)) / 12)
    return _near(key.tonic) + 12 * octave


def relative_scale(key: Key) -> NDArray[np.float32]:
    """The key's pitch classes as seen from its tonic, shape (12,)."""
    scale = np.zeros(12, dtype=np.float32)
    scale[[(pitch_class - key.tonic) % 12 for pitch_class in key.pitch_classes]] = 1
    return scale


def chord_fields(chords: Sequence[ChordSpan], ticks: Sequence[int], tonic: int) -> tuple[Ints, NDArray[np.float32]]:
    """Root (n,) and tones (n, 12), relative to `tonic`, of the chord that holds at each of the n `ticks`."""
    root = np.full(len(ticks), NO_CHORD, dtype=np.int64)
    tones = np.zeros((len(ticks), 12), dtype=np.float32)
    onsets = np.array([span.onset for span in chords])
    if not len(onsets):
        return root, tones
    which = np.searchsorted(onsets, np.asarray(ticks), side="right") - 1
    for i, (index, tick) in enumerate(zip(which, ticks, strict=True)):
        span = chords[index]
        if index >= 0 and span.chord is not None and tick < span.end:
            root[i] = (span.chord.root - tonic) % 12
            tones[i, [(pitch_class - tonic) % 12 for pitch_class in span.chord.pitch_classes]] = 1
    return root, tones


def encode(phrase: Phrase, key: Key) -> Encoded:
    """The event fields of a phrase in `key`; bars count from its tick 0."""
    last = max((note.onset for note in phrase.notes), default=0)
    bars = phrase.metres.bar(max(last, phrase.length - 1)) + 1
    return encode_notes(phrase.notes, phrase.ticks_per_quarter, phrase.metres, 0, bars, phrase.chords, key)


def encode_notes(
    notes: Sequence[Note],
    ticks_per_quarter: int,
    metres: MetreMap,
    first_bar: int,
    bars: int,
    chords: Sequence[ChordSpan],
    key: Key,
    shift: int | None = None,
) -> Encoded:
    """The event fields of `notes` lying in `bars` bars from `first_bar`.

    Notes that the grid cannot hold are left out and counted: two of one pitch on one step, in a bar longer than
    MAX_BAR_STEPS, longer than MAX_DURATION, or out of pitch range after the shift. So is a note more than MAX_ADVANCE
    bars after the last one, but it stays.
    """
    frame = frame_of(metres, first_bar, bars)
    shift = shift_for(key, [note.pitch for note in notes]) if shift is None else shift
    origin = metres.bar_start(first_bar)
    scale = STEPS_PER_QUARTER / ticks_per_quarter
    table = np.array(
        [(note.onset, note.duration, note.pitch, note.velocity) for note in notes], dtype=np.int64
    ).reshape(-1, 4)
    exact = (table[:, 0] - origin) * scale
    step = np.rint(exact).astype(np.int64)
    pitch = table[:, 2] - shift
    order = np.lexsort((pitch, step))
    table, exact, step, pitch = table[order], exact[order], step[order], pitch[order]
    bar = np.searchsorted(frame.starts, step, side="right") - 1
    duration = np.maximum(np.rint(table[:, 1] * scale).astype(np.int64), 1)
    fits = (bar >= 0) & (bar < bars) & (duration <= MAX_DURATION) & (pitch >= 0) & (pitch < 128)
    fits &= frame.bar_steps[np.clip(bar, 0, bars - 1)] <= MAX_BAR_STEPS
    place = step * 128 + pitch
    kept = np.flatnonzero(fits)
    kept = kept[np.diff(place[kept], prepend=-1) > 0]
    dropped = len(table) - len(kept) + int((np.diff(bar[kept], prepend=0) > MAX_ADVANCE).sum())
    table, bar = table[kept], bar[kept]
    root, tones = chord_fields(chords, table[:, 0].tolist(), key.tonic)
    return Encoded(
        bar,
        step[kept] - frame.starts[bar],
        pitch[kept],
        duration[kept],
        np.minimum(table[:, 3], 127) // 4,
        root,
        tones,
        relative_scale(key),
        shift,
        frame,
        (exact[kept] - step[kept]).astype(np.float32),
        dropped,
    )


def velocity_of(bin_: int) -> int:
    """The MIDI velocity in the middle of a bin, never 0."""
    return bin_ * 4 + 2


def _near(tonic: int) -> int:
    """The tonic as a shift between -5 and 6 semitones."""
    return tonic if tonic <= 6 else tonic - 12
