"""The seed library's dialog: what it holds, folders added and removed, and what could not be read."""

from __future__ import annotations

from pathlib import Path

from app.ui.library_dialog import LibraryDialog
from tests.app.ui.conftest import MINUET, Program
from tests.app.ui.test_window_actions import controls


def opened(program: Program) -> LibraryDialog:
    program.index.start()
    program.window.actions_by_name["library"].trigger()
    dialog = program.window.library
    program.wait(lambda: dialog.table.rowCount() > 0)
    return dialog


def titles(dialog: LibraryDialog) -> list[str]:
    items = [dialog.table.item(row, 0) for row in range(dialog.table.rowCount())]
    return [item.text() for item in items if item is not None]


def test_folders_come_with_what_could_not_be_read_and_go_again(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "tunes"
    folder.mkdir()
    (folder / "minuet.mid").write_bytes(MINUET.read_bytes())
    (folder / "broken.mid").write_bytes(b"MThd, but no more")
    dialog = opened(program)
    dialog.add_folder(str(folder))
    assert program.stored[-1].seed_folders == (str(folder),)
    program.wait(lambda: "tunes" in titles(dialog) and "broken.mid" in dialog.unread.toPlainText())
    program.wait(lambda: program.index.index is not None and len(program.index.index) > 0)
    dialog.add_folder(str(folder))
    assert "in the library already" in dialog.said.text()
    dialog.table.selectRow(titles(dialog).index("tunes"))
    dialog.remove.click()
    program.wait(lambda: "tunes" not in titles(dialog))
    assert program.stored[-1].seed_folders == ()
    assert (folder / "minuet.mid").exists()


def test_what_is_built_in_stays_and_every_control_says_what_it_is(program: Program) -> None:
    dialog = opened(program)
    dialog.remove.click()
    assert "Choose one of your folders" in dialog.said.text()
    dialog.table.selectRow(0)
    dialog.remove.click()
    assert "belongs to Antiphon" in dialog.said.text()
    dialog.pause.click()
    assert (dialog.pause.text(), program.index.paused) == ("Go on", True)
    dialog.pause.click()
    assert not program.index.paused
    for control in controls(dialog):
        assert control.toolTip(), control
