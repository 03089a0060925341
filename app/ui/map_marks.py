"""How the kinds of phrases are told apart on the map: by colour, by shape and by size; and the row of boxes to choose
which are shown, which is the legend too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from app.compose.atlas import KEPT, MADE_UP, MOST_PHRASES, SEEDS, SONG
from app.ui.theme import THEME

_ICON = 18  # pixels


@dataclass(frozen=True)
class Mark:
    """What a kind is called, and its points: a colour of the theme, a shape, half its size in pixels, and whether a
    dark edge lifts it off what lies below."""

    name: str
    tip: str
    colour: str
    shape: str
    half: int
    edged: bool

    def pixels(self, ratio: float, edge: bool = False) -> list[tuple[int, int]]:
        """The pixels of a point, or of it with its edge, by their distance from its middle."""
        size = round(self.half * ratio) + (max(round(ratio), 1) if edge else 0)
        reach = range(-size, size + 1)
        return [(x, y) for x in reach for y in reach if _inside(self.shape, x, y, size, ratio, edge)]


# In the order in which they are painted: the many below, the few on top.
MARKS: Mapping[str, Mark] = {
    SEEDS: Mark("Seeds", "Phrases of the seed library", "handle", "square", 1, False),
    MADE_UP: Mark("Made up", "Phrases that the engine wrote from nothing, to begin with", "loop", "plus", 4, True),
    SONG: Mark("Song", "What the song's tracks play, four bars at a time", "note_high", "disc", 3, True),
    KEPT: Mark("Kept", "Takes that you kept", "accent", "diamond", 4, True),
}
_ROW = (SONG, KEPT, SEEDS, MADE_UP)


def _inside(shape: str, x: int, y: int, size: int, ratio: float, edge: bool) -> bool:
    if shape == "square":
        return True
    if shape == "diamond":
        return abs(x) + abs(y) <= size
    if shape == "plus":
        arm = round(ratio * (2 if edge else 1))
        return abs(x) <= arm or abs(y) <= arm
    return x * x + y * y <= size * size + size


def _icon(mark: Mark) -> QIcon:
    """The point as it is on the map, on the map's ground."""
    ratio = 2.0
    pixmap = QPixmap(round(_ICON * ratio), round(_ICON * ratio))
    pixmap.fill(THEME.colour("background"))
    painter = QPainter(pixmap)
    painter.setPen(THEME.colour(mark.colour))
    middle = round(_ICON * ratio / 2)
    painter.drawPoints([QPointF(middle + x, middle + y) for x, y in mark.pixels(1.3 * ratio)])
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return QIcon(pixmap)


class KindBoxes(QWidget):
    """A box a kind, with its mark and how many there are."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        self.boxes: dict[str, QCheckBox] = {}
        for kind in _ROW:
            mark = MARKS[kind]
            box = QCheckBox(mark.name)
            box.setIcon(_icon(mark))
            box.setIconSize(QSize(_ICON, _ICON))
            box.setChecked(True)
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            box.toggled.connect(lambda _: self.changed.emit())
            self.boxes[kind] = box
            row.addWidget(box)
        self.show_counts(dict.fromkeys(MARKS, MOST_PHRASES))
        for box in self.boxes.values():
            box.setMinimumWidth(box.sizeHint().width())  # of the longest text, so that nothing moves
        self.show_counts({})

    @property
    def shown(self) -> frozenset[str]:
        """The kinds that are to be shown."""
        return frozenset(kind for kind, box in self.boxes.items() if box.isChecked())

    def show_counts(self, counts: Mapping[str, int], more: Mapping[str, str] = MappingProxyType({})) -> None:
        """Say how many there are of each kind; `more` is said in tooltips."""
        for kind, box in self.boxes.items():
            count = counts.get(kind, 0)
            box.setText(f"{MARKS[kind].name} {count:,}")
            box.setToolTip(". ".join(filter(None, (MARKS[kind].tip, more.get(kind, "")))))
        self.boxes[MADE_UP].setVisible(bool(counts.get(MADE_UP)))
