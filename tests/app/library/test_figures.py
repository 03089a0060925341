"""The figures that ship: they are there, they say where they came of, and the default is the best of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import paths
from app.library.figures import read_record
from models.recommend import methods


def test_what_ships_bears_out_the_default() -> None:
    record = read_record(paths.resource("recommenders.json"))
    own = record.figures[methods.DEFAULT]
    assert own.known is not None
    assert own.newcomers is not None
    for name in ("neighbours", "neural", "popularity"):
        other = record.figures[name]
        assert other.known is not None
        assert own.known > other.known
        assert other.newcomers is not None
        assert own.newcomers > other.newcomers
    assert own.simulated is not None
    for name in ("neighbours", "neural", "content", "popularity"):
        other = record.figures[name]
        assert other.simulated is not None
        assert own.simulated > other.simulated
    assert "real listeners' held-back plays (.442, the next .433)" in record.chosen_because
    assert any("lastfm.zip" in source and "python -m models.evaluate recommend" in source for source in record.sources)
    assert any("Simulated listeners: 100 in a library of 8,000 phrases" in source for source in record.sources)
    assert not any("/" in source.replace("80/20", "") for source in record.sources)  # no path of any machine


@pytest.mark.parametrize("text", ["", "[]", "{", '{"recommend": {}}', '{"recommend": {"figures": {}}}', "[" * 100_000])
def test_without_figures_nothing_is_claimed(tmp_path: Path, text: str) -> None:
    (tmp_path / "figures.json").write_text(text)
    for path in (tmp_path / "figures.json", tmp_path / "none.json"):
        record = read_record(path)
        assert record.chosen_because == "the default"
        assert set(record.figures) == set(methods.NAMES)
        assert record.sources == ()
