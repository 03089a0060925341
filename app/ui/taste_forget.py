"""Which day to forget everything before, asked for in one small dialog that says how much that is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QDateEdit, QDialog, QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout, QWidget

_MONTHS = 6  # ago, the day that is proposed
_STAYS = (
    "What you said yourself on this page and “not for me” stay: they hold until you take them back. The phrases you "
    "kept are files of yours and stay too. This cannot be undone."
)


class ForgetDialog(QDialog):
    """`times` are those of the rows that could go, oldest first."""

    def __init__(self, parent: QWidget, times: Sequence[float]) -> None:
        super().__init__(parent)
        self._times = times
        self.setWindowTitle("Forget an old period")
        self.day = QDateEdit(QDate.currentDate().addMonths(-_MONTHS))
        self.day.setCalendarPopup(True)
        self.day.setMaximumDate(QDate.currentDate().addDays(1))
        self.day.setAccessibleName("Forget everything before")
        self.day.setToolTip("What was noted before this day is deleted for good")
        self.day.dateChanged.connect(lambda _: self._count())
        self.said = QLabel()
        stays = QLabel(_STAYS)
        stays.setWordWrap(True)
        form = QFormLayout()
        form.addRow("Forget everything before", self.day)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Forget")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.said)
        layout.addWidget(stays)
        layout.addWidget(buttons)
        self.setMinimumWidth(400)
        self._count()

    @property
    def before(self) -> float:
        """The beginning of the day, as Unix time."""
        return float(self.day.date().startOfDay().toSecsSinceEpoch())

    def _count(self) -> None:
        gone = bisect_left(self._times, self.before)
        count = "One row goes" if gone == 1 else f"{gone:,} rows go" if gone else "No row goes"
        self.said.setText(f"{count}, of {len(self._times):,}.")


def ask_forget(parent: QWidget, times: Sequence[float]) -> float | None:
    """Ask for the day; None where nothing is to be forgotten."""
    dialog = ForgetDialog(parent, times)
    before = dialog.before if dialog.exec() == QDialog.DialogCode.Accepted else None
    dialog.deleteLater()
    return before
