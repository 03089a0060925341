"""The packed numpy steps give what the torch network gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.controls import CONTROLS, UNASKED
from models.desk import Desk, Floats, Last, Looked, Scenes, State
from models.lookback import LOOKS
from models.lstm_network import Config, Network
from models.memory import Memory
from models.music.notes import ChordSpan, Note, Phrase, Role
from models.music.theory import Chord, Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.products import Product
from models.stepper import Stepper, exact_index
from models.tokens import LOOK_BACK, NO_PITCH
from models.training.dataset import Dataset, Visible
from models.training.examples import examples
from models.training.pieces import Piece

TOLERANCE = 3e-4
TAKES = 3  # side by side, all writing the same


def unrounded(matrix: Floats, bias: Floats) -> Product:
    """A product that rounds nothing, so that all else is held to the network closely."""
    return lambda states: states @ matrix.T + bias


def piece() -> Piece:
    """Forty bars in two metres, with rests, chords and repeats that the looks can find, and a chordal second part."""
    random = np.random.default_rng(3)
    metres = MetreMap(480, (MetreChange(0, 4, 4), MetreChange(8 * 1920, 6, 8)))
    notes: list[Note] = []
    chordal: list[Note] = []
    tick = 240
    while metres.bar(tick) < 40:
        length = int(random.choice([120, 160, 240, 480, 960]))
        pitches = random.choice([55, 59, 60, 62, 64, 67, 71, 76], 3, replace=False)
        if random.random() < 0.85:
            notes.append(Note(tick, length, int(pitches[0]), int(random.integers(1, 128))))
        chordal += [
            Note(tick, length, int(pitch) - 12, int(random.integers(1, 128)))
            for pitch in sorted(pitches)[: random.integers(0, 4)]
        ]
        tick += length
    chords = tuple(
        ChordSpan(bar * 1920, (bar + 1) * 1920, Chord(int(random.integers(12)), "min7")) for bar in range(0, 30, 2)
    )
    melody = Phrase(tuple(notes), tick, 480, metres, TempoMap(480), chords, Key(7, "dorian"), Role.MELODY, "", "pop909")
    return Piece("p", "p", melody, (replace(melody, notes=tuple(chordal), role=Role.CHORDS),))


@pytest.fixture(scope="module", params=[0, 2], ids=["without memory", "with memory"])
def network(request: pytest.FixtureRequest) -> Network:
    torch.manual_seed(1)
    net = Network(Config(hidden=48, layers=2, head=40, place=16, behind=20, recall=request.param)).eval()
    with torch.no_grad():
        if net.recall is not None:
            for values in (net.recall.out.weight, net.recall.gate.weight, net.recall.gate.bias, net.recall.age):
                values.normal_(0, 0.2)
        for parameter in net.parameters():
            parameter.mul_(2.0)  # away from the timid initial values, so that every term matters
        net.nothing_behind.normal_()
    return net


@pytest.mark.parametrize("region", [0, 3])
@pytest.mark.parametrize("part", [0, 1])
def test_steps_equal_the_network_on_every_field(network: Network, part: int, region: int) -> None:
    data = Dataset(list(examples(piece())))
    visible = Visible(np.ones(3, bool), True, region, 1, np.zeros(len(CONTROLS), bool), 0, True)
    batch = data.batch([data.whole(part, visible)])
    x = {name: value[:, :-1] for name, value in batch.items()}
    y = {name: value[:, 1:] for name, value in batch.items()}
    with torch.inference_mode():
        h, votes = network.remember(network.read(x)[0], x)
        behind = network.walls(batch)
        expected = {name: value[0].numpy() for name, value in network.scores(h, x, y, behind, votes).items()}

    f = {name: np.repeat(value[0].numpy()[:, None], TAKES, 1) for name, value in batch.items()}
    one = {name: value[0].numpy() for name, value in batch.items()}
    surroundings = np.concatenate(
        [one["root"][:, None], one["low"][:, None], one["high"][:, None], one["tones"], one["sound"]], 1
    )
    kinds, scene = np.unique(surroundings, axis=0, return_inverse=True)
    whole = kinds[:, :3].astype(np.int64)
    floats = kinds[:, 3:].astype(np.float32)
    metres = sorted(set(zip(one["bar_steps"].tolist(), one["beat_steps"].tolist(), strict=True)))
    metre = np.array(
        [metres.index(pair) for pair in zip(one["bar_steps"].tolist(), one["beat_steps"].tolist(), strict=True)]
    )
    there = one["wall_pitch"][1:] != NO_PITCH
    asked = (int(one["style"][0]), int(one["role"][0]), *[UNASKED] * len(CONTROLS))
    desk = Desk(
        tuple(metres),
        one["scale"][0],
        Scenes(whole[:, 0], floats[:, :12], floats[:, 12:], whole[:, 1], whole[:, 2]),
        asked,
        asked,
        behind[0].detach().numpy(),  # a wall for every note, so that they can be numbered alike
        np.where(there, one["wall_position"][1:], -1),
        region > 0,
    )
    assert there.any() == (region > 0)
    stepper = Stepper({name: value.numpy() for name, value in network.state_dict().items()}, 2, unrounded)
    stepper.frame(desk)
    looks = len(LOOKS) if region else len(LOOK_BACK)
    memory = None
    if stepper.recaller is not None:
        nothing = stepper.recaller.heard(np.zeros((1, 48), np.float32), np.zeros(0, int), np.zeros((4, 0), int))
        memory = Memory(stepper.recaller, nothing, TAKES)
    state = State(np.zeros((2, TAKES, 48), np.float32), np.zeros((2, TAKES, 48), np.float32), memory)
    scene, metre = np.repeat(scene.reshape(-1)[:, None], TAKES, 1), np.repeat(metre[:, None], TAKES, 1)
    seen = [*range(looks), len(LOOKS)]
    for t in range(len(there)):
        u, wall = t + 1, np.full(TAKES, t)
        last = Last(f["pitch"][t], f["position"][t], f["velocity"][t], f["duration"][t], scene[t], metre[t])
        sums = stepper.hear(state, last, f["previous_pitch"][t], f["advance"][t], f["duration"][t], f["bar"][t])
        place = (f["position"][u], metre[u], scene[u])
        looked = Looked(*(f[f"look_{name}"][u].T[:looks] for name in ("pitch", "duration", "interval", "exact")))
        exact, stacked = exact_index(looked.exact), f["stacked"][u].astype(np.int64)
        until, ends = f["until"][u], (f["end_advance"][t], f["end_position"][t])
        got = {
            "advance": stepper.score_advance(sums, last, ends[0], f["until_advance"][u], wall),
            "position": stepper.score_position(
                sums,
                last,
                f["advance"][u],
                metre[u],
                f["look_onsets"][u][:, seen].astype(np.float32),
                *ends,
                until,
                wall,
            ),
            "pitch": stepper.score_pitch(sums, last, *place, looked, exact, stacked, until, wall, f["wall_pitch"][u]),
            "duration": stepper.score_duration(sums, last, *place, f["pitch"][u], looked, exact, stacked, until, wall),
            "velocity": stepper.score_velocity(sums, last, *place[:2], f["pitch"][u], f["duration"][u], stacked),
        }
        for name, logits in got.items():
            wanted = expected[name][t]
            finite = np.isfinite(wanted)  # what is impossible beside what is written already is the caller's to forbid
            assert finite.any()
            assert np.abs(logits[:, finite] - wanted[finite]).max() < TOLERANCE, f"{name} of note {t}"
            if name == "position":
                assert np.isneginf(logits[:, one["bar_steps"][u] :]).all()
