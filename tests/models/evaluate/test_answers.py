"""The figures about answers, on engines of which is known what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.evaluate.answers import Answer, answer, prompts, take_figures
from models.evaluate.copying import copying_figures, known, load_index, runs, save_index
from models.evaluate.overlap import overlap_figures, overlapping_area, similarity_figures
from models.evaluate.steering import steering_figures
from models.evaluate.trials import random_request, trial_figures
from models.music.notes import Note, Phrase, transpose
from models.music.theory import Key
from models.music.time import MetreMap, TempoMap
from models.request import Request, Take, Verb
from models.training.pieces import Piece

BAR = 1920


def tune(number: int, bars: int = 24) -> Piece:
    """A wandering melody in eighths and quarters that says every four bars the same."""
    random = np.random.default_rng(number)
    notes, pitch = [], 62 + number % 7
    for bar in range(4):
        tick = bar * BAR
        while tick < (bar + 1) * BAR:
            length = int(random.choice([240, 240, 480]))
            length = min(length, (bar + 1) * BAR - tick)
            notes.append(Note(tick, length, pitch))
            pitch = int(np.clip(pitch + random.choice([-4, -2, -1, 1, 2, 3]), 55, 80))
            tick += length
    whole = tuple(replace(note, onset=note.onset + k * 4 * BAR) for k in range(bars // 4) for note in notes)
    phrase = Phrase(whole, bars * BAR, 480, MetreMap(480), TempoMap(480))
    return Piece(str(number), str(number), phrase)


PIECES = [tune(number) for number in range(40)]


class Known:
    """An engine whose takes are made by a function of the request and the take's number."""

    name = "known"
    verbs = frozenset({Verb.CONTINUE})

    def __init__(self, line: Callable[[Request, int], tuple[Note, ...]]) -> None:
        self._line = line

    def prepare(self, request: Request) -> None:
        """Nothing to read."""

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        controls, span, key = request.controls, request.span, Key(0, "major")
        return tuple(
            Take(self._line(request, index), self.name, request.seed, index, controls, span, key, frozenset(range(12)))
            for index in range(request.takes)
        )


def repeat(request: Request, _index: int) -> tuple[Note, ...]:
    """What stood four bars before, which is what these tunes go on with."""
    start = request.span.start - 4 * BAR
    return tuple(replace(note, onset=note.onset + 4 * BAR) for note in request.context.part if note.onset >= start)


def strange(request: Request, index: int) -> tuple[Note, ...]:
    """Leaps in sixteenths."""
    random = np.random.default_rng([request.seed, index])
    return tuple(Note(request.span.start + i * 120, 120, int(random.integers(20, 110))) for i in range(64))


@pytest.fixture(scope="module")
def right() -> list[Answer]:
    return answer(Known(repeat), PIECES, 1, 60)


@pytest.fixture(scope="module")
def wrong() -> list[Answer]:
    return answer(Known(strange), PIECES, 1, 60)


def test_prompts_hold_eight_bars_and_their_own_next_four() -> None:
    found = prompts(PIECES, 1, 60)
    assert len(found) == 60
    assert max(np.bincount([number for number, *_ in found])) == 2
    for _, request, real in found:
        first = request.context.metres.bar(request.context.part[0].onset)
        assert request.span.start == (first + 8) * BAR
        assert request.span.length == 4 * BAR
        assert all(request.span.start <= note.onset and note.end <= request.span.end for note in real)
    again = prompts(PIECES, 1, 60)
    assert again == found


def test_areas_that_densities_share() -> None:
    random = np.random.default_rng(0)
    one, same, far = random.normal(0, 1, 4000), random.normal(0, 1, 4000), random.normal(9, 1, 4000)
    assert overlapping_area(one, same) > 0.95
    assert overlapping_area(one, far) < 0.02
    # Two normal densities one standard deviation apart share 2 Φ(-1/2) of their area.
    assert overlapping_area(one, random.normal(1, 1, 4000)) == pytest.approx(0.617, abs=0.04)


def test_the_true_answer_lies_among_real_ones_and_a_strange_one_does_not(
    right: list[Answer], wrong: list[Answer]
) -> None:
    figures = overlap_figures(right)
    assert figures["overlap"] == pytest.approx(figures["overlap_real"], abs=1e-9)
    assert figures["overlap_real"] > 0.8
    assert overlap_figures(wrong)["overlap"] < 0.5


def test_bars_are_compared_with_earlier_ones(right: list[Answer], wrong: list[Answer]) -> None:
    figures = similarity_figures(right)
    assert figures["self_similarity_4"] == figures["self_similarity_4_real"] == 1
    assert figures["self_similarity_8"] == 1
    assert figures["self_similarity_1"] < 0.5
    assert similarity_figures(wrong)["self_similarity_4"] < 0.1


def test_a_run_is_known_in_every_key_and_at_every_tempo() -> None:
    notes = PIECES[3].phrase.notes
    high = transpose(notes, 5)
    slow = [replace(note, onset=2 * note.onset, duration=2 * note.duration) for note in notes]
    loose = [replace(note, duration=note.duration - note.onset % 17) for note in notes]
    assert len(runs(notes)) == len(notes) - 11
    for other in (high, slow, loose):
        assert (runs(other) == runs(notes)).all()
    changed = [*notes[:20], replace(notes[20], pitch=notes[20].pitch + 1), *notes[21:40]]
    # The intervals to and from the changed note stand in the twelve runs that hold it.
    assert (runs(changed) != runs(notes[:40])).sum() == 12
    assert len(runs(notes[:11])) == 0


def test_copies_are_found(right: list[Answer], wrong: list[Answer], tmp_path: Path) -> None:
    path = tmp_path / "runs.npz"
    count = save_index(path, PIECES)
    index = load_index(path)
    assert len(index) == count
    assert known(index, runs(PIECES[7].phrase.notes)).all()
    assert copying_figures(right, index)["copied"] == 1
    figures = copying_figures(wrong, index)
    assert figures["copied"] < 0.001
    assert figures["copied_human"] == 1
    assert figures["copied_runs"] == 60 * 8 * 53


def test_takes_are_compared_and_counted(right: list[Answer], wrong: list[Answer]) -> None:
    same = take_figures(right)
    assert (same["distinct"], same["takes"], same["empty"], same["thin"]) == (0, 480, 0, 0)
    assert take_figures(wrong)["distinct"] == 1
    silent = take_figures(answer(Known(lambda _request, _index: ()), PIECES, 1, 4))
    assert (silent["empty"], silent["thin"]) == (1, 1)


def test_an_engine_that_obeys_density_alone_is_found_out() -> None:
    def evenly(request: Request, _index: int) -> tuple[Note, ...]:
        density = request.controls.density
        if density is None:
            return repeat(request, 0)
        step = round(480 / density / 20) * 20
        return tuple(Note(tick, 20, 60) for tick in range(request.span.start, request.span.end, step))

    figures = steering_figures(Known(evenly), PIECES, 1, 40)
    assert figures["steer_density"] > 0.98
    assert abs(figures["steer_leaps"]) < 0.4
    assert "steer_adherence" not in figures  # these tunes have no chord symbols


def test_trials_count_what_breaks_a_rule() -> None:
    def low(request: Request, _index: int) -> tuple[Note, ...]:
        return (Note(request.span.start, 1, request.controls.low - 1),)

    figures = trial_figures(Known(low), 40)
    assert figures["trial_takes"] == figures["violations"] == 40
    assert random_request(5) == random_request(5)
