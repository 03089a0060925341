"""What a right click on the ruler offers: metre and tempo from that bar on."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from app.document import Document
from app.song import edits
from models.errors import UserError
from models.music.time import parse_metre

METRES = ("2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "9/8", "12/8", "2/2")
SLOWEST, FASTEST = 10.0, 400.0  # quarters a minute


class RulerMenu(QObject):
    """Changes the metre or the tempo from the beginning of a bar on, each as one undo step."""

    told = Signal(str)

    def __init__(self, document: Document, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._window = document, window
        self.menu = QMenu(window)

    def open(self, tick: int, place: QPoint) -> None:
        """Show the menu for the bar of `tick`."""
        bar = self._document.song.metres.bar(tick)
        self.menu.clear()
        metres = self.menu.addMenu(f"Metre from bar {bar + 1}")
        for text in METRES:
            metres.addAction(text).triggered.connect(lambda _=False, text=text: self.set_metre(tick, text))
        metres.addAction("Other …").triggered.connect(lambda: self.ask_metre(tick))
        self.menu.addAction(f"Tempo from bar {bar + 1} …").triggered.connect(lambda: self.ask_tempo(tick))
        self.menu.popup(place)

    def ask_metre(self, tick: int) -> None:
        """Let the user type a metre."""
        there = self._document.song.metres.metre(tick)
        bar = self._document.song.metres.bar(tick) + 1
        text, agreed = QInputDialog.getText(
            self._window,
            "Metre",
            f"Metre from bar {bar} on, such as 3/4 or 11/8:",
            text=f"{there.numerator}/{there.denominator}",
        )
        if agreed:
            self.set_metre(tick, text)

    def ask_tempo(self, tick: int) -> None:
        """Let the user type a tempo."""
        song = self._document.song
        bar = song.metres.bar(tick)
        start = song.metres.bar_start(bar)
        bpm, agreed = QInputDialog.getDouble(
            self._window,
            "Tempo",
            f"Quarters a minute from bar {bar + 1} on:",
            song.tempos.bpm(start),
            SLOWEST,
            FASTEST,
            1,
        )
        if agreed:
            self._document.edit(f"Tempo from bar {bar + 1}", edits.set_tempo_from(song, start, bpm))

    def set_metre(self, tick: int, text: str) -> None:
        """Bars of this metre from the bar of `tick` on; a text that is no metre costs a sentence."""
        try:
            set_metre(self._document, self._document.song.metres.bar(tick), text)
        except UserError as error:
            self.told.emit(str(error))


def set_metre(document: Document, bar: int, text: str) -> None:
    """Bars of the metre that `text` says from `bar` on, as one undo step; raises UserError where it says none."""
    changed = edits.set_metre(document.song, bar, *parse_metre(text))
    where = f" from bar {bar + 1}" if bar else ""
    document.edit(f"Metre {text.replace(' ', '')}{where}", changed)
