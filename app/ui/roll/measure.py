"""How long the roll takes to paint a frame of a large song."""

from __future__ import annotations

import random
import time

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.document import Document
from app.song import edits
from app.song.selection import Selection
from app.song.song import Song
from app.ui.roll.view import RollView
from models.music.notes import Note

BARS = 2_000
FRAMES = 200
_SIZE = 1600, 900


def frame_times(notes: int, dragged: int) -> dict[str, list[float]]:
    """Milliseconds a frame while scrolling along and while dragging notes; needs a QApplication."""
    document = Document(dense_song(notes))
    roll = RollView(document)
    roll.resize(*_SIZE)
    roll.show()
    QApplication.processEvents()
    times = {"scroll": _scroll(roll), "drag": _drag(roll, document, dragged)}
    roll.close()
    roll.deleteLater()
    QApplication.processEvents()
    return times


def dense_song(count: int) -> Song:
    """`count` notes in 2,000 bars, the same ones every time."""
    chance = random.Random(1)
    notes = [
        Note(chance.randrange(BARS * 16) * 120, chance.choice([120, 240, 480]), chance.randrange(36, 97),
             chance.randrange(20, 128))
        for _ in range(count)
    ]  # fmt: skip
    song, _ = edits.add_notes(Song.empty(), 1, notes)
    return song


def _scroll(roll: RollView) -> list[float]:
    times = []
    for frame in range(FRAMES):
        started = time.perf_counter()
        roll.horizontalScrollBar().setValue(1000 + frame * 23)
        roll.viewport().repaint()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _drag(roll: RollView, document: Document, dragged: int) -> list[float]:
    track = document.song.tracks[0]
    left = max(int(roll.coords.tick(200)), 0)
    chosen = track.onsets(left, left + 60 * 1920)[:dragged]
    document.select(Selection(track.id, frozenset(note.id for note in chosen)))
    QApplication.processEvents()
    grabbed = chosen[len(chosen) // 50]
    roll.verticalScrollBar().setValue(int((127 - grabbed.pitch) * roll.coords.row - 300))
    at = QPointF(roll.coords.x(grabbed.onset + grabbed.duration / 2), roll.coords.y(grabbed.pitch) + 4)
    _send(roll, QMouseEvent.Type.MouseButtonPress, at)
    times = []
    for frame in range(FRAMES):
        started = time.perf_counter()
        _send(roll, QMouseEvent.Type.MouseMove, at + QPoint(20 + frame % 120, frame % 60))
        roll.viewport().repaint()
        times.append((time.perf_counter() - started) * 1000)
    _send(roll, QMouseEvent.Type.MouseButtonRelease, at)
    return times


def _send(roll: RollView, kind: QMouseEvent.Type, at: QPointF) -> None:
    buttons = Qt.MouseButton
    held = buttons.NoButton if kind == QMouseEvent.Type.MouseButtonRelease else buttons.LeftButton
    button = buttons.NoButton if kind == QMouseEvent.Type.MouseMove else buttons.LeftButton
    place = roll.viewport().mapToGlobal(at)
    event = QMouseEvent(kind, at, place, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(roll.viewport(), event)
