"""A few tunes for the shelf of seeds, and ways to read and to click in its list."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.library.takes import add_take
from app.ui.seed_list import SeedList
from models.music.notes import Note, Phrase, Role
from models.music.theory import parse_key
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap

if TYPE_CHECKING:
    from tests.app.ui.conftest import Program

TUNES = ((60, 62, 64, 65, 67, 69, 71, 72), (72, 71, 69, 67, 65, 64, 62, 60), (60, 64, 67, 72, 67, 64, 60, 55),
         (62, 62, 65, 65, 69, 69, 74, 74), (67, 66, 67, 71, 74, 71, 67, 62))  # fmt: skip


def write_tune(
    folder: Path,
    title: str,
    pitches: Sequence[int],
    lengths: Sequence[int] = (480,),
    metre: tuple[int, int] = (4, 4),
    bpm: float = 100,
    key: str = "C major",
) -> None:
    """A tune whose notes have these lengths in turn, two bars long."""
    notes, at = [], 0
    for number, pitch in enumerate(pitches):
        notes.append(Note(at, lengths[number % len(lengths)], pitch))
        at = notes[-1].end
    length = 2 * 4 * 480 * metre[0] // metre[1]
    assert at <= length
    metres, tempos = MetreMap(480, (MetreChange(0, *metre),)), TempoMap(480, (TempoChange.at(0, bpm),))
    phrase = Phrase(tuple(notes), length, 480, metres, tempos, (), parse_key(key), Role.MELODY, title)
    assert add_take(folder, phrase) is not None


def write_tunes(folder: Path) -> None:
    """Five tunes in C major, 4/4, 100 quarters a minute."""
    for number, pitches in enumerate(TUNES, 1):
        write_tune(folder, f"Tune {number}", pitches)


def titles(shelf: SeedList) -> list[str]:
    return [shelf.item(row).text().split(" · ")[0].lstrip("📌✦ ") for row in range(shelf.count())]


def choose(program: Program, shelf: SeedList, title: str) -> int:
    """Click on a seed."""
    row = titles(shelf).index(title)
    place = shelf.visualItemRect(shelf.item(row)).center()
    program.qtbot.mouseClick(shelf.viewport(), Qt.MouseButton.LeftButton, pos=place)
    return row
