"""Drums to the accents of other parts: profiles of one kind for both, and hits that become notes of the kit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.drum_accents import of_drums, of_parts, profile
from models.drum_grid import DRUMS, GENERAL_MIDI
from models.fresh_frame import Block
from models.gan_drums import Drums, fitted, hits_to_notes, scores
from models.gan_drums_network import DrumsConfig, DrumWriter, hit
from models.music.notes import DRUM_CHANNEL, Role
from models.rolls import Rolls, chord_cells, line_cells


def _rolls() -> Rolls:
    """One phrase: quarters, a chord and a bass note a bar, nothing in its last two bars."""
    tune = line_cells([(4 * beat, 4, 72) for beat in range(8)], Role.MELODY)
    chords = chord_cells([(16 * bar, 16, pitch) for bar in range(2) for pitch in (60, 64, 67)])
    low = line_cells([(16 * bar, 16, 36) for bar in range(2)], Role.BASS)
    return Rolls(tune[None], chords[None], low[None])


def test_a_profile_ranks_what_is_struck() -> None:
    found = profile(np.array([[0.0, 3.0, 1.0, 3.0]]))[0].tolist()
    assert found == pytest.approx([0, 2.5 / 3, 1 / 3, 2.5 / 3])
    assert not profile(np.zeros((2, 4))).any()


def test_where_all_parts_strike_the_accent_is_strongest() -> None:
    both = of_parts(_rolls(), (Role.MELODY, Role.CHORDS, Role.BASS))
    assert both.shape == (2, 32)
    assert np.flatnonzero(both[0] == both[0].max()).tolist() == [0, 16]
    assert np.flatnonzero(both[0]).tolist() == list(range(0, 32, 4))
    assert not both[1].any()
    assert np.flatnonzero(of_parts(_rolls(), (Role.BASS,))[0]).tolist() == [0, 16]


def test_cymbals_that_keep_the_time_are_no_accents() -> None:
    hits = np.zeros((1, 32, DRUMS), bool)
    hits[0, ::2, 2] = True
    hits[0, [0, 8], [0, 1]] = True
    loud = np.where(hits, 0.5, 0).astype(np.float32)
    loud[0, 8, 1] = 0.9
    found = of_drums(hits, loud)[0]
    assert np.flatnonzero(found).tolist() == [0, 8]
    assert found[8] > found[0]
    with pytest.raises(ValueError, match="9 drums"):
        of_drums(hits[:, :, :4], loud[:, :, :4])


def test_drums_are_hit_as_often_as_is_fitted() -> None:
    random = np.random.default_rng(0)
    writer = DrumWriter(DrumsConfig(4, 16))
    latent, accents = random.standard_normal((200, 4), np.float32), random.random((200, 32), np.float32)
    often = np.stack([np.linspace(0.05, 0.5, DRUMS), np.linspace(0.4, 0.01, DRUMS)])
    drums = Drums(writer, fitted(writer, latent, accents, often))
    hits = drums.write(latent, accents)
    for start in (0, 1):
        assert hits[:, start::2].reshape(-1, DRUMS).mean(0) == pytest.approx(often[start], abs=0.01)
    assert scores(writer, latent[:3], accents[:3]).shape == (3, 32, DRUMS)


def test_a_hit_is_outright_and_leads_its_gradient_back() -> None:
    rows = torch.tensor([-1.0, 0.5], requires_grad=True)
    made = hit(rows, 1.0)
    assert made.tolist() == [0, 1]
    made.sum().backward()
    assert rows.grad is not None
    assert (rows.grad > 0).all()


def test_hits_become_notes_of_the_kit_inside_the_bars() -> None:
    hits = np.zeros((64, DRUMS), bool)
    hits[[0, 4, 13, 16, 63], [0, 1, 2, 0, 2]] = True
    notes = hits_to_notes(hits, Block(0, 12, 120, (3, 4)), 4 * 1440)
    assert [note.onset for note in notes] == [0, 480, 1440]  # of bars of three quarters; what lies behind is not played
    assert [note.pitch for note in notes] == [GENERAL_MIDI[0], GENERAL_MIDI[1], GENERAL_MIDI[0]]
    assert {note.channel for note in notes} == {DRUM_CHANNEL}
