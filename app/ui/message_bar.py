"""Bars across the window for what the user should know: a sentence, a way to mend it where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.widgets import tool_button

MOST_SHOWN = 2
MOST_BUTTONS = 2
Button = tuple[str, Callable[[], None]]  # what it says, what it does


@dataclass(frozen=True)
class Message:
    """A sentence, and the buttons that mend it, if any."""

    sentence: str
    buttons: tuple[Button, ...] = ()


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
    def fixes(self) -> list[str]:
        """What the buttons on top say."""
        return [text for text, _ in self._messages[0].buttons] if self._messages else []

    def tell(self, sentence: str, *buttons: Button) -> None:
        """Show a sentence, with buttons that do something about it."""
        others = [message for message in self._messages if message.sentence != sentence]
        self._messages = sorted([Message(sentence, buttons), *others], key=lambda each: not each.buttons)
        self._show()

    def withdraw(self, sentence: str) -> None:
        """Take a sentence back: what it said is no longer so, or has been read."""
        self._messages = [message for message in self._messages if message.sentence != sentence]
        self._show()

    def mend(self, button: int = 0) -> None:
        """Press a button of the message on top."""
        self._rows[0].buttons[button].click()

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
        self.buttons = [QPushButton() for _ in range(MOST_BUTTONS)]
        for index, button in enumerate(self.buttons):
            button.clicked.connect(partial(self._mend, index))
        self.close_button = tool_button("✕", "Put this message away")
        self.close_button.clicked.connect(self._put_away)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 4)
        layout.addWidget(self._text, 1)
        for button in self.buttons:
            layout.addWidget(button)
        layout.addWidget(self.close_button)

    def show_message(self, message: Message | None) -> None:
        """Show a message, or nothing."""
        self._message = message
        if message is not None:
            self._text.setText(message.sentence)
            for index, button in enumerate(self.buttons):
                button.setVisible(index < len(message.buttons))
                button.setText(message.buttons[index][0] if index < len(message.buttons) else "")
        self.setVisible(message is not None)

    def _put_away(self) -> None:
        if self._message is not None:
            self._bar.withdraw(self._message.sentence)

    def _mend(self, index: int) -> None:
        message = self._message
        self._put_away()
        if message is not None:
            message.buttons[index][1]()
