"""The real window with its real processes: a scripted engine unless a test wants another, and a player that writes down
what it plays."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from app.compose.client import ComposeClient
from app.compose.learning import Learner
from app.document import Document
from app.library.database import open_library
from app.library.history import History
from app.library.indexer import index
from app.library.knowledge import learn
from app.library.material import load_material
from app.library.offers import Shelf
from app.library.sources import sources
from app.library.tallies import Tallies
from app.player.client import Player
from app.player.messages import Options
from app.settings import Settings
from app.song.selection import Selection
from app.ui.recording import Recording
from app.ui.seed_index import SeedIndex
from app.ui.seed_list import SeedList
from app.ui.window import MainWindow
from tests.app.ui.tunes import write_tunes

MINUET = Path(__file__).parents[2] / "data" / "midi" / "minuet.mid"
WAIT = 20_000


@dataclass
class Program:
    """Everything __main__ builds, and hands to use it."""

    qtbot: QtBot
    document: Document
    player: Player
    client: ComposeClient
    learner: Learner
    window: MainWindow
    record: Path
    recording: Recording
    index: SeedIndex
    facts: list[tuple[Any, ...]] = field(default_factory=list)
    stored: list[Settings] = field(default_factory=list)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key in the roll."""
        self.window.roll.setFocus()
        self.qtbot.keyClick(self.window.roll, key, modifiers)

    def type_into(self, field: QLineEdit | QAbstractSpinBox | None, text: str) -> None:
        """Put the keyboard into a field and type over what stands there."""
        assert field is not None
        field.setFocus()
        field.selectAll()
        self.qtbot.keyClicks(field, text)

    def wait(self, holds: Callable[[], bool]) -> None:
        """Let the window live until something holds."""
        self.qtbot.waitUntil(holds, timeout=WAIT)

    def open(self, path: Path = MINUET) -> None:
        """Open a file and wait until it is there."""
        with self.qtbot.waitSignal(self.window.files.opened, timeout=WAIT):
            self.window.files.open(path)

    def select_bars(self, first: int, last: int) -> None:
        """Select the notes of bars `first` to `last`, counted from 1, on the current track."""
        song, track = self.document.song, self.document.song.track(self.document.selection.track_id)
        notes = track.onsets(song.metres.bar_start(first - 1), song.metres.bar_end(last - 1))
        assert notes
        self.document.select(Selection(track.id, frozenset(note.id for note in notes)))

    def takes(self) -> None:
        """Press G and wait for the takes."""
        self.key(Qt.Key.Key_G)
        self.wait(lambda: self.window.composing.shown is not None and self.window.composing.shown.finished)

    def messages(self) -> list[bytes]:
        """What the player has sent so far."""
        if not self.record.exists():
            return []
        return [
            bytes.fromhex(line.split()[1])
            for line in self.record.read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]

    def hanging(self) -> set[tuple[int, int]]:
        """Channel and pitch of what still sounds."""
        sounding: set[tuple[int, int]] = set()
        for data in self.messages():
            if data[0] & 0xF0 == 0x90 and data[2]:
                sounding.add((data[0] & 15, data[1]))
            elif data[0] & 0xF0 in (0x80, 0x90):
                sounding.discard((data[0] & 15, data[1]))
            elif data[0] & 0xF0 == 0xB0 and data[1] in (120, 123):
                sounding = {each for each in sounding if each[0] != data[0] & 15}
        return sounding


class Watched(Recording):
    """Keeps what it was told besides."""

    facts: list[tuple[Any, ...]]

    def __call__(self, *fact: Any) -> None:
        self.facts.append(fact)
        super().__call__(*fact)


@pytest.fixture
def options(request: pytest.FixtureRequest) -> Options:
    """How the player is set up: without sound, unless a test says otherwise."""
    return getattr(request, "param", Options(audio=False))


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """What composes: a scripted engine, unless a test says otherwise."""
    return getattr(request, "param", "tests.app.ui.scripted.load")


@pytest.fixture
def program(qtbot: QtBot, tmp_path: Path, options: Options, engine: str) -> Iterator[Program]:
    """The window, shown, with both processes starting."""
    record = tmp_path / "played.txt"
    document = Document()
    player = Player(replace(options, record=str(record)))
    client = ComposeClient(engine, tmp_path / "styles")
    facts: list[tuple[Any, ...]] = []
    stored: list[Settings] = []
    learner = Learner(tmp_path / "styles", tmp_path / "kept", "tests.app.compose.lessons")
    told: list[str] = []
    tallies = Tallies()
    history = History(tmp_path / "library.sqlite")
    recording = Watched(history, tallies, document, tmp_path / "kept", tmp_path / "takes", told.append)
    recording.facts = facts
    index = SeedIndex(history.path, lambda folders: sources(folders, tmp_path / "seeds", tmp_path / "takes")[-1:])
    shelf = Shelf(history.path)
    window = MainWindow(
        document, player, client, learner, Settings(), recording, tallies, index, shelf, stored.append, lambda: "About"
    )
    index.changed.connect(lambda: window.seeds.learned.emit(learn(load_material(history.path), [])))
    qtbot.addWidget(window, before_close_func=lambda _: document.mark_saved(document.song, MINUET))
    window.show()
    window.activateWindow()
    qtbot.waitActive(window).__enter__()
    player.start()
    client.start()
    yield Program(qtbot, document, player, client, learner, window, record, recording, index, facts, stored)
    index.close()
    history.close()
    learner.close()
    client.close()
    player.close()


@pytest.fixture
def music() -> Callable[[Path], None]:
    """What writes the takes that stand on the shelf."""
    return write_tunes


@pytest.fixture
def shelf(program: Program, music: Callable[[Path], None], tmp_path: Path) -> SeedList:
    """The list of seeds, shown, with the music on it."""
    music(tmp_path / "takes")
    assert program.recording.history.flush()  # which makes the library
    with closing(open_library(program.index.library)) as connection:
        written = index(connection, sources((), tmp_path / "seeds", tmp_path / "takes")[-1:]).phrases
    program.index.start()
    program.wait(program.window.isActiveWindow)
    program.key(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert program.window.shelf.isVisible()
    program.wait(lambda: program.window.shelf.list.count() == written)
    return program.window.shelf.list


def answer_prompts(button: QMessageBox.StandardButton, asked: list[str] | None = None) -> None:
    """Answer the next message box with this button, as soon as it is there; `asked` takes its text."""
    deadline = time.monotonic() + WAIT / 1000

    def press() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            if asked is not None:
                asked.append(box.text())
            box.button(button).click()
        elif time.monotonic() < deadline:
            QTimer.singleShot(20, press)

    QTimer.singleShot(20, press)
