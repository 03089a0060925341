"""A bar across the window for what the user should know: a sentence, a way to mend it where there is one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget


class MessageBar(QFrame):
    """Shows one message; the same one only once until it is put away, unless told again by an action."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, objectName="bar")
        self._text = QLabel(wordWrap=True)
        self._fix = QPushButton()
        self._fix.clicked.connect(self._mend)
        self._action: Callable[[], None] | None = None
        close = QToolButton(text="✕", toolTip="Put this message away")
        close.setAccessibleName("Put this message away")
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._fix)
        layout.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """The message that is shown; empty when none is."""
        return "" if self.isHidden() else self._text.text()

    def tell(self, sentence: str, fix: str = "", action: Callable[[], None] | None = None) -> None:
        """Show a sentence, with a button `fix` that does `action`."""
        self._text.setText(sentence)
        self._fix.setText(fix)
        self._fix.setVisible(action is not None)
        self._action = action
        self.show()

    def _mend(self) -> None:
        self.hide()
        if self._action is not None:
            self._action()
