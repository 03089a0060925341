"""The packed numpy steps give what the torch network gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.lookback import event_fields, onset_rows
from models.lstm import Config, Network
from models.music.notes import ChordSpan, Note
from models.music.theory import Chord, Key
from models.music.time import MetreChange, MetreMap
from models.stepper import Last, Looked, State, Stepper, exact_index
from models.tokens import LOOK_BACK, MAX_BAR_STEPS, Encoded, encode_notes

TOLERANCE = 2e-4
TAKES = 3  # side by side, all writing the same


def tune() -> Encoded:
    """Forty bars in two metres, with rests, chords and repeats that the look-back can find."""
    random = np.random.default_rng(3)
    metres = MetreMap(480, (MetreChange(0, 4, 4), MetreChange(8 * 1920, 6, 8)))
    notes, tick = [], 240
    while metres.bar(tick) < 40:
        length = int(random.choice([120, 160, 240, 480, 960]))
        if random.random() < 0.85:
            notes.append(
                Note(tick, length, int(random.choice([55, 59, 60, 62, 64, 67, 71, 76])), int(random.integers(1, 128)))
            )
        tick += length
    chords = tuple(
        ChordSpan(bar * 1920, (bar + 1) * 1920, Chord(int(random.integers(12)), "min7")) for bar in range(0, 30, 2)
    )
    return encode_notes(notes, 480, metres, 0, 41, chords, Key(7, "dorian"))


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(1)
    net = Network(Config(hidden=48, layers=2, head=40, place=16)).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(2.0)  # away from the timid initial values, so that every term matters
    return net


def test_steps_equal_the_network_on_every_field(network: Network) -> None:
    piece = tune()
    fields = event_fields(piece)
    batch = {name: torch.from_numpy(values[None]) for name, values in fields.items()}
    bars = np.concatenate([[0], piece.bar])
    rows = onset_rows(len(piece.frame.bar_steps), piece.bar, piece.position)
    looks = bars[:, None] - np.array(LOOK_BACK)
    look_onsets = rows[np.maximum(looks, 0)] & (looks >= 0)[:, :, None]
    batch["look_onsets"] = torch.from_numpy(look_onsets[None])
    x = {name: value[:, :-1] for name, value in batch.items()}
    y = {name: value[:, 1:] for name, value in batch.items()}
    with torch.inference_mode():
        h, _ = network.read(x)
        expected = {name: value[0].numpy() for name, value in network.scores(h, x, y).items()}

    stepper = Stepper({name: value.numpy() for name, value in network.state_dict().items()}, 2)
    metres = sorted(set(zip(fields["bar_steps"].tolist(), fields["beat_steps"].tolist(), strict=True)))
    harmony = np.concatenate([fields["root"][:, None], fields["tones"]], 1)
    kinds, chord = np.unique(harmony, axis=0, return_inverse=True)
    chord = chord.reshape(-1)
    stepper.frame(metres, piece.scale, kinds[:, 0].astype(np.int64), kinds[:, 1:].astype(np.float32))
    metre = np.array(
        [metres.index(pair) for pair in zip(fields["bar_steps"].tolist(), fields["beat_steps"].tolist(), strict=True)]
    )
    state = State(np.zeros((2, TAKES, 48), np.float32), np.zeros((2, TAKES, 48), np.float32))
    f = {name: np.repeat(values[:, None], TAKES, 1) for name, values in fields.items()}
    onsets = np.repeat(look_onsets[:, None].astype(np.float32), TAKES, 1)
    metre, chord = np.repeat(metre[:, None], TAKES, 1), np.repeat(chord[:, None], TAKES, 1)
    for t in range(len(piece)):
        u = t + 1
        last = Last(f["pitch"][t], f["position"][t], f["velocity"][t], chord[t], metre[t])
        sums = stepper.hear(state, last, f["previous_pitch"][t], f["advance"][t], f["duration"][t])
        there = (f["position"][u], metre[u], chord[u])
        looked = Looked(*(f[f"look_{name}"][u].T for name in ("pitch", "duration", "interval", "exact")))
        exact = exact_index(looked.exact)
        got = {
            "advance": stepper.score_advance(sums, last, f["end_advance"][t]),
            "position": stepper.score_position(
                sums, last, f["advance"][u], metre[u], onsets[u], f["end_advance"][t], f["end_position"][t]
            ),
            "pitch": stepper.score_pitch(sums, last, *there, looked, exact),
            "duration": stepper.score_duration(sums, last, *there, f["pitch"][u], looked, exact),
            "velocity": stepper.score_velocity(sums, last, there[0], there[1], f["pitch"][u], f["duration"][u]),
        }
        for name, logits in got.items():
            wanted = expected[name][t]
            if name == "position":  # what lies before the last onset is masked by the caller here
                low = fields["last_position"][t] + 1 if fields["advance"][u] == 0 else 0
                assert np.isneginf(logits[:, fields["bar_steps"][u] :]).all()
                logits, wanted = logits[:, low : fields["bar_steps"][u]], wanted[low : fields["bar_steps"][u]]
            finite = np.isfinite(wanted)
            assert (np.isfinite(logits) == finite).all()
            assert np.abs(logits[:, finite] - wanted[finite]).max() < TOLERANCE, f"{name} of note {t}"
    assert expected["position"].shape[1] == MAX_BAR_STEPS
