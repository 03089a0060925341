"""The right side of the window: one panel at a time, chosen by a tab."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget


class Side(QWidget):
    """Panels under tabs."""

    turned = Signal(str)  # the name of the panel that is shown now

    def __init__(self, panels: Sequence[tuple[str, str, QWidget]]) -> None:
        """`panels` are names, what is said about them, and the panels."""
        super().__init__()
        self._names = [name for name, _, _ in panels]
        self.bar = QTabBar(expanding=True, drawBase=False)
        self.bar.setAccessibleName("Panels at the right")
        self._stack = QStackedWidget()
        for number, (name, tip, panel) in enumerate(panels):
            self.bar.addTab(name)
            self.bar.setTabToolTip(number, tip)
            self._stack.addWidget(panel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self._stack, 1)
        self.bar.currentChanged.connect(self._turn)

    @property
    def name(self) -> str:
        """Which panel is shown."""
        return self._names[self.bar.currentIndex()]

    def show_panel(self, name: str) -> None:
        """Show the panel of this name, if there is one."""
        if name in self._names:
            self.bar.setCurrentIndex(self._names.index(name))

    def _turn(self, number: int) -> None:
        self._stack.setCurrentIndex(number)
        self.turned.emit(self._names[number])
