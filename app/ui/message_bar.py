"""A bar across the window for what the user should know: a sentence, a way to mend it where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.ui.widgets import tool_button


@dataclass(frozen=True)
class Message:
    """A sentence, and the button that mends it, if any."""

    sentence: str
    fix: str = ""
    action: Callable[[], None] | None = None


class MessageBar(QFrame):
    """Shows the newest message; putting it away brings the one before it back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self._messages: list[Message] = []
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._fix = QPushButton()
        self._fix.clicked.connect(self._mend)
        close = tool_button("✕", "Put this message away")
        close.clicked.connect(self.dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._fix)
        layout.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """The message that is shown; empty when none is."""
        return self._messages[-1].sentence if self._messages else ""

    @property
    def fix(self) -> str:
        """What the button says; empty when there is none."""
        return self._messages[-1].fix if self._messages else ""

    def tell(self, sentence: str, fix: str = "", action: Callable[[], None] | None = None) -> None:
        """Show a sentence, with a button `fix` that does `action`."""
        self.withdraw(sentence)
        self._messages.append(Message(sentence, fix, action))
        self._show()

    def withdraw(self, sentence: str) -> None:
        """Take a sentence back: what it said is no longer so."""
        self._messages = [message for message in self._messages if message.sentence != sentence]
        self._show()

    def dismiss(self) -> None:
        """Put the newest message away."""
        if self._messages:
            self._messages.pop()
        self._show()

    def mend(self) -> None:
        """Press the button."""
        self._fix.click()

    def _show(self) -> None:
        if self._messages:
            newest = self._messages[-1]
            self._text.setText(newest.sentence)
            self._fix.setText(newest.fix)
            self._fix.setVisible(newest.action is not None)
        self.setVisible(bool(self._messages))

    def _mend(self) -> None:
        action = self._messages[-1].action
        self.dismiss()
        if action is not None:
            action()
