"""Files become phrases."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.library.pieces import MOST_PHRASES, read_pieces
from app.library.takes import add_take
from models.errors import UserError
from models.music import smf
from models.music.notes import Note, Phrase, Role
from models.music.smf import MidiFile, MidiTrack
from models.music.theory import parse_key
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap
from models.recommend.material import ONSET, PITCH
from tests.app.library.tunes import TUNE, write_midi, write_score


def test_a_midi_file_gives_phrases_of_every_part(tmp_path: Path) -> None:
    found = read_pieces(write_midi(tmp_path / "Song.mid"))
    assert {each.seed.role for each in found} == {Role.MELODY, Role.BASS, Role.DRUMS}
    assert {each.seed.title for each in found} == {"Song", "Song – Lead", "Song – Bass"}
    for each in found:
        seed = each.seed
        assert seed.bpm == pytest.approx(150)
        assert 2 <= seed.bars <= 8
        assert seed.notes[0, ONSET] < seed.bar_ticks
        assert (seed.key is None) == (seed.role is Role.DRUMS)
    melody = [each.seed for each in found if each.seed.role is Role.MELODY]
    assert {seed.key for seed in melody} <= {parse_key("C major"), parse_key("A minor")}


def test_a_long_file_gives_phrases_from_all_over_it(tmp_path: Path) -> None:
    found = read_pieces(write_midi(tmp_path / "Long.mid", bars=200))
    assert len(found) == MOST_PHRASES
    assert max(each.seed.bar for each in found) > 90


def test_abc_tells_title_mode_and_transcriber(tmp_path: Path) -> None:
    (tmp_path / "x.abc").write_text(TUNE, encoding="utf-8")
    found = read_pieces(tmp_path / "x.abc")
    assert [(each.seed.title, each.seed.bar, each.credit) for each in found] == [
        ("The Old Mill", 0, "Somebody"),
        ("The Old Mill", 4, "Somebody"),
    ]
    assert found[0].seed.key == parse_key("A dorian")


def test_a_score_is_read_too(tmp_path: Path) -> None:
    found = read_pieces(write_score(tmp_path / "Scale.musicxml"))
    assert sum(each.seed.bars for each in found) == 8
    assert found[0].seed.title == "Scale"
    assert found[0].seed.notes[:4, PITCH].tolist() == [72, 74, 76, 77]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.mid", b"", "is empty"),
        ("a.mid", b"nonsense", "not a MIDI file"),
        ("a.mid", smf.write(MidiFile(1, 480, (MidiTrack(),))), "holds no notes"),
        ("a.mid", smf.write(MidiFile(1, 480, (MidiTrack((Note(0, 1, 60),)),))), "holds no phrase"),
        ("a.abc", b"a letter", "no tune"),
        ("a.xml", b"<html/>", "no score"),
    ],
)
def test_what_holds_no_music_is_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        read_pieces(tmp_path / name)


def test_a_file_that_is_gone_or_none_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="could not be read"):
        read_pieces(tmp_path / "gone.mid")
    (tmp_path / "folder.mid").mkdir()
    with pytest.raises(UserError, match="not a regular file"):
        read_pieces(tmp_path / "folder.mid")


def test_a_take_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    phrase = Phrase(
        tuple(Note(1440 + at * 240, 240, 60 + at, 77) for at in range(9)),
        3 * 1440,
        480,
        MetreMap(480, (MetreChange(0, 3, 4),)),
        TempoMap(480, (TempoChange.at(0, 90),)),
        key=parse_key("Bb minor"),
        title="Take of Für Elise",
    )
    path = add_take(tmp_path / "takes", phrase)
    assert path is not None
    assert add_take(tmp_path / "takes", phrase) == path
    (found,) = read_pieces(path, whole=True)
    again = found.seed.phrase()
    assert again.notes == phrase.notes
    assert (again.title, again.key, again.length) == (phrase.title, phrase.key, phrase.length)
    assert (found.seed.metre, round(found.seed.bpm)) == ((3, 4), 90)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert add_take(tmp_path, Phrase((), 1, 480, phrase.metres, phrase.tempos)) is None
