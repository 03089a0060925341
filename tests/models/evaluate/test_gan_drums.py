"""The table of the GAN's drums: what its measures say of patterns that are known."""

from __future__ import annotations

import numpy as np
import pytest

from models.drum_accents import of_drums
from models.drum_grid import DRUMS
from models.evaluate.gan_drums import DRUM_MEASURES, ENDS, drum_figures, drum_measures, show_drums
from models.gan_drums import Drums
from models.gan_drums_network import DrumsConfig, DrumWriter
from models.music.notes import Role
from models.rolls import Rolls, chord_cells, line_cells


def _beat() -> np.ndarray:
    """One bar of kick and snare with eighths of hi-hat and one stray sixteenth, then an empty bar."""
    hits = np.zeros((1, 32, DRUMS), bool)
    hits[0, [0, 8], 0] = hits[0, [4, 12], 1] = hits[0, 0:16:2, 2] = hits[0, 15, 1] = True
    return hits


def test_measures_of_a_beat_that_is_known() -> None:
    hits = _beat()
    accents = np.zeros((1, 32), np.float32)
    accents[0, [0, 4, 6, 20]] = [1.0, 0.8, 0.9, 0.2]
    found = drum_measures(hits, accents)
    assert found["empty_bars_drums"] == 50
    assert found["drum_patterns"] == pytest.approx(100 * 12 / 13)
    assert found["drum_hits"] == 6.5
    assert found["drum_accents"] == pytest.approx(100 * 2 / 3)  # nothing but a hi-hat on the strong sixth step


def test_the_figures_stand_beside_data_chance_and_retrieval(capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    hits = random.random((60, 32, DRUMS)) < 0.2
    accents = of_drums(hits, hits.astype(np.float32))
    tune = line_cells([(4 * beat, 4, 72) for beat in range(16)], Role.MELODY)
    phrases = Rolls(tune[None], chord_cells([(0, 16, 60)])[None], line_cells([(0, 16, 36)], Role.BASS)[None])
    drums = Drums(DrumWriter(DrumsConfig(4, 16)), np.zeros((2, DRUMS), np.float32))
    figures = drum_figures(drums, hits, accents, phrases, 0)
    assert set(figures) == {f"{name}{end}" for name in DRUM_MEASURES for end in ENDS}
    assert figures["drum_accents_data"] == 100
    assert figures["drum_hits_random"] == pytest.approx(figures["drum_hits_data"], rel=0.1)
    show_drums(figures)
    assert "drum patterns" in capsys.readouterr().out
