"""Simulated listeners: the library that is read, their taste, and that the shelf serves them better than chance."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.evaluate.__main__ import main
from models.evaluate.listeners import COLD, RIVALS, SHELF, SITTINGS, WISHES, _listen, make_world
from models.evaluate.simulated import LIKED, UNSEEN, feel, hidden_vectors, make_listener, read_seeds


def write_book(folder: Path, tunes: int = 60) -> Path:
    """A book of made tunes in ABC: jigs and reels, in several modes."""
    chance = np.random.default_rng(0)
    text = ""
    for number in range(tunes):
        jig = number % 2 == 0
        text += (
            f"X:{number}\nT:Tune {number}\nM:{'6/8' if jig else '4/4'}\nL:1/8\nK:{('D', 'Ador', 'Em')[number % 3]}\n"
        )
        for _ in range(16):
            notes = chance.integers(12 if number % 5 else 6, size=6 if jig else 8)
            text += "".join("DEFGABcdefga"[note] for note in notes) + "|"
        text += "\n\n"
    folder.mkdir()
    (folder / "book.abc").write_text(text)
    (folder / "note.txt").write_text("no music")
    (folder / "broken.mid").write_bytes(b"no music either")
    return folder


def test_a_library_is_read_and_listeners_like_a_tenth_by_what_is_seen_and_unseen(tmp_path: Path) -> None:
    library = read_seeds([write_book(tmp_path / "book")], 10_000)
    assert len(library) > 200
    assert len(set(library.tunes.tolist())) == 60
    few = read_seeds([tmp_path / "book"], 100)
    assert len(few) == 100
    hidden = hidden_vectors(library)
    listener = make_listener(library, hidden, 1)
    assert listener.liked.mean() == pytest.approx(LIKED, abs=0.01)
    other = make_listener(library, np.random.default_rng(5).standard_normal(hidden.shape), 1)
    shared = np.corrcoef(listener.felt, other.felt)[0, 1]  # the same visible taste, another unseen one
    assert shared == pytest.approx(1 - UNSEEN, abs=0.1)


def test_the_command_judges_the_shelf_and_it_beats_chance(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    command = ["listeners", "--pieces", str(write_book(tmp_path / "book")), "--json", str(out)]
    assert main([*command, "--listeners", "3"]) == 0
    figures = json.loads(out.read_text())
    assert figures["hits_factors_cold30"] > LIKED
    assert figures["hits_shelf_last"] > LIKED
    for name in (*RIVALS, "factors", "newcomer"):
        assert 0 <= figures[f"hits_{name}"] <= 1
        assert f"hits_{name}_sitting{SITTINGS}" in figures
    assert figures["hits_oracle"] > figures["hits_factors"] > figures["hits_random"]
    for name in WISHES:
        assert 0 <= figures[f"left_{name}"] <= 1
    for events in COLD:
        assert f"hits_popularity_cold{events}" in figures
    assert "simulated" in capsys.readouterr().out


def test_too_small_a_library_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listeners", "--pieces", str(write_book(tmp_path / "book", 2))]) == 2
    assert "give folders" in capsys.readouterr().err


def test_tastes_know_takes_as_they_know_phrases_and_who_knows_the_heart_is_right(tmp_path: Path) -> None:
    library = read_seeds([write_book(tmp_path / "book")], 10_000)
    hidden = hidden_vectors(library)
    listener = make_listener(library, hidden, 4)
    again = feel(library, 4, library.features, hidden)
    assert np.corrcoef(again, listener.felt)[0, 1] > 0.97  # the unseen part is scaled by the listener, not the library
    world = make_world(library)
    rates, hits = _listen(world, listener, SHELF, 0, "oracle")
    assert rates[0] == 1
    assert len(hits) == round(rates.sum() * 10)
    assert _listen(world, listener, SHELF, 0, "random")[0].mean() < 0.3
