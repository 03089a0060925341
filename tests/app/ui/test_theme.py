"""Contrast of the theme's colours as WCAG 2.1 defines it: level AA, success criteria 1.4.3 and 1.4.11."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from app.ui.map_marks import MARKS
from app.ui.roll.overlay import OTHER_TAKES
from app.ui.theme import THEME

GROUNDS = ("background", "panel", "raised")
ROWS = ("row_white", "row_black")
TEXT = [
    *((colour, ground) for colour in ("text", "muted_text", "danger", "accent") for ground in GROUNDS),
    *(("muted_text", ground) for ground in ROWS),
    ("accent_text", "accent"),
    ("accent_text", "ghost_current"),
    ("key_text", "key_white"),
]
DRAWN = [
    *((colour, ground) for colour in ("note_other", "note_selected", "ghost_current", "playhead") for ground in ROWS),
    *((colour, ground) for colour in ("region", "loop", "grid_bar") for ground in ("row_white", "background")),
    *((colour, "raised") for colour in ("ghost_current", "ghost", "loop")),  # contours in the list of takes
    ("ghost_current", "background"),
    ("handle", "panel"),
    ("key_black", "key_white"),
    ("lock", "note_low"),
    ("lock", "accent"),
    ("accent", "panel"),
    *((mark.colour, "background") for mark in MARKS.values()),  # of the map
]


def luminance(colour: QColor) -> float:
    """Relative luminance of sRGB."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: QColor, second: QColor) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def blended(colour: QColor, ground: QColor) -> QColor:
    """What is seen of a colour that lets its ground through."""
    alpha = colour.alphaF()
    pairs = zip(colour.getRgbF()[:3], ground.getRgbF()[:3], strict=True)  # pyright: ignore[reportArgumentType, reportIndexIssue]
    return QColor.fromRgbF(*(above * alpha + below * (1 - alpha) for above, below in pairs))


def test_the_measure_is_that_of_wcag() -> None:
    assert contrast(QColor("#ffffff"), QColor("#000000")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    assert contrast(THEME.colour(text), THEME.colour(ground)) >= 4.5


@pytest.mark.parametrize(("drawn", "ground"), DRAWN)
def test_what_is_drawn_stands_out_from_its_ground(drawn: str, ground: str) -> None:
    assert contrast(THEME.colour(drawn), THEME.colour(ground)) >= 3


@pytest.mark.parametrize("ground", ROWS)
def test_notes_of_every_velocity_and_all_takes_stand_out(ground: str) -> None:
    rows = THEME.colour(ground)
    assert min(contrast(colour, rows) for colour in THEME.velocity_colours(12)) >= 3
    assert contrast(blended(THEME.colour("ghost", OTHER_TAKES), rows), rows) >= 3


def test_points_of_the_map_are_told_apart_without_colours_too() -> None:
    shapes = [frozenset(mark.pixels(ratio)) for ratio in (1.0, 2.0) for mark in MARKS.values()]
    assert len(set(shapes)) == len(shapes)
    for mark in MARKS.values():
        assert set(mark.pixels(1.0)) < set(mark.pixels(1.0, edge=True))
