"""The key of the answer: found in the music, chosen as tonic and scale, or typed."""

from __future__ import annotations

import re

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QGridLayout, QLineEdit, QSizePolicy, QWidget

from models.errors import UserError
from models.music.theory import OWN_NOTES, SCALES, Key, parse_key, pitch_class_name

AUTO = "Auto"
_TONICS = ("C", "C# / Db", "D", "D# / Eb", "E", "F", "F# / Gb", "G", "G# / Ab", "A", "A# / Bb", "B")
_MODES = {"major": "major (ionian)", "minor": "minor (aeolian)"}
_SCALES = (
    "major", "minor", "harmonic minor", "melodic minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian",
    "major pentatonic", "minor pentatonic", "blues", "whole tone", "chromatic",
)  # fmt: skip
_OWN = "Notes of my own …"
_BEGUN = re.compile(r"\s*[A-Ga-g][#b♯♭]*\s+\w\w")
_NOTHING = "\n"  # which no key begins with


class _Text(QLineEdit):
    """A field whose text a click selects, so that typing replaces it."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        QTimer.singleShot(0, self, self.selectAll)  # after the click has put the cursor somewhere


class _Completer(QCompleter):
    """Completes the scale once two of its letters are typed: before that, "B" is B major and "D m" D minor."""

    def splitPath(self, path: str) -> list[str]:
        return [path] if _BEGUN.match(path) else [_NOTHING]


class KeyField(QWidget):
    """A text that says the key, and a box each for its tonic and its scale; all three always say the same."""

    changed = Signal()
    chosen = Signal()  # with the mouse, or in a list: nothing is being typed

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: Key | None = None
        self.edit = _Text(AUTO)
        self.edit.setAccessibleName("Key")
        self.edit.setToolTip(
            "The key every note stays in: Auto takes the one it finds; or type, such as D dorian, or notes: C D E G A"
        )
        known = [f"{tonic} {name}" for tonic in _spellings() for name in (*_SCALES, "ionian", "aeolian")]
        completer = _Completer(known, self)
        completer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.edit.setCompleter(completer)
        self.tonic = _box("Tonic", "The tonic; Auto: the key that is found in the music", [AUTO, *_TONICS])
        self.scale = _box("Scale", "The scale or mode", [])
        self.tonic.setPlaceholderText("tonic")
        self.scale.setPlaceholderText("scale")
        for name in _SCALES:
            self.scale.addItem(_MODES.get(name, name), name)
        self.scale.addItem(_OWN, OWN_NOTES)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        grid.addWidget(self.edit, 0, 0, 1, 2)
        grid.addWidget(self.tonic, 1, 0)
        grid.addWidget(self.scale, 1, 1)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)
        self._follow()
        self.edit.textChanged.connect(self._typed)
        self.edit.editingFinished.connect(self._finished)
        self.tonic.activated.connect(self._tonic_chosen)
        self.scale.activated.connect(self._scale_chosen)

    def key(self) -> Key | None:
        """The key that is asked for, None where it is to be found; raises UserError where the text is no key."""
        text = self.edit.text().strip()
        return None if text.lower() in ("", AUTO.lower(), self._auto.lower()) else parse_key(text)

    def set_text(self, text: str) -> None:
        """Say the key as a user would type it; empty: to be found."""
        self.edit.setText(text or self._auto)

    def show_found(self, key: Key | None) -> None:
        """Name the key that was found; what is typed stays."""
        auto = self.edit.text() == self._auto
        self._found = key
        if auto and self.edit.text() != self._auto:
            with QSignalBlocker(self.edit):  # naming it changes nothing
                self.edit.setText(self._auto)
                if self.edit.hasFocus():
                    self.edit.selectAll()

    @property
    def _auto(self) -> str:
        return AUTO if self._found is None else f"{AUTO}: {self._found.name}"

    def _typed(self) -> None:
        self._follow()
        self.changed.emit()

    def _finished(self) -> None:
        if not self.edit.text().strip():
            self.set_text("")

    def _follow(self) -> None:
        """Let the boxes say what the text says."""
        try:
            key = self.key()
        except UserError:  # said where the controls are read
            self.tonic.setCurrentIndex(-1)
            self.scale.setCurrentIndex(-1)
            return
        self.tonic.setCurrentIndex(0 if key is None else key.tonic + 1)
        self.scale.setCurrentIndex(-1 if key is None else self.scale.findData(key.scale))

    def _tonic_chosen(self, index: int) -> None:
        if index == 0:
            self.set_text("")
        else:
            scale = self.scale.currentData() or (self._found.scale if self._found is not None else "major")
            self.set_text(Key(index - 1, scale if scale in SCALES else "major").name)
        self._follow()
        self.chosen.emit()

    def _scale_chosen(self, index: int) -> None:
        tonic = self.tonic.currentIndex() - 1
        if tonic < 0:
            tonic = self._found.tonic if self._found is not None else 0
        scale = self.scale.itemData(index)
        if scale != OWN_NOTES:
            self.set_text(Key(tonic, scale).name)
            self.chosen.emit()
            return
        try:
            notes = (self.key() or self._found or Key(tonic)).pitch_classes
        except UserError:
            notes = Key(tonic).pitch_classes
        self.set_text(Key(tonic, OWN_NOTES, notes | {tonic}).name)
        self.edit.setFocus()  # to be changed


def _spellings() -> list[str]:
    return list(dict.fromkeys(pitch_class_name(tonic, Key(tonic, scale)) for scale in SCALES for tonic in range(12)))


def _box(name: str, tip: str, entries: list[str]) -> QComboBox:
    box = QComboBox()
    box.addItems(entries)
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setMaxVisibleItems(16)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return box
