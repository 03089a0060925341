"""The settings of suggestions: figures of each way, what it would have found in this user's history, and the choice."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from PySide6.QtWidgets import QAbstractScrollArea, QLabel

from app.library.database import open_library
from app.library.indexer import index
from app.library.material import load_material
from app.library.refitting import Refitter
from app.library.replay import LEAST
from app.library.sources import sources
from app.library.weights import DAY
from app.ui.suggesting import method_of
from app.ui.suggestions_dialog import SuggestionsDialog
from models.recommend import methods
from tests.app.ui.conftest import WAIT, Program
from tests.app.ui.test_window_actions import controls
from tests.app.ui.tunes import write_tunes


def opened(program: Program, refitter: Refitter | None = None) -> SuggestionsDialog:
    if refitter is not None:
        program.window.suggesting.replay_asked.connect(refitter.replay)
        program.window.suggesting.chosen.connect(refitter.use)
    program.window.actions_by_name["suggestions"].trigger()
    dialog = program.window.suggesting.dialog
    assert dialog.isVisible()
    return dialog


def fill(program: Program, tmp_path: Path) -> None:
    """Five tunes in the library."""
    write_tunes(tmp_path / "takes")
    assert program.recording.history.flush()
    with closing(open_library(program.index.library)) as connection:
        index(connection, sources((), tmp_path / "seeds", tmp_path / "takes")[-1:])


def refitter_of(program: Program) -> Refitter:
    window = program.window
    return Refitter(
        program.index.library, window.seeds.learned.emit, window.suggesting.troubled.emit,
        window.suggesting.replayed.emit)  # fmt: skip


def test_every_way_is_there_with_its_figures_and_the_default_says_why(program: Program) -> None:
    dialog = opened(program)
    assert set(dialog.buttons) == set(methods.NAMES)
    assert dialog.method == methods.DEFAULT
    assert all(button.isEnabled() for button in dialog.buttons.values())
    shown = {label.text() for label in dialog.findChildren(type(dialog.said))}
    assert {".442", ".433", ".406", ".174"} <= shown
    assert any("chosen because it found most of real listeners' held-back plays" in text for text in shown)
    assert any("python -m models.evaluate recommend" in text for text in shown)
    for control in controls(dialog):
        assert control.toolTip(), control


def test_all_of_it_is_seen_on_a_low_screen_without_scrolling(program: Program) -> None:
    dialog = opened(program)
    dialog.said.setText("Your history is replayed as it was. " * 4)  # longer than anything that is said there
    program.wait(lambda: dialog.said.height() >= dialog.said.heightForWidth(dialog.said.width()))
    assert dialog.height() <= 720
    assert not dialog.findChildren(QAbstractScrollArea)
    for label in dialog.findChildren(QLabel):
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        assert label.height() >= needed, label.text()
        assert label.wordWrap() or label.width() >= label.sizeHint().width(), label.text()
        assert label.geometry().bottom() < dialog.height()


def test_another_way_is_taken_at_once_and_remembered(program: Program, tmp_path: Path) -> None:
    fill(program, tmp_path)
    program.index.start()
    program.wait(lambda: len(program.window.seeds.offers) == 5)
    dialog = opened(program)
    before = {offer.entry.content_hash: offer.why for offer in program.window.seeds.offers}
    log = program.recording.history
    log.record("kept", next(iter(before)), "melody", 0, 960, 0.0, True, {"title": "Tune"})
    for name in ("neighbours", "popularity", "content", "neural"):  # without a process that learns: never waits for it
        held = program.window.seeds.offers
        dialog.buttons[name].click()
        assert program.stored[-1].recommender == name
        assert method_of(program.stored[-1]) == name
        program.wait(lambda held=held: program.window.seeds.offers is not held)
        assert program.window.seeds.offers
    assert all(button.isEnabled() for button in dialog.buttons.values())


def test_too_little_history_is_said_and_enough_is_replayed_by_the_process(program: Program, tmp_path: Path) -> None:
    fill(program, tmp_path)
    refitter = refitter_of(program)
    try:
        dialog = opened(program, refitter)
        program.wait(lambda: "Too little history yet: 0 of 6 sittings" in dialog.said.text())
        assert {label.text() for label in dialog.own.values()} == {"–"}
        phrases = load_material(program.index.library).phrases
        with closing(open_library(program.index.library)) as connection:  # a sitting a day, a new phrase each
            for day in range(LEAST):
                facts = 1e9 + day * DAY, "kept", phrases[day % len(phrases)], "melody", 0, 960, 0.0, 1, "{}"
                columns = "at, kind, content_hash, role, from_tick, to_tick, seconds, asked_for, context"
                connection.execute(f"INSERT INTO history ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", facts)
        dialog.again.click()
        program.wait(lambda: f"{len(phrases)} of {LEAST} sittings" in dialog.said.text())  # five tunes, none new twice
    finally:
        refitter.close()


def test_trouble_is_told_where_it_was_asked_for(program: Program) -> None:
    program.window.suggesting.dialog.show()
    program.window.suggesting.troubled.emit("The catalogue cannot be read.")
    program.wait(lambda: program.window.suggesting.dialog.said.text() == "The catalogue cannot be read.")


def test_a_dialog_that_is_left_waits_for_no_replay(program: Program) -> None:
    program.window.suggesting.open_beside()
    with program.qtbot.waitSignal(program.window.suggesting.replay_left, timeout=WAIT):
        program.window.suggesting.dialog.hide()
