"""Which way of suggesting the shelf goes by: the choice, what it changes at once, and where it is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app import paths
from app.library.figures import DESCRIBED, read_record
from app.library.offers import Shelf
from app.library.replay import Replayed
from app.settings import Settings
from app.ui.seeds import Seeds
from app.ui.suggestions_dialog import SuggestionsDialog
from app.ui.tasks import Tasks, sentence
from models.recommend import methods

FIGURES = "recommenders.json"  # among the resources


def method_of(settings: Settings) -> methods.Name:
    """The way that is chosen; the default where the settings name one that there is not."""
    named: dict[str, methods.Name] = {name: name for name in methods.NAMES}
    return named.get(settings.recommender, methods.DEFAULT)


class Suggesting(QObject):
    """Connects the dialog with the shelf and with the process that learns."""

    told = Signal(str)
    chosen = Signal(str)  # a method, for the process that learns
    replay_asked = Signal()
    replay_left = Signal()  # nobody looks at it any more
    replayed = Signal(object)  # replay.Replayed, from whatever thread
    troubled = Signal(str)  # what is wrong with learning or replaying, from whatever thread

    def __init__(
        self, seeds: Seeds, shelf: Shelf, settings: Settings, remember: Callable[..., None], window: QWidget
    ) -> None:
        super().__init__(window)
        self._seeds, self._shelf, self._remember, self._window = seeds, shelf, remember, window
        self._tasks = Tasks(self)
        self._dialog: SuggestionsDialog | None = None
        self._method: methods.Name = method_of(settings)
        self.replayed.connect(self._show)
        self.troubled.connect(self._trouble)

    @property
    def dialog(self) -> SuggestionsDialog:
        """The dialog, made when it is first wanted."""
        if self._dialog is None:
            record = read_record(paths.resource(FIGURES))
            self._dialog = SuggestionsDialog(record, self._method, self._window)
            self._dialog.chosen.connect(self.choose)
            self._dialog.replay_asked.connect(self.replay_asked)
            self._dialog.left.connect(self.replay_left)
        return self._dialog

    def open_beside(self) -> None:
        """Show the dialog."""
        self.dialog.open_beside()

    def choose(self, method: methods.Name) -> None:
        """Suggest so from now on."""
        if method == self._method:
            return
        self._method = method
        self._remember(recommender=method)
        self.chosen.emit(method)
        # The shelf may be busy with suggestions: the window does not wait for it.
        self._tasks.run(partial(self._shelf.use, method), lambda _: self._seeds.renew(), self._failed)
        self.told.emit(f"Seeds are chosen by another way now: {DESCRIBED[method].title}.")

    def _failed(self, error: Exception) -> None:
        self.told.emit(sentence(error))

    def close(self) -> None:
        """End."""
        self._tasks.close()

    def _show(self, replayed: Replayed) -> None:
        if self._dialog is not None:
            self._dialog.show_replayed(replayed)

    def _trouble(self, sentence: str) -> None:
        if self._dialog is not None:
            self._dialog.said.setText(sentence)
