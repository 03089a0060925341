"""How many takes of each engine were kept: from the library, and while the program runs."""

from __future__ import annotations

from pathlib import Path

from app.library.history import History
from app.library.tallies import Tallies, Tally


def _context(take: int, engine: str = "vae", verb: str = "vary") -> dict[str, object]:
    return {"verb": verb, "engine": engine, "seed": 7, "take": take}


def test_every_take_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "library" / "library.sqlite"
    facts = [
        ("played", _context(1)),
        ("kept", _context(1)),
        ("played", _context(1)),
        ("dismissed", _context(2)),
        ("kept", _context(1, "gan", "fresh")),
        ("kept", {"engine": "lstm", "seed": 1, "take": 1}),  # before verbs were noted
    ]
    history, live = History(path), Tallies()
    for kind, context in facts:
        history.record(kind, "a", "melody", 0, 960, 1.0, True, context)  # pyright: ignore[reportArgumentType]
        live.count(kind, context)
    history.record("exported", "a", "song", 0, 960, 0.0, True, _context(3))
    live.count("exported", _context(3))
    history.close()
    stored = Tallies()
    stored.read(path)
    for tallies in (live, stored):
        assert tallies.of("vary", "vae") == Tally(1, 2)
        assert tallies.of("fresh", "gan") == Tally(1, 1)
        assert tallies.of("continue", "lstm") == Tally()
    stored.count("kept", _context(2))
    assert stored.of("vary", "vae") == Tally(2, 2)


def test_a_library_that_cannot_be_read_counts_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "library.sqlite"
    broken.write_bytes(b"no library at all, but some bytes" * 100)
    for path in (broken, tmp_path / "none.sqlite"):
        tallies = Tallies()
        tallies.read(path)
        assert tallies.of("vary", "vae") == Tally()
