"""Labels and buttons as the window uses them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

_TURNED = (QAbstractSpinBox, QComboBox, QSlider)  # what the wheel changes


def bring_up(window: QWidget) -> None:
    """Show a window, in front of the others."""
    window.show()
    window.raise_()
    window.activateWindow()


def heading(text: str) -> QLabel:
    """The title of a panel."""
    return _named(QLabel(text), "heading")


class _Elided(QLabel):
    """Shows what it has no room for as an ellipsis."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        said = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter = QPainter(self)
        painter.drawText(self.rect(), self.alignment(), said)
        painter.end()


def elided(text: str) -> QLabel:
    """The title of something whose name may be long."""
    return _named(_Elided(text), "heading")


def quiet(text: str = "") -> QLabel:
    """Text that steps back."""
    return _named(QLabel(text), "quiet")


def action_button(text: str, action: QAction) -> QPushButton:
    """A button for an action, with its tooltip; the mouse on it does not take the keyboard away."""
    button = QPushButton(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setToolTip(action.toolTip())
    button.clicked.connect(action.trigger)
    return button


def tool_button(text: str, tip: str, checkable: bool = False, name: str = "") -> QToolButton:
    """A small button; `name` is what a screen reader says, the tip's first words where it is left out."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(checkable)
    button.setAccessibleName(name or tip.split(":")[0])
    return button


def details(below: QWidget, button: QPushButton, more: QToolButton) -> QGridLayout:
    """Lay out a button and beside it `more`, which shows and hides what stands below; returns the grid of that.

    The grid has three columns: a title, a field, and what it says.
    """
    hidden = QWidget()
    hidden.hide()
    more.toggled.connect(hidden.setVisible)
    outer = QGridLayout(below)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.setSpacing(6)
    outer.setColumnStretch(0, 1)
    outer.addWidget(button, 0, 0)
    outer.addWidget(more, 0, 1)
    outer.addWidget(hidden, 1, 0, 1, 2)
    grid = QGridLayout(hidden)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(4)
    grid.setColumnStretch(1, 1)
    return grid


def slider_row(
    grid: QGridLayout, row: int, title: str, ends: tuple[int, int], page: int, tip: str, name: str = ""
) -> tuple[QSlider, QLabel]:
    """A row of `details`: a title, a slider from one end to the other, and the label that says where it stands."""
    slider, said = QSlider(Qt.Orientation.Horizontal), quiet()
    slider.setRange(*ends)
    slider.setPageStep(page)
    slider.setToolTip(tip)
    slider.setAccessibleName(name or title)
    for column, widget in enumerate((QLabel(title), slider, said)):
        grid.addWidget(widget, row, column)
    return slider, said


def _named(label: QLabel, name: str) -> QLabel:
    label.setObjectName(name)
    return label


class Scrolled(QScrollArea):
    """A widget at its own height where there is room, else scrolled up and down.

    The wheel scrolls: a field under the mouse turns only when it has been clicked into.
    """

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setWidget(content)
        for kind in _TURNED:
            for field in content.findChildren(kind):
                field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                field.installEventFilter(self)

    def sizeHint(self) -> QSize:
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        # The bar takes its place from the content's width, so that nothing moves sideways when it comes.
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._content.minimumSizeHint().width() + bar, 6 * self.fontMetrics().lineSpacing())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # the content has become higher or lower
            self.updateGeometry()
        field = isinstance(watched, _TURNED) and not watched.hasFocus()
        if field and event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)
