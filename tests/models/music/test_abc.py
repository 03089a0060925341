"""ABC tunes: what the signs of a tune book mean, note by note."""

from __future__ import annotations

import pytest

from models.errors import UserError
from models.music.abc import read_tunes
from models.music.notes import Phrase
from models.music.scores import read_score
from models.music.theory import Chord, Key

HEAD = "X:1\nT:A tune\nM:4/4\nL:1/8\nK:{key}\n"


def _read(body: str, key: str = "C") -> Phrase:
    return read_tunes(HEAD.format(key=key) + body, "book.abc")[0].phrase


def _pitches(phrase: Phrase) -> list[int]:
    return [note.pitch for note in phrase.notes]


def _durations(phrase: Phrase) -> list[int]:
    return [note.duration for note in phrase.notes]


def test_octaves_lengths_and_rests() -> None:
    phrase = _read("C,2 c'/2 z/ C3/2 G//|")
    assert _pitches(phrase) == [48, 84, 60, 67]
    assert _durations(phrase) == [480, 120, 360, 60]
    assert [note.onset for note in phrase.notes][:3] == [1920 - 1140, 1920 - 660, 1920 - 420]  # a short first bar


@pytest.mark.parametrize(
    ("key", "pitches", "found"),
    [
        ("G", [66, 71, 72], Key(7, "major")),
        ("Gm", [65, 70, 72], Key(7, "minor")),
        ("Ador", [66, 71, 72], Key(9, "dorian")),
        ("D Mixolydian", [66, 71, 72], Key(2, "mixolydian")),
        ("C#", [66, 72, 73], Key(1, "major")),
        ("Hp", [66, 71, 73], Key(9, "mixolydian")),
        ("none", [65, 71, 72], Key(0, "major")),
    ],
)
def test_keys_alter_their_letters(key: str, pitches: list[int], found: Key) -> None:
    phrase = _read("F2 B2 c4|", key)
    assert (_pitches(phrase), phrase.key) == (pitches, found)


def test_an_accidental_holds_in_its_bar_and_octave() -> None:
    assert _pitches(_read("^FFfF =F2F2|F8|")) == [66, 66, 77, 66, 65, 65, 65]


def test_broken_rhythm_and_tuplets() -> None:
    phrase = _read("A>B A<B A>>B (3ABc (3:2:2A2B|")
    assert _durations(phrase) == [360, 120, 120, 360, 420, 60, 160, 160, 160, 320, 160]


def test_ties_make_one_note_and_what_is_no_note_makes_none() -> None:
    phrase = _read('{ag}!trill!~A2-A2 "Am"(.B2 [Ace]2)|-"slowly"y A8|')
    assert _pitches(phrase) == [69, 71, 76, 69]
    assert _durations(phrase)[0] == 960
    assert [span.chord for span in phrase.chords] == [Chord(9, "min")]


@pytest.mark.parametrize(
    ("body", "played"),
    [
        ("A8:|B8:|c8|", "AABBc"),
        ("|:A8:|\n|:B8:|", "AABB"),
        ("A8::B8:|", "AABB"),
        ("A8|1 B8:|2 c8||d8|", "ABAcd"),
        ("|:A8|[1B8:|[2c8:||:d8:|", "ABAcdd"),
    ],
)
def test_repeats_and_endings(body: str, played: str) -> None:
    names = {69: "A", 71: "B", 72: "c", 74: "d"}
    assert "".join(names[pitch] for pitch in _pitches(_read(body))) == played


def test_metre_tempo_and_pickup() -> None:
    book = "X:1\nT:Jig\nM:6/8\nL:1/8\nQ:3/8=100\nR:Jig\nZ:Somebody\nK:D\nA|d3 d2 e|f6|"
    (tune,) = read_tunes(book, "book.abc")
    assert (tune.rhythm, tune.transcriber, tune.phrase.title) == ("jig", "Somebody", "Jig")
    assert [note.onset for note in tune.phrase.notes[:2]] == [1200, 1440]
    assert tune.phrase.tempos.bpm(0) == pytest.approx(150)
    assert tune.phrase.length == 3 * 1440


def test_a_book_of_tunes_with_a_common_head() -> None:
    one, empty = "X:1\nT:One\nM:4/4\nK:C\nCDEF|\n\n", "X:2\nT:Empty\nK:C\n\n"
    two = "X:3\nT:Two % remark\nM:4/4\nK:G\nV:1\nF4|\nV:2\nC4|\n"
    book = f"L:1/4\n\n{one}{empty}{two}"
    tunes = read_tunes(book, "book.abc")
    assert [tune.phrase.title for tune in tunes] == ["One", "Two"]
    assert _durations(tunes[0].phrase) == [480] * 4
    assert _pitches(tunes[1].phrase) == [66]


def test_what_holds_no_tune_is_a_sentence() -> None:
    with pytest.raises(UserError, match="no tune"):
        read_tunes("a letter to my aunt", "letter.abc")


def test_music21_reads_the_same() -> None:
    body = '(3DEF|"G"G2 BG A>G FG|B<d ^cd g4:|\n|:d2 {e}d2 [GB]c z2|e-e d2 B4:|'
    text = HEAD.format(key="G") + body
    own, other = _read(body, "G"), read_score(text.encode(), "tune.abc")
    assert _pitches(own) == _pitches(other)
    assert [note.onset for note in own.notes] == [note.onset for note in other.notes]
    assert own.key == other.key
