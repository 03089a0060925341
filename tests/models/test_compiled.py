"""The compiled stepper gives what the one in numpy does, in every variant that this processor runs."""

from __future__ import annotations

import ctypes
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import compiled, kernel
from models import facts as rows_of_facts
from models.compiled import Compiled, CompiledTrail
from models.desk import Floats, State
from models.evaluate.trials import random_request
from models.facts import (
    ADVANCE,
    BACK,
    DURATION,
    END_ADVANCE,
    END_POSITION,
    FACTS,
    LAST_METRE,
    LAST_PITCH,
    LAST_POSITION,
    LAST_VELOCITY,
    LOOKED_DURATION,
    LOOKED_EXACT,
    LOOKED_PITCH,
    METRE,
    NEXT,
    PITCH,
    POSITION,
    SCENE,
    new_facts,
)
from models.kernel import VARIANTS, Kernel, kernels
from models.lookback import LOOKS, MAX_INTERVAL, NO_INTERVAL, look
from models.lstm import Lstm, load
from models.lstm_network import Network
from models.memory import AGES, WIDTH, WINDOW, Heard
from models.products import LEVELS
from models.sampling import waits
from models.stepper import CHOICES, CHOSEN, Stepper
from models.tokens import LOOK_BACK, MAX_ADVANCE, MAX_BAR_STEPS, MAX_DURATION, NO_PITCH
from models.trail import Trail
from tests.models.stepping import HIDDEN, TAKES, course, small_network, start, steps, weights_of

TOLERANCE = 1e-4


@pytest.fixture(params=[each.variant for each in kernels()] or VARIANTS[:1])
def variant(request: pytest.FixtureRequest) -> Kernel:
    found = {each.variant: each for each in kernels()}
    assert request.param in found, "models/step.so is missing: make models/step.so"
    return found[request.param]


@pytest.fixture(scope="module", params=[0, 2], ids=["without memory", "with memory"])
def network(request: pytest.FixtureRequest) -> Network:
    return small_network(request.param)


@pytest.mark.parametrize("region", [0, 3])
def test_it_scores_as_numpy_does(network: Network, variant: Kernel, region: int) -> None:
    way = course(network, 1, region)
    plain, fast = Stepper(weights_of(network), 2), Compiled(variant, weights_of(network), 2)
    seen = 0
    both = zip(
        steps(plain, start(plain, way), way), steps(fast, start(fast, way), way), range(len(way)), strict=True
    )  # fmt: skip
    for wanted, got, t in both:
        for name, logits in wanted.items():
            finite = np.isfinite(logits)
            assert got[name].shape == logits.shape
            assert np.array_equal(finite, np.isfinite(got[name]))
            assert np.abs(got[name][finite] - logits[finite]).max() < TOLERANCE, f"{name} of note {t}"
            seen += 1
    assert seen > 5 * 100


@pytest.mark.parametrize("region", [0, 3])
def test_guidance_goes_as_far(variant: Kernel, region: int) -> None:
    net = small_network(2)
    way = course(net, 0, region)
    plain, fast = Stepper(weights_of(net), 2), Compiled(variant, weights_of(net), 2)
    without = [*steps(plain, start(plain, way), way)]
    way = replace(way, desk=replace(way.desk, asked=(2, 0, *way.desk.asked[2:]), guidance=2.0))
    guided = [*steps(plain, start(plain, way), way)]
    assert not np.allclose(without[5]["pitch"], guided[5]["pitch"])
    for wanted, got in zip(steps(plain, start(plain, way), way), steps(fast, start(fast, way), way), strict=True):
        for name, logits in wanted.items():
            finite = np.isfinite(logits)
            assert np.abs(got[name][finite] - logits[finite]).max() < 3 * TOLERANCE


def test_every_variant_gives_the_same_to_the_last_bit() -> None:
    net = small_network(2)
    way = course(net, 1, 3)
    made = [[*steps(stepper, start(stepper, way), way)]
            for stepper in (Compiled(each, weights_of(net), 2) for each in kernels())]  # fmt: skip
    assert len(made) > 0
    for other in made[1:]:
        for one, two in zip(made[0], other, strict=True):
            assert all(np.array_equal(one[name], two[name]) for name in one)


def run(stepper: Stepper, takes: list[int], notes: int, gone: tuple[int, list[int]] | None = None) -> list[Floats]:
    """What the sums are, note by note, of takes that hear notes of their own; `gone` says after which note only which
    rows stay."""
    random = np.random.default_rng(8)
    state_of = random.normal(0, 0.4, (2, 2, 20, HIDDEN)).astype(np.float32)
    made = np.stack([random.integers(high, size=(notes, 20)) for high in (128, 96, 32, 193, 1, 1, 16)], 1)
    heads = 2
    keys, values = (random.normal(size=(heads, 200, 32)).astype(np.float32) for _ in range(2))
    marks = np.stack([random.integers(size, size=200) for size in (192, 129, 50, 193)]) + np.array(
        [[0], [192], [321], [371]]
    )
    heard = Heard(keys, values, np.sort(random.integers(20, size=200)), marks)
    rows = np.array(takes)
    hidden, cell = (np.ascontiguousarray(each[:, rows]) for each in state_of)
    state = State(hidden, cell, stepper.memory(heard, len(rows)))
    facts = new_facts(len(rows))
    sums = [stepper.from_hidden(state, np.full(len(rows), 20)).copy()]
    for note in range(notes):
        facts[NEXT] = made[note, :6][:, rows]
        facts[NEXT.stop] = made[note, 6][rows]
        sums.append(stepper.hear(state, facts, np.full(len(rows), 21 + note // 7)).copy())
        if gone is not None and note == gone[0]:
            kept = np.isin(rows, gone[1])
            state.keep(kept)
            rows, facts = rows[kept], np.ascontiguousarray(facts[:, kept])
    return sums


def test_a_take_is_the_same_alone_and_beside_any_others(variant: Kernel) -> None:
    net = small_network(2)
    way = course(net, 1, 0)
    stepper = Compiled(variant, weights_of(net), 2)
    stepper.frame(way.desk)
    together = run(stepper, list(range(17)), 20)
    for take in (0, 4, 9, 16):
        alone = run(stepper, [take], 20)
        assert all(np.array_equal(one[0], many[take]) for one, many in zip(alone, together, strict=True))


def test_takes_that_end_leave_the_others_as_they_are(variant: Kernel) -> None:
    net = small_network(2)
    stepper = Compiled(variant, weights_of(net), 2)
    stepper.frame(course(net, 1, 0).desk)
    notes = WINDOW  # the window moves over what was heard, and the rooms grow
    together, fewer = run(stepper, [1, 2, 3], notes), run(stepper, [1, 2, 3], notes, (3, [1, 3]))
    assert all(np.array_equal(many[[0, 2]], few) for many, few in zip(together[5:], fewer[5:], strict=True))
    plain = Stepper(weights_of(net), 2)
    plain.frame(course(net, 1, 0).desk)
    for wanted, got in zip(run(plain, [1, 2, 3], notes, (3, [1, 3])), fewer, strict=True):
        assert np.abs(wanted - got).max() < 1e-2  # a state on the verge may be rounded the other way


def test_products_are_exact_at_the_limits(variant: Kernel) -> None:
    """Sixteen bits would not hold them."""
    random = np.random.default_rng(0)
    size, wide = 256, 200
    matrix = random.choice([-1.0, 1.0], (wide, size)).astype(np.float32)
    matrix[0], matrix[1] = 1, -1
    states = random.choice([-1.0, 1.0], (1, 11, size)).astype(np.float32)
    states[0, 0], states[0, 1] = 1, -1
    codes = compiled._Codes(matrix, np.zeros(wide, np.float32), variant.variant == "base")
    matrices = (kernel.Matrix * 1)(codes.matrix)
    net = kernel.Recurrent(kernel.Table(), matrices, size, 1)
    out = np.empty((11, codes.outputs), np.float32)
    read = (ctypes.c_void_p * 1)(kernel.address(out, np.float32))
    variant.begin(ctypes.addressof(net), None, None, 11, None, kernel.address(states, np.float32), read, None)
    assert np.abs(out[:, :wide] - states[0] @ matrix.T).max() < 1e-4


@pytest.mark.parametrize("heat", [(1.0, 1.0), (0.3, 0.9), (2.0, 0.5), (1.0, 0.05)])
def test_it_chooses_as_numpy_does(variant: Kernel, heat: tuple[float, float]) -> None:
    net = small_network(2)
    way = course(net, 1, 0)
    steppers, random = (Stepper(weights_of(net), 2), Compiled(variant, weights_of(net), 2)), np.random.default_rng(5)
    for stepper in steppers:
        stepper.frame(way.desk)
    different, drawn = 0, 0
    for name, choices in CHOICES.items():
        for number in range(60):
            sums = random.normal(0, 2, (TAKES, 2000)).astype(np.float32)
            onsets = (random.random((TAKES, BACK + 1, MAX_BAR_STEPS)) < 0.1).astype(np.float32)
            low, high = random.integers(-3, choices, TAKES), random.integers(0, choices + 9, TAKES)
            low[0], high[0] = 9, 8  # the rules leave nothing
            closed = random.random((TAKES if number % 2 else 1, choices)) < 0.3
            wait = waits(random, (TAKES, sum(CHOICES.values())))
            facts = [new_facts(TAKES) for _ in steppers]
            odds = [np.full(TAKES, 0.5, np.float32) for _ in steppers]
            for stepper, own, share in zip(steppers, facts, odds, strict=True):
                seen = onsets if name == "position" else None
                stepper.pick(name, sums, own, wait, heat, share, low, high, closed, seen)
            wanted, got = (own[CHOSEN[name]] for own in facts)
            assert got[0] == -1
            for take in np.flatnonzero(got >= 0):
                assert low[take] <= got[take] <= high[take]
                assert not closed[take % len(closed), got[take]]
            same = wanted == got
            assert np.allclose(odds[0][same & (got >= 0)], odds[1][same & (got >= 0)], rtol=1e-3)
            different += int((~same).sum())
            drawn += int((got >= 0).sum())
    assert different <= 2  # where two choices are as near, or one lies at the nucleus' very edge
    assert drawn > 300


def test_it_looks_back_as_numpy_does(variant: Kernel) -> None:
    random = np.random.default_rng(6)
    for count in (0, 1, 40):
        place = np.sort(random.integers(0, 12 * 8, count)) * 24
        pitch, duration = random.integers(0, 128, count), random.integers(1, 100, count)
        pitch = pitch[np.lexsort((pitch, place))]
        trails = [Trail(place, pitch, duration, 4), CompiledTrail(variant, place, pitch, duration, 4)]
        for note in range(80):  # more than there is room for at first
            if note == 50:
                for trail in trails:
                    trail.keep(np.array([True, False, True, True]))
            takes = 4 if note < 50 else 3
            now = 14 * MAX_BAR_STEPS + note * 24 + random.integers(0, 2, takes) * 24
            floor = random.integers(-1, 128, takes)
            tables = [np.full((FACTS, takes), 99) for _ in trails]
            for trail, facts in zip(trails, tables, strict=True):
                trail.look(now, floor, facts)
            assert np.array_equal(tables[0], tables[1])
            if note == 0 and count:
                wanted = look(now, floor, place, pitch, duration, tuple(-bars for bars in LOOK_BACK))
                assert np.array_equal(tables[0][LOOKED_PITCH : LOOKED_PITCH + BACK].T, wanted.pitch)
                assert np.array_equal(tables[0][LOOKED_EXACT : LOOKED_EXACT + BACK].T, wanted.exact)
            added, long = random.integers(0, 128, takes), random.integers(1, 50, takes)
            for trail in trails:
                trail.add(now, added, long)


@pytest.mark.parametrize(
    ("name", "row", "wrong"),
    [
        ("advance", END_ADVANCE, -1),
        ("advance", END_ADVANCE, MAX_ADVANCE + 1),
        ("advance", LAST_METRE, 2),
        ("position", METRE, -1),
        ("position", METRE, 2),
        ("position", END_POSITION, MAX_BAR_STEPS),
        ("position", LAST_POSITION, MAX_BAR_STEPS),
        ("pitch", POSITION, MAX_BAR_STEPS),
        ("pitch", LAST_PITCH, NO_PITCH + 1),
        ("pitch", LOOKED_PITCH, -1),
        ("pitch", LOOKED_PITCH, NO_PITCH + 1),
        ("pitch", SCENE, 100_000),
        ("duration", PITCH, -1),
        ("duration", PITCH, NO_PITCH + 1),
        ("duration", LOOKED_DURATION, MAX_DURATION + 1),
        ("velocity", DURATION, -1),
        ("velocity", LAST_VELOCITY, 1000),
        ("hear", PITCH, NO_PITCH + 1),
        ("hear", DURATION, MAX_DURATION + 1),
        ("hear", POSITION, -1),
        ("hear", ADVANCE, MAX_ADVANCE + 1),
    ],
)
def test_facts_that_there_are_not_are_refused(
    network: Network, variant: Kernel, name: str, row: int, wrong: int
) -> None:
    stepper = Compiled(variant, weights_of(network), 2)
    state, bar, facts = start(stepper, course(network, 0, 0)), np.zeros(TAKES, np.int64), new_facts(TAKES)
    sums = stepper.hear(state, facts, bar)
    facts[LAST_PITCH] = NO_PITCH
    onsets = np.zeros((TAKES, BACK + 1, MAX_BAR_STEPS), np.float32)

    def ask() -> None:
        if name == "hear":
            stepper.hear(state, facts, bar)
        else:
            stepper.score(name, sums, facts, onsets)

    ask()
    facts[row, 1] = wrong
    with pytest.raises(IndexError):
        ask()


def test_numbers_of_another_kind_are_refused(variant: Kernel) -> None:
    net = small_network(2)
    stepper = Compiled(variant, weights_of(net), 2)
    state = start(stepper, course(net, 0, 0))
    with pytest.raises(TypeError, match="int32 instead of int64"):
        stepper.hear(state, new_facts(TAKES), np.zeros(TAKES, np.int32))
    with pytest.raises(TypeError, match="float64 instead of float32"):
        stepper.score("velocity", np.zeros((TAKES, 2000)), new_facts(TAKES))


def test_numbers_that_both_languages_know_are_the_same() -> None:
    text = "".join(file.read_text() for file in sorted(kernel.LIBRARY.with_name("step").glob("*.h")))

    def of(name: str) -> int:
        found = re.search(rf"\b{name} = (\d+)", text)
        assert found is not None, name
        return int(found[1])

    assert [of(name) for name in ("STRIP", "MOST_HIDDEN", "MOST_HEADS", "MOST_READ", "MOST_CHOICES", "MARKS")] == [
        kernel.STRIP, kernel.MOST_HIDDEN, kernel.MOST_HEADS, kernel.MOST_READ, kernel.MOST_CHOICES, kernel.MARKS
    ]  # fmt: skip
    assert [of(name) for name in ("WIDTH", "WINDOW", "AGES", "LEVELS", "BAR", "RADIX", "REACH", "NO_INTERVAL")] == [
        WIDTH, WINDOW, AGES, LEVELS, MAX_BAR_STEPS, NO_PITCH + 1, MAX_INTERVAL, NO_INTERVAL
    ]  # fmt: skip
    assert (of("LOOKS"), of("BACK")) == (len(LOOKS), len(LOOK_BACK))
    away = re.search(r"AWAY\[BACK\] = \{([\d, ]+)\}", text)
    assert away is not None
    assert [int(bars) for bars in away[1].split(",")] == list(LOOK_BACK)
    rows = re.search(r"The rows of models/facts.py. \*/\nenum \{([^}]*)\}", text)
    assert rows is not None
    at, found = -1, {}
    for entry in filter(None, (entry.strip() for entry in rows[1].split(","))):
        name, _, value = entry.partition(" = ")
        known = {"LOOKS": len(LOOKS), **found}
        at = sum(known[part] if part in known else int(part) for part in value.split(" + ")) if value else at + 1
        found[name] = at
    assert len(found) > 10
    assert {name: getattr(rows_of_facts, name) for name in found} == found


@pytest.mark.parametrize("recall", [0, 2])
def test_takes_are_those_of_numpy(recall: int) -> None:
    """Whole takes under the rules, one request after the other; where two choices are as near one may differ."""
    net, notes = small_network(recall), 0
    fast, plain = Lstm(net), Lstm(net)
    plain._stepper = Stepper(weights_of(net), 2)
    assert isinstance(fast._stepper, Compiled)
    different = 0
    for seed in range(14):
        request = random_request(seed, takes=(1, 3, 8, 13)[seed % 4])
        made = [engine.compose(request, lambda *_: None, lambda: False) for engine in (plain, fast)]
        for wanted, got in zip(*made, strict=True):
            different += wanted.notes != got.notes
            notes += len(got.notes)
    assert notes > 300
    assert different <= 3


def test_the_shipped_engine_is_compiled() -> None:
    stepper = load()._stepper
    assert isinstance(stepper, Compiled)
    assert stepper._kernel is kernels()[-1]


def test_a_network_that_is_too_large_is_stepped_in_numpy() -> None:
    net = weights_of(small_network(2))
    assert compiled.fits(net)
    assert isinstance(compiled.fastest(net, 2), Compiled)
    large = net | {"lstm.weight_hh_l0": np.zeros((4, kernel.MOST_HIDDEN + 1), np.float32)}
    assert not compiled.fits(large)


def test_without_the_library_numpy_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "step.so"
    other.write_bytes(b"no library")
    assert kernels(other) == kernels(tmp_path / "missing.so") == ()
    monkeypatch.setattr(kernel, "kernels", tuple)
    stepper = compiled.fastest(weights_of(small_network(2)), 2)
    assert type(stepper) is Stepper
