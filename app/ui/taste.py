"""Your taste, drawn: a map of what you met, where you lean, how that moved; all of it corrected by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.document import Document
from app.library import history
from app.library.drawing import Drawer
from app.player.client import Player
from app.ui.history_dialog import HistoryDialog
from app.ui.recording import Recording
from app.ui.roll.view import RollView
from app.ui.seeds import Seeds
from app.ui.tasks import Tasks, sentence
from app.ui.taste_correcting import Correcting
from app.ui.taste_edits import TasteEdits
from app.ui.taste_fields import TasteFields
from app.ui.taste_forget import ask_forget
from app.ui.taste_hearing import TasteHearing
from app.ui.widgets import bring_up

if TYPE_CHECKING:  # loaded by the process that works it out, not by the window before it is shown
    from app.library.knowledge import Knowledge
    from app.library.taste import Point, Profile

_SETTLE = 250  # milliseconds after a fact until the page shows it
_READING = "The library is still being read; what you like is drawn as soon as there is something to compare it with."


class TastePage(QDialog):
    """Stays open beside the window and follows what is noted and learned."""

    told = Signal(str)
    learn_asked = Signal()  # what was learned holds what is to count no more
    _came = Signal(object)  # taste.Profile
    _troubled = Signal(str)

    def __init__(
        self,
        document: Document,
        player: Player,
        roll: RollView,
        recording: Recording,
        seeds: Seeds,
        history_dialog: HistoryDialog,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._recording, self._seeds = recording, seeds
        self._history = recording.history
        self._tasks = Tasks(self)
        self.hearing = TasteHearing(document, player, roll, recording, seeds, self._tasks, self._under, self)
        self.profile: Profile | None = None  # what is shown
        self.setWindowTitle("Your taste – Antiphon")
        self.edits = TasteEdits(recording, self._tasks, self)
        self.fields = TasteFields()
        Correcting(self.fields, self.edits, lambda: self.profile, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addWidget(self.fields)
        self.resize(1020, 760)
        self._drawer = Drawer(self._history.path, self._came.emit, self._troubled.emit)
        self._timer = QTimer(self, singleShot=True, interval=_SETTLE)
        self._timer.timeout.connect(self.read)
        self._connect(history_dialog)
        self._show()

    def _connect(self, history_dialog: HistoryDialog) -> None:
        fields, edits = self.fields, self.edits
        self._came.connect(self.show_profile)
        self._troubled.connect(self._tell)
        self._seeds.learned.connect(self._learned)
        self._recording.recorded.connect(lambda _: self._timer.start() if self.isVisible() else None)
        history_dialog.taste.clicked.connect(self.open_beside)
        fields.history.clicked.connect(history_dialog.open_beside)
        fields.map.hovered.connect(self.hearing.over)
        self.hearing.told.connect(self._tell)
        fields.map.chosen.connect(lambda _: self._chosen())
        fields.leanings.chosen.connect(lambda _: self._show_trait())
        fields.every.currentIndexChanged.connect(lambda _: self._show_trait())
        fields.drift.told.connect(lambda said: fields.of_trait.setText(said or self._of_trait()))
        fields.forget.clicked.connect(self.ask_forget)
        edits.done.connect(self._tell)
        edits.forgotten.connect(self.learn_asked)

    # --- what is shown

    def open_beside(self) -> None:
        """Show it, as the history is now."""
        bring_up(self)
        self.fields.map.setFocus()
        self.read()

    def read(self) -> None:
        """Ask for the taste as the history is now, with what was done just before."""
        self._tasks.run(lambda: self._history.flush(2.0), lambda _: self._ask(), self._failed)

    def _ask(self) -> None:
        if self.isVisible():
            self._drawer.ask()

    def _learned(self, _known: Knowledge) -> None:
        """The library may be another."""
        if self.isVisible():
            self.read()

    def show_profile(self, profile: Profile) -> None:
        """Show a taste that has been read; one that comes too late is read anew when the page is opened."""
        if self.isVisible():  # else the map would keep the points of another profile
            self.profile = profile
            self._show()

    def _show(self) -> None:
        found, fields = self.profile, self.fields
        fields.summary.setText(found.summary if found is not None else _READING)
        if found is not None:
            fields.map.show_profile(found)
            fields.leanings.show_leans(found.leans)
            fields.show_placeless(found)
            fields.words.show_corrections(found.corrections)
        self._show_point()
        self._show_trait()

    def _show_point(self) -> None:
        self.fields.show_point(self._point)

    def _show_trait(self) -> None:
        fields, leans = self.fields, self.fields.leanings.leans
        if self.profile is not None and leans:
            found, row = self.profile, fields.leanings.row
            periods = found.months if fields.every.currentIndex() == 0 else found.sittings
            fields.drift.show_drift(periods, leans[row].trait, row)
        fields.of_trait.setText(self._of_trait())

    def _of_trait(self) -> str:
        leans = self.fields.leanings.leans
        return leans[self.fields.leanings.row].told if leans else ""

    def _under(self, number: int) -> Point | None:
        """Which point the mouse rests on, where it is to be heard."""
        found = self.profile.points if self.profile is not None and self.fields.listen.isChecked() else ()
        return found[number] if number < len(found) else None

    def _chosen(self) -> None:
        self._show_point()
        self.hearing.choose(self._point)

    @property
    def _point(self) -> Point | None:
        number = self.fields.map.number
        return self.profile.points[number] if self.profile is not None and number >= 0 else None

    # --- inside

    def ask_forget(self) -> None:
        """Ask for a day, and forget everything before it."""
        path = self._history.path

        def work() -> list[float]:
            self._history.flush(2.0)
            return history.times(path)

        def done(times: list[float]) -> None:
            before = ask_forget(self, times)
            if before is not None:
                self.edits.forget(before)

        self._tasks.run(work, done, self._failed)

    def _failed(self, error: Exception) -> None:
        self._tell(sentence(error))

    def _tell(self, sentence: str) -> None:
        self.fields.said.setText(sentence)
        if not self.isVisible():
            self.told.emit(sentence)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowDeactivate:
            self.hearing.silence()  # what is done in another window has the player to itself
        return super().event(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        self.hearing.silence()
        self._drawer.close(wait=False)
        super().hideEvent(event)

    def close(self) -> bool:
        """Stop at the end."""
        self.hearing.silence()
        self._drawer.close()
        self._tasks.close()
        return super().close()
