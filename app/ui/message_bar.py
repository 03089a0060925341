"""Bars across the window for what the user should know: a sentence, a way to mend it where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.widgets import tool_button

MOST_SHOWN = 2


@dataclass(frozen=True)
class Message:
    """A sentence, and the button that mends it, if any."""

    sentence: str
    fix: str = ""
    action: Callable[[], None] | None = None


class MessageBar(QWidget):
    """Shows what can be mended first, then the newest; the rest waits until one of them is put away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages: list[Message] = []
        self._rows = [_Row(self) for _ in range(MOST_SHOWN)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for row in self._rows:
            layout.addWidget(row)
        self._show()

    @property
    def sentences(self) -> list[str]:
        """What is to be said, the first on top."""
        return [message.sentence for message in self._messages]

    @property
    def text(self) -> str:
        """The sentence on top; empty when there is none."""
        return self._messages[0].sentence if self._messages else ""

    @property
    def fix(self) -> str:
        """What the button on top says; empty when there is none."""
        return self._messages[0].fix if self._messages else ""

    def tell(self, sentence: str, fix: str = "", action: Callable[[], None] | None = None) -> None:
        """Show a sentence, with a button `fix` that does `action`."""
        others = [message for message in self._messages if message.sentence != sentence]
        self._messages = sorted([Message(sentence, fix, action), *others], key=lambda each: each.action is None)
        self._show()

    def withdraw(self, sentence: str) -> None:
        """Take a sentence back: what it said is no longer so, or has been read."""
        self._messages = [message for message in self._messages if message.sentence != sentence]
        self._show()

    def mend(self) -> None:
        """Press the button on top."""
        self._rows[0].fix.click()

    def dismiss(self) -> None:
        """Put the message on top away."""
        self._rows[0].close_button.click()

    def _show(self) -> None:
        for index, row in enumerate(self._rows):
            row.show_message(self._messages[index] if index < len(self._messages) else None)
        self.setVisible(bool(self._messages))


class _Row(QFrame):
    """One message."""

    def __init__(self, bar: MessageBar) -> None:
        super().__init__(bar)
        self.setObjectName("bar")
        self._bar = bar
        self._message: Message | None = None
        self._text = QLabel()
        self._text.setWordWrap(True)
        self.fix = QPushButton()
        self.fix.clicked.connect(self._mend)
        self.close_button = tool_button("✕", "Put this message away")
        self.close_button.clicked.connect(self._put_away)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 4)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.fix)
        layout.addWidget(self.close_button)

    def show_message(self, message: Message | None) -> None:
        """Show a message, or nothing."""
        self._message = message
        if message is not None:
            self._text.setText(message.sentence)
            self.fix.setText(message.fix)
            self.fix.setToolTip(message.sentence)
            self.fix.setVisible(message.action is not None)
        self.setVisible(message is not None)

    def _put_away(self) -> None:
        if self._message is not None:
            self._bar.withdraw(self._message.sentence)

    def _mend(self) -> None:
        message = self._message
        self._put_away()
        if message is not None and message.action is not None:
            message.action()
