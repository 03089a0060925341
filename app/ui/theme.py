"""The colours and the style sheet of the window: one dark theme, named once."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb. Text on its ground has a contrast of at least 4.5 to 1, what is drawn one of 3 to 1."""

    background: str = "#1b1d22"
    panel: str = "#23262d"
    raised: str = "#2e323b"
    line: str = "#3a3f4a"
    handle: str = "#747d90"
    text: str = "#e6e8ec"
    muted_text: str = "#a9afbb"
    accent: str = "#f2a541"
    accent_text: str = "#1b1d22"
    danger: str = "#ef8f8d"
    grid_bar: str = "#697286"
    grid_beat: str = "#373c47"
    grid_snap: str = "#2a2e37"
    row_white: str = "#22252c"
    row_black: str = "#1d2026"
    key_white: str = "#d9dce3"
    key_black: str = "#2b2e36"
    key_text: str = "#3d424d"
    note_low: str = "#4b6fa8"
    note_high: str = "#8fd3ff"
    note_other: str = "#6f7888"
    note_selected: str = "#ffffff"
    ghost: str = "#b98a4a"
    ghost_current: str = "#f2a541"
    lock: str = "#14161a"
    region: str = "#4f7cc4"
    loop: str = "#4fb98a"
    playhead: str = "#ff6f59"

    def colour(self, name: str, alpha: int = 255) -> QColor:
        """A colour by its name, more or less transparent."""
        colour = QColor(getattr(self, name))
        colour.setAlpha(alpha)
        return colour

    def velocity_colours(self, steps: int) -> list[QColor]:
        """`steps` colours from the softest to the loudest note."""
        low, high = QColor(self.note_low), QColor(self.note_high)
        pairs = list(zip(_rgb(low), _rgb(high), strict=True))
        return [QColor(*(round(a + (b - a) * i / (steps - 1)) for a, b in pairs)) for i in range(steps)]


def _rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()


THEME = Theme()


def apply(app: QApplication, theme: Theme = THEME) -> None:
    """Give the whole application this theme's palette and style."""
    app.setStyle("Fusion")
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, name in (
        (roles.Window, "panel"),
        (roles.WindowText, "text"),
        (roles.Base, "background"),
        (roles.AlternateBase, "raised"),
        (roles.Text, "text"),
        (roles.Button, "raised"),
        (roles.ButtonText, "text"),
        (roles.ToolTipBase, "raised"),
        (roles.ToolTipText, "text"),
        (roles.PlaceholderText, "muted_text"),
        (roles.Highlight, "accent"),
        (roles.HighlightedText, "accent_text"),
        (roles.BrightText, "danger"),
        (roles.Link, "accent"),
    ):
        palette.setColor(role, theme.colour(name))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, theme.colour("muted_text"))
    app.setPalette(palette)
    app.setStyleSheet(_SHEET.format(**{name: getattr(theme, name) for name in theme.__dataclass_fields__}))


_SHEET = """
QMainWindow, QDialog {{ background: {panel}; }}
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 4px; }}
QMenuBar {{ background: {panel}; padding: 2px; }}
QMenuBar::item {{ padding: 4px 9px; border-radius: 4px; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {accent}; color: {accent_text}; }}
QMenu {{ background: {raised}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 5px 26px 5px 22px; border-radius: 3px; }}
QPushButton, QToolButton {{ background: {raised}; color: {text}; border: 1px solid {line}; border-radius: 5px;
    padding: 4px 10px; min-height: 20px; }}
QToolButton {{ padding: 4px 8px; }}
QPushButton:hover, QToolButton:hover {{ border-color: {accent}; }}
QPushButton:checked, QToolButton:checked {{ background: {accent}; color: {accent_text}; border-color: {accent}; }}
QPushButton#primary {{ background: {accent}; color: {accent_text}; border-color: {accent}; font-weight: 600;
    padding: 8px 12px; }}
QPushButton#primary:hover {{ border-color: {text}; }}
QPushButton:focus, QToolButton:focus, QListWidget:focus {{ border: 1px solid {accent}; }}
QComboBox, QLineEdit, QSpinBox, QDoubleSpinBox {{ min-height: 26px; }}
QComboBox {{ combobox-popup: 0; }}
QComboBox QAbstractItemView {{ background: {raised}; border: 1px solid {line};
    selection-background-color: {accent}; selection-color: {accent_text}; }}
QComboBox QAbstractItemView::item {{ min-height: 26px; padding: 0 6px; }}
QComboBox QAbstractItemView::item:selected {{ background: {accent}; color: {accent_text}; }}
QListWidget {{ background: {background}; border: 1px solid {line}; border-radius: 4px; }}
QListWidget::item {{ padding: 5px; }}
QListWidget::item:selected {{ background: {accent}; color: {accent_text}; }}
QRadioButton::indicator {{ width: 12px; height: 12px; border: 1px solid {handle}; border-radius: 7px;
    background: {background}; }}
QRadioButton::indicator:hover, QRadioButton::indicator:focus {{ border-color: {accent}; }}
QRadioButton::indicator:checked {{ border-color: {accent}; background: qradialgradient(cx: .5, cy: .5, radius: .5,
    fx: .5, fy: .5, stop: 0 {accent}, stop: .55 {accent}, stop: .65 {background}, stop: 1 {background}); }}
QLabel#heading {{ font-weight: 600; }}
QLabel#wrong {{ color: {danger}; }}
QLabel#quiet {{ color: {muted_text}; }}
QFrame#bar {{ background: {raised}; border: 1px solid {accent}; border-radius: 5px; }}
QScrollBar:horizontal {{ background: {panel}; height: 12px; }}
QScrollBar:vertical {{ background: {panel}; width: 12px; }}
QScrollBar::handle {{ background: {handle}; border-radius: 4px; margin: 2px; min-width: 24px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSlider::groove:horizontal {{ background: {background}; height: 6px; border-radius: 3px; }}
QSlider::sub-page:horizontal {{ background: {accent}; border-radius: 3px; }}
QSlider::handle:horizontal {{ background: {text}; width: 12px; margin: -4px 0; border-radius: 6px; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ background: {accent}; }}
QSplitter::handle {{ background: {background}; }}
QStatusBar {{ background: {panel}; color: {muted_text}; }}
"""
