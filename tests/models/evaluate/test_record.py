"""What ships of the figures: each table in its place, with its command and without anybody's paths."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from models.errors import UserError
from models.evaluate.__main__ import main
from models.evaluate.record import write_record
from tests.models.evaluate.test_recommend import made_table


def test_the_command_records_its_figures_beside_those_of_others(tmp_path: Path) -> None:
    out, data = tmp_path / "figures.json", tmp_path / "plays.tsv"
    data.write_text(made_table(0, 60, 0))
    write_record(out, "listeners", {"hits": 1 / 3}, [tmp_path], ["listeners", "--pieces", str(tmp_path)], date.min)
    flat = tmp_path / "flat.json"
    command = ["recommend", "--data", str(data), "--record", str(out), "--rounds", "0", "--json", str(flat)]
    assert main(command) == 0
    held = json.loads(out.read_text())
    assert held["listeners"]["figures"] == {"hits": 0.3333}
    assert held["recommend"]["command"] == "python -m models.evaluate recommend --data plays.tsv --rounds 0"
    assert held["recommend"]["data"] == "plays.tsv"
    assert held["recommend"]["date"] == date.today().isoformat()
    assert str(tmp_path) not in out.read_text()
    figures = json.loads(flat.read_text())
    assert held["recommend"]["figures"]["ndcg100_factors"] == pytest.approx(figures["ndcg100_factors"], abs=1e-4)
    assert figures["listeners"] == 60


def test_what_is_no_record_is_left_alone(tmp_path: Path) -> None:
    for text in ("{", "[]"):
        (tmp_path / "note.json").write_text(text)
        with pytest.raises(UserError, match="--record"):
            write_record(tmp_path / "note.json", "recommend", {}, [], [], date.min)
        assert (tmp_path / "note.json").read_text() == text
