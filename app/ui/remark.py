"""Tags and a comment, asked for in one small dialog."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

_LONGEST = 500


@dataclass(frozen=True)
class Remark:
    """What was typed; either may be empty."""

    tags: str
    comment: str


class RemarkDialog(QDialog):
    """Two fields about one piece of music."""

    def __init__(self, parent: QWidget, title: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Tags and comment: {title}" if title else "Tags and comment")
        self.tags = _field("Tags", "Words to find it by, such as: opening, wedding")
        self.comment = _field("Comment", "What you think of it")
        form = QFormLayout()
        form.addRow("Tags", self.tags)
        form.addRow("Comment", self.comment)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(buttons)
        self.setMinimumWidth(380)

    @property
    def remark(self) -> Remark:
        """What was typed."""
        return Remark(" ".join(self.tags.text().split()), self.comment.text().strip())


def ask_remark(parent: QWidget, title: str) -> Remark | None:
    """Ask for tags and a comment; None where nothing is to be noted."""
    dialog = RemarkDialog(parent, title)
    said = dialog.remark if dialog.exec() == QDialog.DialogCode.Accepted else None
    dialog.deleteLater()
    return said


def _field(name: str, tip: str) -> QLineEdit:
    field = QLineEdit(maxLength=_LONGEST)
    field.setAccessibleName(name)
    field.setToolTip(tip)
    return field
