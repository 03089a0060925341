"""The chord lane in the real window: typed with real keys, heard by the engine's request, undone."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt

from app.song import chords
from app.ui.roll.coords import HEADER_HEIGHT, RULER_HEIGHT
from models.music.theory import Chord, parse_chord
from models.request import Span, Verb
from tests.app.ui.conftest import Program

BAR = 1920
Key, Button = Qt.Key, Qt.MouseButton
AM, G = parse_chord("Am"), parse_chord("G/B")


def _click_lane(program: Program, tick: int) -> None:
    roll = program.window.roll
    roll.show_span(Span(tick, tick + 1))
    at = QPoint(round(roll.coords.x(tick)), (RULER_HEIGHT + HEADER_HEIGHT) // 2)
    program.qtbot.mouseClick(roll.viewport(), Button.LeftButton, pos=at)
    assert roll.lane.open


def _type(program: Program, text: str, key: Qt.Key = Key.Key_Return) -> None:
    field = program.window.roll.lane.field
    program.qtbot.keyClicks(field, text)
    program.qtbot.keyClick(field, key)


def _held(program: Program) -> list[tuple[int, Chord | None]]:
    return [(change.tick, change.chord) for change in program.document.song.chords]


def test_chords_are_typed_bar_by_bar_changed_and_removed(program: Program) -> None:
    _click_lane(program, 20)
    _type(program, "Am", Key.Key_Tab)
    _type(program, "G/B", Key.Key_Tab)
    _type(program, "", Key.Key_Escape)
    assert _held(program) == [(0, AM), (BAR, G)]
    assert not program.window.roll.lane.open
    assert program.window.focusWidget() is program.window.roll
    _click_lane(program, 1000)  # on the second beat, in sight of what Am holds
    program.qtbot.keyClick(program.window.roll.lane.field, Key.Key_Escape)
    _click_lane(program, BAR + 100)
    assert program.window.roll.lane.field.text() == "G/B"
    _type(program, "nc")
    assert _held(program) == [(0, AM), (BAR, None)]
    program.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert _held(program) == [(0, AM), (BAR, G)]
    _click_lane(program, BAR + 100)
    program.qtbot.keyClick(program.window.roll.lane.field, Key.Key_Backspace)
    _type(program, "")
    assert _held(program) == [(0, AM)]


def test_a_symbol_that_is_not_understood_stays_in_its_field_with_a_sentence(program: Program) -> None:
    said: list[str] = []
    program.window.roll.lane.told.connect(said.append)
    _click_lane(program, 0)
    _type(program, "Hmm")
    assert "Hmm" in said[-1]
    assert program.window.roll.lane.open
    program.qtbot.keyClick(program.window.roll.lane.field, Key.Key_Escape)
    assert _held(program) == []
    assert program.document.undo_label is None


def test_typing_a_chord_neither_keeps_a_take_nor_starts_anything(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    program.takes()
    notes = program.document.song.note_count
    _click_lane(program, 0)
    _type(program, "Gm")  # G, M and Enter are commands elsewhere
    assert program.document.song.note_count == notes
    assert program.window.composing.shown is not None
    assert _held(program) == [(0, parse_chord("Gm"))]
    assert not program.document.song.tracks[0].mute


def test_with_chords_alone_g_writes_a_melody_over_them(program: Program) -> None:
    document = program.document
    song = document.song
    for bar, symbol in enumerate(("Am", "Dm", "E7", "Am")):
        song = chords.set_chord(song, bar * BAR, parse_chord(symbol))
    document.edit("Chords", song)
    program.takes()
    shown = program.window.composing.shown
    assert shown is not None
    request = shown.request
    assert request.verb is Verb.ACCOMPANY
    assert [span.chord for span in request.context.chords] == [parse_chord(s) for s in ("Am", "Dm", "E7", "Am")]
    assert shown.takes[0].key.name == "A minor"
    assert 8 in shown.takes[0].allowed  # the leading note of E7


def test_h_offers_chords_that_sound_under_the_melody_and_go_into_the_lane(program: Program) -> None:
    program.open()
    program.select_bars(1, 4)
    track = program.document.song.track(program.document.selection.track_id)
    before = list(track.notes())
    program.key(Key.Key_H)
    program.wait(lambda: (shown := program.window.composing.shown) is not None and shown.finished)
    shown = program.window.composing.shown
    assert shown is not None
    sounding = shown.sounding(0)
    there = program.document.song.track(track.id).onsets(shown.span.start, shown.span.end)
    assert {(note.onset, note.pitch) for note in there} < {(note.onset, note.pitch) for note in sounding}
    program.key(Key.Key_Tab)
    assert program.document.song.chords == ()
    program.key(Key.Key_Return)
    song = program.document.song
    bars = [song.metres.bar_start(bar) for bar in range(4)]
    assert [chords.chord_at(song, tick) for tick in bars] == [Chord(1), Chord(2), Chord(3), Chord(4)]
    assert list(song.track(track.id).notes()) == before
    listed = program.window.panel.list
    assert "in song" in listed.item(1).text()
    program.key(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert program.document.song.chords == ()
    assert "taken back" in listed.item(1).text()
    assert [fact[0] for fact in program.facts if fact[0] == "kept"] == ["kept"]


def test_h_on_nothing_says_why(program: Program) -> None:
    said: list[str] = []
    program.window.composing.told.connect(said.append)
    program.key(Key.Key_H)
    assert "plays nothing here" in said[-1]
