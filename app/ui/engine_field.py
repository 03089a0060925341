"""Which engine answers: all that can do what is asked, and how often takes of each were kept."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from app.library.tallies import Tallies
from models.engines import OFFERED
from models.request import Request, Verb

NAMES = {"lstm": "LSTM", "vae": "VAE", "gan": "GAN"}


class EngineField(QComboBox):
    """Remembers a choice for each verb; what was never chosen is the engine that does best by measurement."""

    def __init__(self, tallies: Tallies, verb: Verb, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tallies, self._verb = tallies, verb
        self._chosen: dict[Verb, str] = {}
        self.setAccessibleName("Engine")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(8)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.activated.connect(lambda _: self._choose())
        self.show_verb(verb)

    def show_verb(self, verb: Verb) -> None:
        """Offer what can do `verb`, with what became of its takes so far."""
        self._verb = verb
        offered = OFFERED[verb]
        with QSignalBlocker(self):
            if [self.itemData(row) for row in range(self.count())] != [*offered]:
                self.clear()
                for name in offered:
                    self.addItem("", name)
            for row, name in enumerate(offered):
                self.setItemText(row, self._text(name))
            self.setCurrentIndex(offered.index(self._chosen.get(verb, offered[0])))
        self._say()

    def showPopup(self) -> None:
        self.show_verb(self._verb)  # what was kept meanwhile counts
        super().showPopup()

    def applied(self, request: Request) -> Request:
        """The request, for the engine that was chosen for its verb."""
        name = self._chosen.get(request.verb, "")
        return replace(request, engine=name) if name else request

    def choose(self, name: str) -> None:
        """Have the engine called `name` answer."""
        self.setCurrentIndex(self.findData(name))
        self._choose()

    def _choose(self) -> None:
        self._chosen[self._verb] = self.currentData()
        self._say()

    def _text(self, name: str) -> str:
        tally = self._tallies.of(self._verb, name)
        return f"{NAMES[name]} · kept {tally.kept:,} of {tally.seen:,}" if tally.seen else NAMES[name]

    def _say(self) -> None:
        offered = OFFERED[self._verb]
        best = f"{NAMES[offered[0]]} does this best by measurement"
        others = f"; {', '.join(NAMES[name] for name in offered[1:])} can do it too" if offered[1:] else ""
        only = "" if offered[1:] else ", and no other can"
        self.setToolTip(
            f"Which engine answers when you {self._verb}: {best}{others}{only}. "
            "Behind its name: how many of the takes you saw you kept"
        )
