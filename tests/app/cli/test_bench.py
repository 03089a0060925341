"""`antiphon bench`: what it prints, and that its groups measure something."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from app.cli import bench, run
from app.cli.bench_compose import request_after_phrase
from app.cli.bench_file import large_file
from app.cli.measured import Measured, measured


def _stub(group: str) -> object:
    def measure() -> Iterator[Measured]:
        yield measured(f"{group} things", [1.0, 2.0], 1.5, "ms", more=(99,))

    return measure


def test_json_holds_every_measurement_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "_measure", _stub)
    assert run("bench", ["--json"]) == 0
    printed = capsys.readouterr()
    table = json.loads(printed.out)
    assert list(table) == [f"{group} things" for group in bench.GROUPS]
    assert table["roll things"].items() >= {"p50": 1.0, "p95": 2.0, "budget": 1.5, "unit": "ms", "met": False}.items()
    assert "measuring roll" in printed.err


def test_one_group_alone_and_as_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench, "_measure", _stub)
    assert run("bench", ["--only", "roll"]) == 0
    output = capsys.readouterr().out
    assert "roll things" in output
    assert "file things" not in output
    assert "MISSED" in output


def test_a_group_that_does_not_exist_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bench", ["--only", "everything"]) == 2
    assert capsys.readouterr().err.startswith('antiphon: There is nothing called "everything"')


def test_the_large_file_is_large_and_always_the_same() -> None:
    file = large_file(8_000)
    assert sum(len(track.notes) for track in file.tracks) == 8_000
    assert large_file(8_000) == file


def test_requests_differ_by_number_and_repeat() -> None:
    one = request_after_phrase(1, takes=3, bars=2)
    assert one == request_after_phrase(1, takes=3, bars=2)
    assert one.context != request_after_phrase(2, takes=3, bars=2).context
    assert (one.takes, one.span.length) == (3, 2 * 1920)


@pytest.mark.slow
@pytest.mark.parametrize("group", ["file", "roll", "answer", "takes"])
def test_groups_measure(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bench", ["--only", group, "--json"]) == 0
    for figures in json.loads(capsys.readouterr().out).values():
        assert 0 < figures["p50"] <= figures["p95"]
