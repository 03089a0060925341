"""Painting the roll: the slice of the song that is in view, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from app.song.bars import Chunk
from app.song.chords import chord_spans
from app.song.song import Song, Track
from app.ui.roll.coords import HEADER_HEIGHT, KEYBOARD_WIDTH, RULER_HEIGHT, Coords
from app.ui.theme import THEME
from models.music.notes import Note
from models.music.theory import Key, chord_name, pitch_name

BLACK_KEYS = frozenset({1, 3, 6, 8, 10})
SHADES = 12  # colours for velocities
_MIN_LINE_GAP = 7.0  # pixels between grid lines
_MIN_LABEL_GAP = 46.0
_LONGEST_SYMBOL = 120.0
_VELOCITY_COLOURS = THEME.velocity_colours(SHADES)


@dataclass
class _Cached:
    chunk: Chunk
    rects: dict[int, list[QRectF]]


class NoteCache:
    """Rectangles of the bars' notes in unscrolled pixels, by velocity colour; made once a bar and zoom."""

    def __init__(self) -> None:
        self._zoom = (0.0, 0.0)
        self._bars: dict[int, _Cached] = {}

    def rects(self, chunk: Chunk, scale: float, row: float) -> dict[int, list[QRectF]]:
        """The rectangles of one bar's notes, by shade."""
        if (scale, row) != self._zoom:
            self._zoom = scale, row
            self._bars.clear()
        cached = self._bars.get(id(chunk))
        if cached is None or cached.chunk is not chunk:
            if len(self._bars) > 20_000:
                self._bars.clear()
            cached = self._bars[id(chunk)] = _Cached(chunk, shaded(chunk, scale, row))
        return cached.rects


def shaded(notes: Iterable[Note], scale: float, row: float) -> dict[int, list[QRectF]]:
    """Rectangles of notes in unscrolled pixels, by velocity colour."""
    found: dict[int, list[QRectF]] = {}
    height = max(row - 1, 2)
    for note in notes:
        rect = QRectF(note.onset * scale, (127 - note.pitch) * row, max(note.duration * scale - 1, 2), height)
        found.setdefault(note.velocity * SHADES // 128, []).append(rect)
    return found


def rects(notes: Iterable[Note], scale: float, row: float) -> list[QRectF]:
    """Rectangles of notes in unscrolled pixels."""
    return [rect for some in shaded(notes, scale, row).values() for rect in some]


def origin(coords: Coords) -> QPointF:
    """Where unscrolled pixels begin."""
    return QPointF(KEYBOARD_WIDTH - coords.left, HEADER_HEIGHT - coords.top)


def note_rect(note: Note, coords: Coords) -> QRectF:
    """Where a note is painted."""
    return QRectF(
        coords.x(note.onset), coords.y(note.pitch), max(note.duration * coords.scale - 1, 2), max(coords.row - 1, 2)
    )


def paint_grid(painter: QPainter, area: QRectF, coords: Coords, song: Song, grid: int) -> None:
    """Rows of keys, and lines at bars, beats and the snap grid as far as they do not crowd."""
    painter.fillRect(area, THEME.colour("row_white"))
    top, bottom = coords.pitch(area.top()), coords.pitch(area.bottom())
    black = THEME.colour("row_black")
    for pitch in range(bottom, top + 1):
        if pitch % 12 in BLACK_KEYS:
            painter.fillRect(QRectF(area.left(), coords.y(pitch), area.width(), coords.row), black)
    octaves = [
        QLineF(area.left(), y, area.right(), y)
        for pitch in range(bottom, top + 1)
        if pitch % 12 == 0
        for y in (coords.y(pitch) + coords.row - 0.5,)
    ]
    painter.setPen(QPen(THEME.colour("grid_beat"), 1))
    painter.drawLines(octaves)
    lines: dict[str, list[QLineF]] = {"grid_snap": [], "grid_beat": [], "grid_bar": []}
    metres = song.metres
    bar = metres.bar(max(int(coords.tick(area.left())), 0))
    while (x := coords.x(metres.bar_start(bar))) <= area.right():
        start, end = metres.bar_start(bar), metres.bar_end(bar)
        every = _bar_step(coords, end - start)
        if bar % every == 0:
            lines["grid_bar"].append(QLineF(x, area.top(), x, area.bottom()))
        for name, step in (("grid_beat", metres.beat_ticks(start)), ("grid_snap", grid)):
            if step * coords.scale >= _MIN_LINE_GAP:
                lines[name] += [
                    QLineF(coords.x(t), area.top(), coords.x(t), area.bottom()) for t in range(start + step, end, step)
                ]
        bar += 1
    for name, some in lines.items():
        painter.setPen(QPen(THEME.colour(name), 1))
        painter.drawLines(some)


def paint_notes(
    painter: QPainter,
    area: QRectF,
    coords: Coords,
    track: Track,
    cache: NoteCache,
    colour: QColor | None = None,
    hidden: frozenset[int] = frozenset(),
) -> None:
    """The notes of a track that are in view; in one `colour`, or each by its velocity."""
    start, end = max(int(coords.tick(area.left())), 0), max(int(coords.tick(area.right())) + 1, 1)
    first, last = track.metres.bar(start), track.metres.bar(end)
    found: dict[int, list[QRectF]] = {}
    for chunk in track.content.sounding(first, last, start):
        if hidden and any(note.id in hidden for note in chunk):
            rects = shaded([note for note in chunk if note.id not in hidden], coords.scale, coords.row)
        else:
            rects = cache.rects(chunk, coords.scale, coords.row)
        for shade, some in rects.items():
            found.setdefault(shade, []).extend(some)
    painter.save()
    painter.translate(origin(coords))
    painter.setPen(Qt.PenStyle.NoPen)
    for shade, rects in found.items():
        painter.setBrush(colour or _VELOCITY_COLOURS[shade])
        painter.drawRects(rects)
    painter.restore()


def paint_keyboard(painter: QPainter, height: float, coords: Coords, font: QFont) -> None:
    """The piano keys at the left, every C named."""
    painter.fillRect(QRectF(0, HEADER_HEIGHT, KEYBOARD_WIDTH, height), THEME.colour("key_white"))
    painter.setFont(font)
    for pitch in range(coords.pitch(height), coords.pitch(HEADER_HEIGHT) + 1):
        y = coords.y(pitch)
        if pitch % 12 in BLACK_KEYS:
            painter.fillRect(QRectF(0, y, KEYBOARD_WIDTH * 0.62, coords.row), THEME.colour("key_black"))
        elif pitch % 12 in (0, 5):  # where two white keys meet
            painter.setPen(QPen(THEME.colour("muted_text"), 1))
            painter.drawLine(QPointF(0, y + coords.row), QPointF(KEYBOARD_WIDTH - 1, y + coords.row))
        if pitch % 12 == 0:
            painter.setPen(THEME.colour("key_text"))
            painter.drawText(
                QRectF(KEYBOARD_WIDTH * 0.5, y - 4, KEYBOARD_WIDTH * 0.5 - 5, coords.row + 8),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                pitch_name(pitch),
            )


def paint_ruler(painter: QPainter, part: QRectF, coords: Coords, song: Song, font: QFont) -> None:
    """Bars and beats along the top, as far as they lie in `part`."""
    painter.fillRect(QRectF(part.left(), 0, part.width(), RULER_HEIGHT), THEME.colour("panel"))
    painter.setFont(font)
    metres = song.metres
    first = max(part.left() - _MIN_LABEL_GAP, KEYBOARD_WIDTH)  # a number that begins further left may reach into it
    bar = metres.bar(max(int(coords.tick(first)), 0))
    painter.save()
    roll = QRectF(KEYBOARD_WIDTH, 0, max(part.right() - KEYBOARD_WIDTH, 0), RULER_HEIGHT)
    painter.setClipRect(roll.intersected(part))
    ticks: list[QLineF] = []
    changes = {0, *(change.tick for change in metres.changes)}
    while (x := coords.x(metres.bar_start(bar))) <= part.right():
        start, end = metres.bar_start(bar), metres.bar_end(bar)
        beat = metres.beat_ticks(start)
        if bar % _bar_step(coords, end - start) == 0:
            painter.setPen(THEME.colour("text"))
            painter.drawText(QPointF(x + 4, RULER_HEIGHT - 20), str(bar + 1))
            ticks.append(QLineF(x, RULER_HEIGHT - 30, x, RULER_HEIGHT))
        if start in changes:
            metre = metres.metre(start)
            painter.setPen(THEME.colour("accent"))
            painter.drawText(QPointF(x + 4, RULER_HEIGHT - 7), f"{metre.numerator}/{metre.denominator}")
        if beat * coords.scale >= _MIN_LINE_GAP:
            painter.setPen(THEME.colour("muted_text"))
            for index, tick in enumerate(range(start, end, beat)):
                at = coords.x(tick)
                ticks.append(QLineF(at, RULER_HEIGHT - 8, at, RULER_HEIGHT))
                if index and beat * coords.scale >= _MIN_LABEL_GAP:
                    painter.drawText(QPointF(at + 3, RULER_HEIGHT - 20), f"{bar + 1}.{index + 1}")
        bar += 1
    painter.setPen(THEME.colour("grid_bar"))
    painter.drawLines(ticks)
    painter.restore()
    if part.left() < KEYBOARD_WIDTH:
        painter.fillRect(QRectF(0, 0, KEYBOARD_WIDTH, RULER_HEIGHT), THEME.colour("panel"))
    painter.setPen(THEME.colour("line"))
    painter.drawLine(QPointF(part.left(), RULER_HEIGHT - 0.5), QPointF(part.right(), RULER_HEIGHT - 0.5))


def paint_chords(painter: QPainter, part: QRectF, coords: Coords, song: Song, key: Key | None, font: QFont) -> None:
    """The chord symbols under the ruler, as far as they lie in `part`."""
    lane = QRectF(0, RULER_HEIGHT, max(part.right(), 0), HEADER_HEIGHT - RULER_HEIGHT).intersected(part)
    painter.fillRect(lane, THEME.colour("background"))
    painter.save()
    painter.setFont(font)
    beside = QRectF(KEYBOARD_WIDTH, 0, max(part.right() - KEYBOARD_WIDTH, 0), HEADER_HEIGHT)
    painter.setClipRect(lane.intersected(beside))
    start, end = max(int(coords.tick(part.left() - _LONGEST_SYMBOL)), 0), int(coords.tick(part.right())) + 1
    for span in chord_spans(song, start, end) if end > 0 else ():
        box = chord_box(coords, span.onset, span.end)
        painter.fillRect(box, THEME.colour("raised"))
        painter.fillRect(QRectF(box.left(), box.top(), 2, box.height()), THEME.colour("region"))
        if span.chord is not None:
            painter.setPen(THEME.colour("text"))
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box.adjusted(6, 0, 0, 0), left, chord_name(span.chord, key))
    if not song.chords:
        painter.setPen(THEME.colour("muted_text"))
        hint = QPointF(coords.x(0) + 6, HEADER_HEIGHT - 7)
        painter.drawText(hint, "Click to write a chord")
    painter.restore()
    if part.left() < KEYBOARD_WIDTH:
        painter.fillRect(QRectF(0, RULER_HEIGHT, KEYBOARD_WIDTH, HEADER_HEIGHT - RULER_HEIGHT), THEME.colour("panel"))
        painter.setFont(font)
        painter.setPen(THEME.colour("muted_text"))
        name = QRectF(0, RULER_HEIGHT, KEYBOARD_WIDTH - 6, HEADER_HEIGHT - RULER_HEIGHT)
        painter.drawText(name, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "Chords")
    painter.setPen(THEME.colour("line"))
    painter.drawLine(QPointF(part.left(), HEADER_HEIGHT - 0.5), QPointF(part.right(), HEADER_HEIGHT - 0.5))


def chord_box(coords: Coords, start: int, end: int) -> QRectF:
    """Where a chord that holds from `start` to `end` stands in the lane."""
    left = coords.x(start)
    return QRectF(left, RULER_HEIGHT + 1, max(coords.x(end) - left - 1, 2), HEADER_HEIGHT - RULER_HEIGHT - 3)


def _bar_step(coords: Coords, bar_ticks: int) -> int:
    """Every how many bars there is room for a line and a number."""
    step = 1
    while bar_ticks * step * coords.scale < _MIN_LABEL_GAP:
        step *= 2
    return step
