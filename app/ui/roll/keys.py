"""What the arrow keys do to the selected notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt

from app.document import Document
from app.song import edits
from app.ui.roll.gestures import Modifiers
from models.music.notes import Note

Keys = Qt.Key


def nudge(document: Document, notes: Sequence[Note], key: int, modifiers: Modifiers, grid: int) -> Note | None:
    """Move the selected `notes` or change how loud they are; returns a note to be heard where the pitch changed."""
    song, selection = document.song, document.selection
    far = bool(modifiers & Modifiers.ShiftModifier)
    sign = 1 if key in (Keys.Key_Right, Keys.Key_Up) else -1
    if modifiers & Modifiers.ControlModifier and key in (Keys.Key_Up, Keys.Key_Down):
        edited = edits.change_velocities(song, selection.track_id, selection.ids, sign * (1 if far else 5))
        document.edit("Change velocity", edited)
        return None
    if key in (Keys.Key_Left, Keys.Key_Right):
        step = song.metres.bar_ticks(notes[0].onset) if far else grid
        ticks, semitones = sign * step, 0
    else:
        ticks, semitones = 0, sign * (12 if far else 1)
    document.edit("Nudge", edits.move_notes(song, selection.track_id, selection.ids, ticks, semitones))
    return replace(notes[0], pitch=min(max(notes[0].pitch + semitones, 0), 127)) if semitones else None
