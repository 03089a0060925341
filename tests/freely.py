"""A piece as somebody plays it who does not listen to a metronome: for tests of what finds beats."""

from __future__ import annotations

import numpy as np

TEMPO = 0.62  # seconds a beat
_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))


def freely(bars: int = 24, beats_a_bar: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Notes (n, 4) in seconds, pitch and velocity, by onset: chords on bar lines, bass on beats, a melody in quavers;
    and when its beats are, (bars × beats_a_bar,). The tempo breathes and every onset is a little off."""
    random = np.random.default_rng(seed)
    count = bars * beats_a_bar
    lengths = TEMPO * (1 + 0.06 * np.sin(np.arange(count) / 9))
    beats = 0.8 + np.concatenate([[0], np.cumsum(lengths)])

    def at(beat: float) -> float:
        return float(np.interp(beat, np.arange(count + 1), beats)) + random.normal(0, 0.008)

    notes = []
    for bar in range(bars):
        chord, start = _CHORDS[bar % 4], bar * beats_a_bar
        for pitch in chord:
            notes.append((at(start), at(start + beats_a_bar) - 0.05, 60 + pitch, 70))
        notes.append((at(start), at(start + 2), 36 + chord[0], 90))
        notes.append((at(start + 2), at(start + beats_a_bar), 43 + chord[0], 75))
        for eighth in range(2 * beats_a_bar):
            if random.random() < (0.95 if eighth % 2 == 0 else 0.55):
                pitch = 72 + chord[int(random.integers(3))]
                notes.append((at(start + eighth / 2), at(start + eighth / 2 + 0.45), pitch, 80 if eighth else 100))
    return np.array(sorted(notes), float), beats[:-1]
