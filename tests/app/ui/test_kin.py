"""“More like this” in the sheet with the engines that ship: near the chosen phrase, and over the chords of the lane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.compose import worker
from app.song.chords import chord_spans, replace_chords
from app.song.song import Song
from app.ui.contact_sheet import ContactSheet
from models.line_cells import distance
from models.music.notes import ChordSpan, Role
from models.music.theory import parse_chord
from models.request import Span, Take
from tests.app.ui.conftest import Program

BAR, BARS = 1920, 4
Left = Qt.MouseButton.LeftButton

pytestmark = pytest.mark.parametrize("engine", [worker.ALL], indirect=True)


def _lane(program: Program, names: Sequence[str]) -> None:
    spans = [ChordSpan(i * BAR, (i + 1) * BAR, parse_chord(name)) for i, name in enumerate(names)]
    song = replace_chords(program.document.song, Span(0, BARS * BAR), spans)
    program.document.edit("Chords", song, program.document.selection)


def _open(program: Program, engine: str) -> ContactSheet:
    sheet = program.window.sheet
    sheet.engine.setCurrentIndex(sheet.engine.findData(engine))
    program.key(Qt.Key.Key_G, Qt.KeyboardModifier.ShiftModifier)
    program.wait(lambda: len(sheet.takes) == 16)
    return sheet


def _more_like(program: Program, sheet: ContactSheet, number: int) -> Take:
    """Choose a phrase by a click, ask for more like it, and wait."""
    for cell in sheet.cells:
        if cell.isChecked():
            program.qtbot.mouseClick(cell, Left)
    program.qtbot.mouseClick(sheet.cells[number], Left)
    (chosen,) = sheet.chosen
    program.qtbot.mouseClick(sheet.kin, Left)
    program.wait(lambda: len(sheet.takes) == 16 and chosen not in sheet.takes)
    return chosen


def _far(takes: Sequence[Take], one: Take) -> float:
    return float(np.mean([distance(take.notes, one.notes) for take in takes if take.notes != one.notes]))


def _on_heavy_beats(takes: Sequence[Take], song: Song, role: Role = Role.MELODY) -> tuple[int, int]:
    """How many notes stand where a bar begins or in its middle, and how many of them belong to the chord there."""
    spans = chord_spans(song, 0, BARS * BAR)
    inside = [
        span.chord is not None and note.pitch % 12 in span.chord.pitch_classes
        for take in takes
        for part, notes in take.parts or ((Role.MELODY, take.notes),)
        if part is role
        for note in notes
        if note.onset % (BAR // 2) == 0
        for span in spans
        if span.onset <= note.onset < span.end
    ]
    return len(inside), sum(inside)


@pytest.mark.parametrize(("name", "share"), [("vae", 1.0), ("gan", 0.7)])
def test_more_like_this_moves_around_the_chosen_phrase_and_obeys_the_lane(
    program: Program, name: str, share: float
) -> None:
    _lane(program, ("Am", "F", "C", "G"))
    sheet = _open(program, name)
    before = sheet.takes
    assert {take.engine for take in before} == {name}
    chosen = _more_like(program, sheet, 3)
    kin = sheet.takes
    assert kin[0].notes == chosen.notes
    assert len({take.notes for take in kin}) > 8
    assert 0 < _far(kin, chosen) < 0.75 * _far(before, chosen)
    # And around one of these, once more: the way goes on through the space.
    latents = np.array([before[3].latent, kin[5].latent])
    other = _more_like(program, sheet, 5)
    assert other.latent == pytest.approx(tuple(latents[1]), abs=1e-6)
    count, inside = _on_heavy_beats((*before, *kin, *sheet.takes), program.document.song)
    assert count > 60
    assert inside >= share * count
    # The lane has changed since: what comes now is over the new chords.
    _lane(program, ("Ebm", "B", "Gb", "Db"))
    _more_like(program, sheet, 0)
    count, inside = _on_heavy_beats(sheet.takes, program.document.song)
    assert inside >= share * count > 0


def test_parts_that_belong_together_stay_over_the_lane(program: Program) -> None:
    _lane(program, ("Dm", "Bb", "Gm", "A"))
    sheet = program.window.sheet
    sheet.parts.setCurrentIndex(1)
    sheet = _open(program, "gan")
    _more_like(program, sheet, 2)
    for role in (Role.CHORDS, Role.BASS):
        count, inside = _on_heavy_beats(sheet.takes, program.document.song, role)
        assert count == inside > 0
