"""Who chooses the seeds: the ways there are, how each was measured, and how each would have served this user."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.library.figures import DESCRIBED, Record
from app.library.replay import Replayed
from app.ui.widgets import bring_up, heading, quiet
from models.recommend import methods

_COLUMNS = (
    ("Known\nlisteners", "NDCG@100 on plays that were held back from real listeners: 1 is a perfect ranking"),
    ("New\nlisteners", "NDCG@100 on real listeners who were not in training, known by half of their artists"),
    ("Simulated\nlisteners", "The share of ten suggestions that simulated listeners like, who like a tenth of all"),
    ("Your\nhistory", "The share of what you came to like that stood among the first ten of a hundred"),
)
_NOT_YET = "–"


class SuggestionsDialog(QDialog):
    """Stays open beside the window; a choice takes effect at once."""

    chosen = Signal(str)  # the name of a method
    replay_asked = Signal()
    left = Signal()  # nobody looks at a replay any more

    def __init__(self, record: Record, method: methods.Name, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Suggestions – Antiphon")
        self.buttons: dict[methods.Name, QRadioButton] = {}
        self.own: dict[methods.Name, QLabel] = {}
        self._group = QButtonGroup(self)
        self.said = quiet("")
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(2 * self.said.fontMetrics().lineSpacing())
        self.again = QPushButton("Replay my history again")
        self.again.setToolTip("Look anew how each way would have served you, with what you have done since")
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self.replay)
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        for column, (title, tip) in enumerate(_COLUMNS, 1):
            label = quiet(title)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
            label.setToolTip(tip)
            grid.addWidget(label, 0, column)
        for number, name in enumerate(methods.NAMES):
            self._add(grid, 1 + 3 * number, name, record)
        self.buttons[method].setChecked(True)
        self._group.buttonClicked.connect(lambda _: self.chosen.emit(self.method))
        self._lay_out(grid, record)

    def _add(self, grid: QGridLayout, row: int, name: methods.Name, record: Record) -> None:
        described, figure = DESCRIBED[name], record.figures[name]
        button = self.buttons[name] = QRadioButton(described.title)
        button.setToolTip(f"Let the seeds be chosen so: {described.does}")
        self._group.addButton(button)
        grid.addWidget(button, row, 0)
        best = {column: max(filter(None, (getattr(each, column) for each in record.figures.values())), default=None)
                for column in ("known", "newcomers", "simulated")}  # fmt: skip
        for column, (kind, tip) in enumerate(zip(("known", "newcomers", "simulated"), _COLUMNS, strict=False), 1):
            value = getattr(figure, kind)
            text = _NOT_YET if value is None else f"{value:.0%}" if kind == "simulated" else f"{value:.3f}".lstrip("0")
            self._figure(grid, row, column, text, tip[1], value is not None and value == best[kind])
        self.own[name] = self._figure(grid, row, len(_COLUMNS), _NOT_YET, _COLUMNS[-1][1])
        does = quiet(described.does)
        if name == methods.DEFAULT:
            because = record.chosen_because
            does.setText(f"{described.does} The default{', ' + because if because != 'the default' else ''}.")
        does.setWordWrap(True)
        does.setIndent(22)
        grid.addWidget(does, row + 1, 0, 1, len(_COLUMNS) + 1)
        grid.setRowMinimumHeight(row + 2, 6)

    def _figure(self, grid: QGridLayout, row: int, column: int, text: str, tip: str, best: bool = False) -> QLabel:
        label = heading(text) if best else QLabel(text)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        label.setToolTip(tip)
        grid.addWidget(label, row, column)
        return label

    def _lay_out(self, grid: QGridLayout, record: Record) -> None:
        what = quiet(
            "Every way chooses from the same library and learns from your history alone, on this computer. "
            "The shelf changes as soon as you choose another; the best figure of a column is bold."
        )
        sources = quiet(
            "\n".join(record.sources) or "The figures that ship with Antiphon are missing; install it anew."
        )
        for label in (what, sources):
            label.setWordWrap(True)
        sources.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        last = QHBoxLayout()
        last.addStretch(1)
        last.addWidget(self.again)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(heading("Who chooses your seeds"))
        layout.addWidget(what)
        layout.addLayout(grid)
        layout.addWidget(self.said)
        layout.addLayout(last)
        layout.addWidget(line)
        layout.addWidget(heading("What the figures came of"))
        layout.addWidget(sources)
        layout.addStretch(1)
        self.resize(680, 620)

    @property
    def method(self) -> methods.Name:
        """Which way is chosen."""
        for name, button in self.buttons.items():
            if button.isChecked():
                return name
        return methods.DEFAULT

    def open_beside(self) -> None:
        """Show it, and look how each way would have served."""
        bring_up(self)
        self.buttons[self.method].setFocus()
        self.replay()

    def hideEvent(self, event: QHideEvent) -> None:
        self.left.emit()
        super().hideEvent(event)

    def replay(self) -> None:
        """Have the history replayed."""
        self.said.setText("Your history is being replayed …")
        self.replay_asked.emit()

    def show_replayed(self, replayed: Replayed) -> None:
        """What has been found so far."""
        self.said.setText(replayed.sentence)
        hits = dict(replayed.hits)
        most = max(hits.values(), default=0.0)
        for name, label in self.own.items():
            known = name in hits and replayed.asked > 0
            label.setText(f"{hits[name] / replayed.asked:.0%}" if known else _NOT_YET)
            label.setObjectName("heading" if known and hits[name] == most else "")
            _restyle(label)


def _restyle(label: QLabel) -> None:
    style = label.style()
    style.unpolish(label)
    style.polish(label)
