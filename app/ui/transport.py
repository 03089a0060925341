"""The bar at the top: play, stop, loop, position, tempo, snap grid, where the sound goes, panic."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QFontDatabase, QResizeEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QToolButton, QWidget

from app.document import Document
from app.player.client import Player
from app.player.messages import VIRTUAL
from app.song import edits
from app.ui.roll.coords import SNAPS
from app.ui.roll.ruler_menu import METRES, set_metre
from app.ui.widgets import quiet
from models.errors import UserError
from models.music.time import MetreChange

_PORT_TIP = "Where the music goes besides the built-in synthesiser: a MIDI port, or one of our own that a DAW can see"
_ROOMY = 1150  # pixels that everything needs
NO_PORT, NOWHERE, OWN_PORT = "Synth only", "None", "Virtual port “Antiphon”"


class Transport(QWidget):
    """Shows and steers the player. Buttons are the window's actions."""

    told = Signal(str)
    snap_chosen = Signal(str)
    port_chosen = Signal(object)  # name, VIRTUAL or None

    def __init__(
        self, document: Document, player: Player, actions: dict[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._player = document, player
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 6)
        layout.setSpacing(6)
        for name in ("start", "play", "loop", "draw"):
            layout.addWidget(_button(actions[name]))
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSize(fixed.pointSize() + 3)
        self.position = QLabel("1.1.000")
        self.position.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.position.setFont(fixed)
        self.position.setMinimumWidth(self.position.fontMetrics().horizontalAdvance("9999.99.9999") + 8)
        self.position.setToolTip("Bar, beat and tick of the playhead")
        self.clock = quiet("0:00.0")
        self.clock.setMinimumWidth(self.clock.fontMetrics().horizontalAdvance("999:99.9") + 6)
        self.clock.setToolTip("Time of the playhead")
        layout.addWidget(self.position)
        layout.addWidget(self.clock)
        self.tempo = QDoubleSpinBox()
        self.tempo.setDecimals(1)
        self.tempo.setRange(10, 400)
        self.tempo.setKeyboardTracking(False)
        self.tempo.setToolTip("Tempo at the playhead, in quarters a minute")
        self.tempo.setAccessibleName("Tempo")
        self.tempo.valueChanged.connect(self._set_tempo)
        self.metre = QComboBox(editable=True, insertPolicy=QComboBox.InsertPolicy.NoInsert)
        self.metre.addItems(METRES)
        self.metre.setToolTip(
            "Metre from the playhead's bar on, up to the next change of metre: choose, or type, such as 11/8"
        )
        self.metre.setAccessibleName("Metre")
        self.metre.setMaximumWidth(84)
        self.metre.activated.connect(lambda _: self._set_metre())
        edit = self.metre.lineEdit()
        assert edit is not None
        edit.editingFinished.connect(self._set_metre)
        self.snap = QComboBox()
        self.snap.setToolTip("The grid that notes snap to")
        self.snap.setAccessibleName("Snap grid")
        self.snap.addItems(list(SNAPS))
        self.snap.setCurrentText("1/16")
        self.snap.currentTextChanged.connect(self.snap_chosen)
        self.port = QComboBox()
        self.port.setAccessibleName("MIDI output")
        self.port.setMinimumContentsLength(16)
        self.port.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.port.activated.connect(self._choose_port)
        self._dispensable: list[QWidget] = [self.clock]
        for text, widget in (
            ("Tempo", self.tempo),
            ("Metre", self.metre),
            ("Snap", self.snap),
            ("MIDI out", self.port),
        ):
            layout.addSpacing(6)
            label = quiet(text)
            layout.addWidget(label)
            layout.addWidget(widget)
            if text in ("Metre", "Snap"):
                self._dispensable.append(label)
        layout.addStretch(1)
        layout.addWidget(_button(actions["panic"]))
        document.changed.connect(lambda: self.show_position(self._player.position()))
        player.changed.connect(self.show_ports)
        self.show_ports()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window what says itself, or is said elsewhere, makes room for what does not."""
        for widget in self._dispensable:
            widget.setVisible(event.size().width() >= _ROOMY)
        super().resizeEvent(event)

    def show_position(self, tick: float) -> None:
        """Show where the playhead is, and tempo and metre there."""
        song = self._document.song
        at = max(int(tick), 0)
        bar, beat, rest = song.metres.position(at)
        seconds = song.tempos.seconds(at)
        self.position.setText(f"{bar + 1}.{beat + 1}.{rest:03d}")
        self.clock.setText(f"{int(seconds // 60)}:{seconds % 60:04.1f}")
        metre = song.metres.metre(at)
        edit = self.metre.lineEdit()
        if edit is not None and not edit.hasFocus() and edit.text() != _metre_name(metre):
            with QSignalBlocker(self.metre):
                self.metre.setEditText(_metre_name(metre))
        if not self.tempo.hasFocus():
            with QSignalBlocker(self.tempo):
                self.tempo.setValue(song.tempos.bpm(at))

    def show_ports(self) -> None:
        """List the MIDI ports; one that was chosen and is gone stays in the list, marked."""
        chosen, ports = self._player.port, self._player.outputs()
        entries: list[tuple[str, str | None]] = [
            (NO_PORT if self._player.synth else NOWHERE, None),
            (OWN_PORT, VIRTUAL),
            *((name, name) for name in ports),
        ]
        if chosen not in (None, VIRTUAL, *ports):
            entries.append((f"{chosen} (not there)", chosen))
        if entries != [(self.port.itemText(i), self.port.itemData(i)) for i in range(self.port.count())]:
            with QSignalBlocker(self.port):
                self.port.clear()
                for text, name in entries:
                    self.port.addItem(text, name)
        self.port.setCurrentIndex(next(i for i, (_, name) in enumerate(entries) if name == chosen))
        self.port.setToolTip(f"{self.port.currentText()}\n{_PORT_TIP}")

    def _choose_port(self, index: int) -> None:
        self.port_chosen.emit(self.port.itemData(index))

    def _set_metre(self) -> None:
        song, text = self._document.song, self.metre.currentText().strip()
        bar = song.metres.bar(max(int(self._player.position()), 0))
        if text == _metre_name(song.metres.metre(song.metres.bar_start(bar))):
            return
        try:
            set_metre(self._document, bar, text)
        except UserError as error:
            self.told.emit(str(error))
            self.metre.setEditText(_metre_name(song.metres.metre(song.metres.bar_start(bar))))

    def _set_tempo(self, bpm: float) -> None:
        song = self._document.song
        if len(song.tempos.changes) > 1:
            self._document.edit("One tempo for the whole song", edits.set_tempo(song, bpm))
        else:
            self._document.edit("Change tempo", edits.set_tempo(song, bpm))


def _metre_name(metre: MetreChange) -> str:
    return f"{metre.numerator}/{metre.denominator}"


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
