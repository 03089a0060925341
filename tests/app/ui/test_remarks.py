"""Tags given in the window are words to find a seed by, at once, and until their row is deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.library.catalogue import entries
from app.library.search import Query
from app.library.takes import add_take
from app.ui.remark import RemarkDialog
from models.music.notes import Note, Phrase
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap
from tests.app.ui.conftest import Program


@pytest.fixture
def library(program: Program, tmp_path: Path) -> Program:
    """The window with five tunes on its shelf."""
    metres, tempos = MetreMap(480, (MetreChange(0, 4, 4),)), TempoMap(480, (TempoChange.at(0, 100),))
    for number in range(5):
        notes = tuple(Note(480 * at, 480, 60 + (at * (number + 1)) % 12) for at in range(8))
        assert (
            add_take(tmp_path / "takes", Phrase(notes, 3840, 480, metres, tempos, title=f"Tune {number + 1}"))
            is not None
        )
    program.index.start()
    program.window.side.show_panel("Seeds")
    program.wait(lambda: program.window.shelf.list.count() == 5)
    return program


def answer(tags: str, comment: str) -> None:
    """Fill the dialog in as soon as it is there."""
    dialog = QApplication.activeModalWidget()
    if isinstance(dialog, RemarkDialog):
        dialog.tags.setText(tags)
        dialog.comment.setText(comment)
        dialog.accept()
    else:
        QTimer.singleShot(20, lambda: answer(tags, comment))


def found(program: Program, words: str) -> list[str]:
    """The titles that a search for these words finds."""
    index = program.index.index
    assert index is not None
    return [entry.seed.title for entry in entries(program.index.library, [hit.id for hit in index.find(Query(words))])]


def test_a_tag_is_found_by_the_search_and_shown_in_the_history(library: Program) -> None:
    shelf = library.window.shelf.list
    shelf.setCurrentRow(2)
    title = library.window.seeds.offers[2].entry.seed.title
    assert found(library, "wedding") == []
    QTimer.singleShot(20, lambda: answer("wedding opening", "slow it down"))
    library.window.actions_by_name["remark"].trigger()
    library.wait(lambda: found(library, "wedding slow") == [title])
    library.window.actions_by_name["history"].trigger()
    history = library.window.history
    library.type_into(history.search, "opening")
    library.wait(lambda: history.table.rows.rowCount() == 1)
    assert history.table.rows.index(0, 2).data().endswith("· “wedding opening”")
    history.table.selectAll()
    history.delete.click()
    library.wait(lambda: found(library, "wedding") == [])
    assert found(library, "slow") == [title]
