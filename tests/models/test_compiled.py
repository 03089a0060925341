"""The compiled stepper gives what the one in numpy does, in every variant that this processor runs."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import compiled, kernel
from models.compiled import Compiled, CompiledTrail
from models.desk import Floats, State
from models.facts import BACK, FACTS, LOOKED_EXACT, LOOKED_PITCH, NEXT, PITCH, new_facts
from models.kernel import VARIANTS, Kernel, kernels
from models.lookback import look
from models.lstm import load
from models.lstm_network import Network
from models.memory import WINDOW, Heard
from models.sampling import waits
from models.stepper import CHOICES, CHOSEN, Stepper
from models.tokens import LOOK_BACK, MAX_BAR_STEPS
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
    way = replace(way, desk=replace(way.desk, asked=(1, 1, *way.desk.asked[2:]), guidance=2.0))
    plain, fast = Stepper(weights_of(net), 2), Compiled(variant, weights_of(net), 2)
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
    read = (ctypes.c_void_p * 1)(kernel.address(out))
    variant.begin(ctypes.addressof(net), None, None, 11, None, kernel.address(states), read, None)
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


def test_facts_that_there_are_not_are_refused(network: Network, variant: Kernel) -> None:
    stepper = Compiled(variant, weights_of(network), 2)
    way = course(network, 0, 0)
    state, bar = start(stepper, way), np.zeros(TAKES, np.int64)
    facts = new_facts(TAKES)
    sums = stepper.hear(state, facts, bar)
    for row in (PITCH, LOOKED_PITCH):
        for wrong in (-1000, 100_000):
            facts = new_facts(TAKES)
            facts[row, 1] = wrong
            with pytest.raises(IndexError):
                stepper.score("duration" if row == PITCH else "pitch", sums, facts)
    facts[PITCH, 1] = 5000
    with pytest.raises(IndexError):
        stepper.hear(state, facts, bar)


def test_the_shipped_engine_is_compiled() -> None:
    stepper = load()._stepper
    assert isinstance(stepper, Compiled)
    assert stepper._kernel is kernels()[-1]


def test_a_network_that_is_too_large_is_stepped_in_numpy() -> None:
    net = weights_of(small_network(2))
    assert compiled.fits(net)
    assert isinstance(compiled.stepper(net, 2), Compiled)
    large = net | {"lstm.weight_hh_l0": np.zeros((4, kernel.MOST_HIDDEN + 1), np.float32)}
    assert not compiled.fits(large)


def test_without_the_library_numpy_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "step.so"
    other.write_bytes(b"no library")
    assert kernels(other) == kernels(tmp_path / "missing.so") == ()
    monkeypatch.setattr(kernel, "kernels", tuple)
    stepper = compiled.stepper(weights_of(small_network(2)), 2)
    assert type(stepper) is Stepper
