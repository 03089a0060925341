"""A small network and a made piece to step through, and what a stepper is told of each of its notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from models.controls import CONTROLS, UNASKED
from models.desk import Desk, Floats, Scenes, State
from models.facts import (
    ADVANCE,
    DURATION,
    END_ADVANCE,
    END_POSITION,
    LOOKED_DURATION,
    LOOKED_EXACT,
    LOOKED_INTERVAL,
    LOOKED_PITCH,
    METRE,
    PITCH,
    POSITION,
    SCENE,
    STACKED,
    UNTIL,
    VELOCITY,
    WALL,
    WALL_PITCH,
    new_facts,
    set_exact,
)
from models.lookback import LOOKS
from models.lstm_network import Config, Network
from models.music.notes import ChordSpan, Note, Phrase, Role
from models.music.theory import Chord, Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.stepper import Stepper
from models.tokens import LOOK_BACK, NO_PITCH, Ints
from models.training.dataset import Dataset, Visible
from models.training.examples import examples
from models.training.pieces import Piece

TAKES = 3  # side by side, all writing the same
HIDDEN = 48


def small_network(recall: int) -> Network:
    """A network of which every part matters, with so many heads of a memory."""
    torch.manual_seed(1)
    net = Network(Config(hidden=HIDDEN, layers=2, head=40, place=16, behind=20, recall=recall)).eval()
    with torch.no_grad():
        if net.recall is not None:
            for values in (net.recall.out.weight, net.recall.gate.weight, net.recall.gate.bias, net.recall.age):
                values.normal_(0, 0.2)
        for parameter in net.parameters():
            parameter.mul_(2.0)  # away from the timid initial values, so that every term matters
        net.nothing_behind.normal_()
    return net


def weights_of(network: Network) -> dict[str, Floats]:
    """Its weights in numpy."""
    return {name: value.numpy() for name, value in network.state_dict().items()}


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


@dataclass(frozen=True)
class Course:
    """What is known along one part of the piece: the network's batch, the desk, scene and metre by note."""

    batch: dict[str, torch.Tensor]
    desk: Desk
    scene: Ints
    metre: Ints

    def __len__(self) -> int:
        return self.batch["pitch"].shape[1] - 1


def course(network: Network, part: int, region: int) -> Course:
    """One part of the piece, with a wall behind every note where there is a `region`."""
    data = Dataset(list(examples(piece())))
    visible = Visible(np.ones(3, bool), True, region, 1, np.zeros(len(CONTROLS), bool), 0, True)
    batch = data.batch([data.whole(part, visible)])
    one = {name: value[0].numpy() for name, value in batch.items()}
    surroundings = np.concatenate(
        [one["root"][:, None], one["low"][:, None], one["high"][:, None], one["tones"], one["sound"]], 1
    )
    kinds, scene = np.unique(surroundings, axis=0, return_inverse=True)
    whole, floats = kinds[:, :3].astype(np.int64), kinds[:, 3:].astype(np.float32)
    metres = sorted(set(zip(one["bar_steps"].tolist(), one["beat_steps"].tolist(), strict=True)))
    metre = [metres.index(pair) for pair in zip(one["bar_steps"].tolist(), one["beat_steps"].tolist(), strict=True)]
    there = one["wall_pitch"][1:] != NO_PITCH
    asked = (int(one["style"][0]), int(one["role"][0]), *[UNASKED] * len(CONTROLS))
    with torch.inference_mode():
        behind = network.walls(batch)[0].numpy()  # a wall for every note, so that they can be numbered alike
    desk = Desk(
        tuple(metres),
        one["scale"][0],
        Scenes(whole[:, 0], floats[:, :12], floats[:, 12:], whole[:, 1], whole[:, 2]),
        asked,
        asked,
        behind,
        np.where(there, one["wall_position"][1:], -1),
        region > 0,
    )
    assert there.any() == (region > 0)
    return Course(batch, desk, scene.reshape(-1), np.array(metre))


def start(stepper: Stepper, course: Course) -> State:
    """Where nothing was heard."""
    stepper.frame(course.desk)
    heard = None
    if stepper.recaller is not None:
        heard = stepper.recaller.heard(np.zeros((1, HIDDEN), np.float32), np.zeros(0, int), np.zeros((4, 0), int))
    hidden = np.zeros((2, 2, TAKES, HIDDEN), np.float32)
    return State(hidden[0], hidden[1], stepper.memory(heard, TAKES))


def steps(stepper: Stepper, state: State, course: Course) -> Iterator[dict[str, Floats]]:
    """The scores of every note of the course, each given all that is true of it."""
    f = {name: np.repeat(value[0].numpy()[:, None], TAKES, 1) for name, value in course.batch.items()}
    looks = len(LOOKS) if course.desk.ahead else len(LOOK_BACK)
    facts = new_facts(TAKES)

    def next_is(t: int) -> None:
        for row, name in ((PITCH, "pitch"), (POSITION, "position"), (VELOCITY, "velocity"), (DURATION, "duration")):
            facts[row] = f[name][t]
        facts[SCENE], facts[METRE], facts[ADVANCE] = course.scene[t], course.metre[t], f["advance"][t]

    next_is(0)
    for t in range(len(course)):
        sums, u = stepper.hear(state, facts, np.ascontiguousarray(f["bar"][t])), t + 1
        facts[END_ADVANCE], facts[END_POSITION], facts[WALL] = f["end_advance"][t], f["end_position"][t], t
        facts[UNTIL] = f["until_advance"][u]
        scores = {"advance": stepper.score("advance", sums, facts).copy()}
        next_is(u)
        facts[UNTIL], facts[STACKED], facts[WALL_PITCH] = f["until"][u], f["stacked"][u], f["wall_pitch"][u]
        for row, name in ((LOOKED_PITCH, "pitch"), (LOOKED_DURATION, "duration"), (LOOKED_INTERVAL, "interval"),
                          (LOOKED_EXACT, "exact")):  # fmt: skip
            facts[row : row + looks] = f[f"look_{name}"][u].T[:looks]
        set_exact(facts, 0, len(LOOK_BACK))
        if looks > len(LOOK_BACK):
            set_exact(facts, len(LOOK_BACK), looks)
        onsets = f["look_onsets"][u][:, [*range(looks), len(LOOKS)]].astype(np.float32)
        scores["position"] = stepper.score("position", sums, facts, onsets).copy()
        for name in ("pitch", "duration", "velocity"):
            scores[name] = stepper.score(name, sums, facts).copy()
        yield scores
