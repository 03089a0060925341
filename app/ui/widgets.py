"""Labels and buttons as the window uses them."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QToolButton


def heading(text: str) -> QLabel:
    """The title of a panel."""
    return _named(QLabel(text), "heading")


def quiet(text: str = "") -> QLabel:
    """Text that steps back."""
    return _named(QLabel(text), "quiet")


def tool_button(text: str, tip: str, checkable: bool = False, name: str = "") -> QToolButton:
    """A small button; `name` is what a screen reader says, the tip's first words where it is left out."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(checkable)
    button.setAccessibleName(name or tip.split(":")[0])
    return button


def _named(label: QLabel, name: str) -> QLabel:
    label.setObjectName(name)
    return label
