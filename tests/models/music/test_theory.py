"""Pitch names, keys, scales and chords."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UserError
from models.music.theory import (
    CHORD_INTERVALS,
    OWN_NOTES,
    SCALE_ALIASES,
    SCALES,
    Chord,
    Key,
    chord_name,
    parse_chord,
    parse_key,
    parse_pitch,
    parse_range,
    pitch_class_name,
    pitch_name,
)

patient = settings(deadline=None)
keys = st.builds(Key, st.integers(0, 11), st.sampled_from(sorted(SCALES)))


@pytest.mark.parametrize(
    ("text", "pitch"),
    [
        *(("C4", 60), ("A4", 69), ("F#3", 54), ("Bb5", 82), ("c4", 60), (" G9 ", 127), ("C-1", 0), ("B#3", 60)),
        *(("Cb4", 59), ("Ebb4", 62), ("F♯3", 54), ("B♭5", 82)),
    ],
)
def test_pitches(text: str, pitch: int) -> None:
    assert parse_pitch(text) == pitch


@pytest.mark.parametrize("text", ["", "C", "4", "H4", "C4 E4", "C#", "C4.5"])
def test_what_is_no_pitch(text: str) -> None:
    with pytest.raises(UserError, match="is not a pitch; write a letter and an octave"):
        parse_pitch(text)


@pytest.mark.parametrize("text", ["G#9", "C10", "Cb-1", "C-2"])
def test_pitches_beyond_midi(text: str) -> None:
    with pytest.raises(UserError, match="outside MIDI's range"):
        parse_pitch(text)


@patient
@given(st.integers(0, 127), keys | st.none())
def test_pitch_names_say_their_pitch(pitch: int, key: Key | None) -> None:
    assert parse_pitch(pitch_name(pitch, key)) == pitch


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("D3-A5", 50, 81), ("C-1-G9", 0, 127), ("C4 to C5", 60, 72), ("Bb2..F#4", 46, 66), (" C4 – C4 ", 60, 60)],
)
def test_ranges(text: str, low: int, high: int) -> None:
    assert parse_range(text) == (low, high)


@pytest.mark.parametrize("text", ["", "C4", "C4-", "low-high", "C4-E4-G4"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(UserError, match="is not a range"):
        parse_range(text)


def test_a_range_upside_down() -> None:
    with pytest.raises(UserError, match="upside down"):
        parse_range("A5-D3")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("D dorian", Key(2, "dorian")),
        ("Bb major", Key(10)),
        ("F#m", Key(6, "minor")),
        ("c", Key(0)),
        ("A Minor", Key(9, "minor")),
        ("Am", Key(9, "minor")),
        ("CM", Key(0, "major")),
        ("b", Key(11)),
        ("bb min", Key(10, "minor")),
        ("E harmonic minor", Key(4, "harmonic minor")),
        ("G maj", Key(7)),
        ("A♭ ionian", Key(8)),
        ("  F lydian ", Key(5, "lydian")),
    ],
)
def test_keys(text: str, key: Key) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize("text", ["", "dorian", "H minor", "D dorianish", "7 major"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(UserError, match=r'is not a key; write a tonic and a scale, such as "D dorian".*lydian'):
        parse_key(text)


@patient
@given(keys)
def test_names_of_keys_say_the_key(key: Key) -> None:
    assert parse_key(key.name) == key


@pytest.mark.parametrize(
    ("key", "name", "second"),
    [
        (Key(2, "minor"), "D minor", "Bb"),
        (Key(10), "Bb major", "Bb"),
        (Key(2), "D major", "A#"),
        (Key(7, "dorian"), "G dorian", "Bb"),
        (Key(11, "locrian"), "B locrian", "A#"),
        (Key(3, "minor"), "Eb minor", "Bb"),
    ],
)
def test_spelling(key: Key, name: str, second: str) -> None:
    assert key.name == name
    assert pitch_class_name(10, key) == second


def test_pitch_classes_of_keys() -> None:
    assert Key(2, "dorian").pitch_classes == Key(0).pitch_classes == frozenset({0, 2, 4, 5, 7, 9, 11})
    assert Key(9, "harmonic minor").pitch_classes == frozenset({9, 11, 0, 2, 4, 5, 8})
    assert Key(5, "chromatic").pitch_classes == frozenset(range(12))


@patient
@given(st.integers(0, 11), st.sampled_from(sorted(SCALES)))
def test_every_scale_is_transposed_with_its_tonic(tonic: int, scale: str) -> None:
    assert Key(tonic, scale).pitch_classes == {(step + tonic) % 12 for step in Key(0, scale).pitch_classes}
    assert tonic in Key(tonic, scale).pitch_classes


@pytest.mark.parametrize(("tonic", "scale"), [(12, "major"), (-1, "major"), (0, "Major"), (0, "")])
def test_keys_that_cannot_be(tonic: int, scale: str) -> None:
    with pytest.raises(ValueError, match="no such key"):
        Key(tonic, scale)


def test_scales_rise_from_the_tonic() -> None:
    for steps in SCALES.values():
        assert steps[0] == 0
        assert list(steps) == sorted(set(steps))
        assert steps[-1] < 12
    assert set(SCALE_ALIASES.values()) <= set(SCALES)


def test_chords() -> None:
    assert Chord(0).pitch_classes == {0, 4, 7}
    assert Chord(9, "min7").pitch_classes == {9, 0, 4, 7}
    assert Chord(0, "maj", 2).pitch_classes == {0, 2, 4, 7}
    assert Chord(0, "9").pitch_classes == {0, 2, 4, 7, 10}


def test_every_chord_stands_on_its_root() -> None:
    for quality, steps in CHORD_INTERVALS.items():
        chord = Chord(11, quality)
        assert 11 in chord.pitch_classes
        assert len(chord.pitch_classes) == len(steps)


@pytest.mark.parametrize("quality", list(CHORD_INTERVALS))
@pytest.mark.parametrize("bass", [None, 0, 10])
def test_a_chord_reads_back_from_its_symbol(quality: str, bass: int | None) -> None:
    for root in range(12):
        chord = Chord(root, quality, bass)
        for key in (None, Key(5), Key(4)):
            assert parse_chord(chord_name(chord, key)) == chord


@pytest.mark.parametrize(
    ("text", "chord"),
    [
        ("am7", Chord(9, "min7")),
        ("B♭maj7", Chord(10, "maj7")),
        ("F#-7b5", Chord(6, "hdim7")),
        ("Dsus", Chord(2, "sus4")),
        ("C°", Chord(0, "dim")),
        ("Bb/D", Chord(10, "maj", 2)),
        (" G7 / B ", Chord(7, "7", 11)),
    ],
)
def test_chord_symbols_as_musicians_write_them(text: str, chord: Chord) -> None:
    assert parse_chord(text) == chord


@pytest.mark.parametrize("text", ["", "H7", "Cfoo", "C/x", "C/E/G", "7", "N.C."])
def test_what_is_no_chord_symbol_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError, match="Am7"):
        parse_chord(text)


def test_notes_make_a_key_whose_name_reads_back() -> None:
    key = parse_key("C, D E G A")
    assert (key.tonic, key.scale, key.pitch_classes) == (0, OWN_NOTES, frozenset({0, 2, 4, 7, 9}))
    assert key.name == "C D E G A"
    assert parse_key(key.name) == key
    assert parse_key("Bb D F").name == "Bb D F"
    with pytest.raises(ValueError, match="no such key"):
        Key(1, OWN_NOTES, frozenset({0, 2}))
