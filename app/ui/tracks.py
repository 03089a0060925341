"""The track list: name, General MIDI instrument, mute and solo of every track."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.document import Document
from app.song import edits
from app.song.selection import Selection
from app.song.song import Track
from app.ui.instruments import INSTRUMENTS
from app.ui.theme import THEME
from app.ui.widgets import heading, tool_button
from models.errors import UserError


class TrackRow(QFrame):
    """One track."""

    chosen = Signal(int)
    edited = Signal(int, str, object)  # track id, field, value

    def __init__(self, track: Track, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.track_id = track.id
        self.setObjectName("track")
        self.name = QLineEdit()
        self.name.setToolTip("The track's name: click to change it")
        self.name.setAccessibleName("Track name")
        self.name.editingFinished.connect(self._renamed)
        self.name.installEventFilter(self)
        self.instrument = QComboBox()
        self.instrument.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.instrument.setAccessibleName("Instrument")
        self.instrument.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.instrument.activated.connect(lambda index: self.edited.emit(self.track_id, "programme", index))
        self.mute = self._button("M", "Mute: this track is not heard", "mute")
        self.solo = self._button("S", "Solo: only the tracks with this are heard", "solo")
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 7, 8, 7)
        layout.setSpacing(5)
        layout.addWidget(self.name, 0, 0)
        layout.addWidget(self.mute, 0, 1)
        layout.addWidget(self.solo, 0, 2)
        layout.addWidget(self.instrument, 1, 0, 1, 3)
        layout.setColumnStretch(0, 1)
        self._drums: bool | None = None

    def show_track(self, track: Track, current: bool) -> None:
        """Bring the row up to date."""
        if not self.name.hasFocus():
            self.name.setText(track.name)
        if track.is_drums is not self._drums:
            self._drums = track.is_drums
            self.instrument.clear()
            names = ["Drum kit"] if track.is_drums else [f"{i + 1}  {name}" for i, name in enumerate(INSTRUMENTS)]
            self.instrument.addItems(names)
            self.instrument.setToolTip(
                "Drums are on channel 10 and have no other instrument"
                if track.is_drums
                else "The General MIDI instrument"
            )
        with QSignalBlocker(self.instrument):
            self.instrument.setCurrentIndex(0 if track.is_drums else track.programme or 0)
        self.mute.setChecked(track.mute)
        self.solo.setChecked(track.solo)
        stripe = THEME.accent if current else THEME.line
        ground = THEME.raised if current else THEME.panel
        self.setStyleSheet(
            f"QFrame#track {{ background: {ground}; border-left: 4px solid {stripe}; "
            f"border-bottom: 1px solid {THEME.line}; }}"
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.track_id)
        super().mousePressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self.chosen.emit(self.track_id)
        return super().eventFilter(watched, event)

    def _button(self, text: str, tip: str, field: str) -> QToolButton:
        button = tool_button(text, tip, checkable=True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda on: self.edited.emit(self.track_id, field, on))
        return button

    def _renamed(self) -> None:
        self.edited.emit(self.track_id, "name", self.name.text().strip() or "Track")


class TrackList(QWidget):
    """All tracks of the document; the current one is the one the roll shows."""

    told = Signal(str)  # a sentence for the user

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._rows: dict[int, TrackRow] = {}
        title = heading("Tracks")
        add = tool_button("+", "Add a track (Ctrl+T)", name="Add a track")
        add.clicked.connect(self.add_track)
        remove = tool_button("−", "Remove the current track (Ctrl+Shift+T)", name="Remove the track")
        remove.clicked.connect(self.remove_track)
        top = QHBoxLayout()
        top.setContentsMargins(12, 6, 8, 6)
        top.addWidget(title, 1)
        top.addWidget(add)
        top.addWidget(remove)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        inside = QWidget()
        inside.setLayout(self._list)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameStyle(0)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(scroll, 1)
        self.setMinimumWidth(170)
        document.changed.connect(self.refresh)
        document.selection_changed.connect(self.refresh)
        self.refresh()

    def row(self, track_id: int) -> TrackRow:
        """The row of a track."""
        return self._rows[track_id]

    def refresh(self) -> None:
        """Show the tracks as they are."""
        song, current = self._document.song, self._document.selection.track_id
        ids = [track.id for track in song.tracks]
        if list(self._rows) != ids:
            for row in self._rows.values():
                self._list.removeWidget(row)
                row.deleteLater()
            self._rows = {track.id: self._make(track) for track in song.tracks}
            for index, row in enumerate(self._rows.values()):
                self._list.insertWidget(index, row)
        for track in song.tracks:
            self._rows[track.id].show_track(track, track.id == current)

    def add_track(self) -> None:
        """A new track at the end, which becomes the current one."""
        song, track_id = edits.add_track(self._document.song)
        self._document.edit("Add track", song, Selection(track_id))

    def remove_track(self) -> None:
        """Remove the current track."""
        try:
            song = edits.remove_track(self._document.song, self._document.selection.track_id)
        except UserError as error:
            self.told.emit(str(error))
            return
        self._document.edit("Remove track", song)

    def step(self, by: int) -> None:
        """Go to another track, counted from the current one; stops at both ends."""
        ids = list(self._rows)
        index = ids.index(self._document.selection.track_id) + by
        self._choose(ids[min(max(index, 0), len(ids) - 1)])

    def toggle(self, field: str) -> None:
        """Mute or solo the current track, or end it."""
        track = self._document.song.track(self._document.selection.track_id)
        self._edit(track.id, field, not getattr(track, field))

    def _make(self, track: Track) -> TrackRow:
        row = TrackRow(track)
        row.chosen.connect(self._choose)
        row.edited.connect(self._edit)
        return row

    def _choose(self, track_id: int) -> None:
        if track_id != self._document.selection.track_id:
            self._document.select(Selection(track_id))

    def _edit(self, track_id: int, field: str, value: object) -> None:
        labels = {"name": "Rename track", "programme": "Change instrument", "mute": "Mute", "solo": "Solo"}
        self._document.edit(labels[field], edits.set_track(self._document.song, track_id, **{field: value}))
