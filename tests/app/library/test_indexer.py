"""The catalogue follows the disk, whatever is on it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.library import indexer
from app.library.catalogue import entries, entries_of, held, problems, seed_hash
from app.library.database import MIGRATIONS, open_library
from app.library.history import content_hash
from app.library.indexer import Stopped, index
from app.library.search import load
from app.library.sources import Outcome, Source, corpus_folder, sources
from models.music.theory import parse_chord
from tests.app.library.tunes import TUNE, write_midi


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


@pytest.fixture
def connection(library: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_library(library)) as opened:
        yield opened


def _source(path: Path) -> Source:
    path.mkdir(parents=True, exist_ok=True)
    return Source("folder", path, path.name, "yours")


def test_new_changed_and_vanished_files(tmp_path: Path, library: Path, connection: sqlite3.Connection) -> None:
    music = _source(tmp_path / "music")
    for number in range(3):
        write_midi(music.path / "below" / f"{number}.mid", number)
    first = index(connection, [music])
    assert (first.read, first.removed) == (3, 0)
    assert first.phrases == held(library)[0].phrases >= len(load(library)) > 10
    assert index(connection, [music]) == Outcome()

    write_midi(music.path / "below" / "1.mid", 17, bars=20)
    (music.path / "below" / "2.mid").unlink()
    write_midi(music.path / "3.mid", 3)
    second = index(connection, [music])
    assert (second.read, second.removed) == (2, 1)
    assert [each.files for each in held(library)] == [3]
    with closing(sqlite3.connect(library)) as other:
        paths = {row[0] for row in other.execute("SELECT path FROM files")}
        orphans = other.execute("SELECT count(*) FROM phrases WHERE file NOT IN (SELECT id FROM files)").fetchone()
    assert paths == {os.path.join("below", "0.mid"), os.path.join("below", "1.mid"), "3.mid"}
    assert orphans == (0,)


def test_a_library_from_before_recordings_were_heard_reads_midi_once_more(tmp_path: Path, library: Path) -> None:
    music, takes = _source(tmp_path / "music"), Source("takes", tmp_path / "takes", "Takes", "yours")
    (music.path / "mill.abc").write_text(TUNE, encoding="utf-8")
    takes.path.mkdir()
    for path in (music.path / "Song.MID", takes.path / "take.mid"):
        write_midi(path)
    with closing(open_library(library, MIGRATIONS[:3])) as connection:
        assert index(connection, [music, takes]).read == 3
    with closing(open_library(library)) as connection:
        before = connection.execute("SELECT content_hash FROM phrases ORDER BY content_hash").fetchall()
        assert index(connection, [music, takes]).read == 1
        assert index(connection, [music, takes]).read == 0
        assert connection.execute("SELECT content_hash FROM phrases ORDER BY content_hash").fetchall() == before


def test_a_phrase_comes_back_with_all_that_is_known_of_it(
    tmp_path: Path, library: Path, connection: sqlite3.Connection
) -> None:
    music = _source(tmp_path / "music")
    (music.path / "mill.abc").write_text(TUNE.replace("A2 eA", '"Am"A2 eA', 1), encoding="utf-8")
    index(connection, [music])
    loaded = load(library)
    (one, other) = entries(library, loaded.ids.tolist())
    assert (one.seed.title, one.source, one.licence, one.credit, one.path) == (
        "The Old Mill", "music", "yours", "Somebody", "mill.abc")  # fmt: skip
    assert one.seed.chords[0].chord == parse_chord("Am")
    assert one.content_hash == content_hash(one.seed.phrase().notes, one.seed.ticks_per_quarter) == seed_hash(one.seed)
    found = entries_of(library, [other.content_hash, "unknown"])
    assert {digest: entry.id for digest, entry in found.items()} == {other.content_hash: other.id}


def test_a_folder_that_vanishes_while_it_is_read_is_read_on_when_it_is_back(
    tmp_path: Path, library: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    music, away = _source(tmp_path / "music"), tmp_path / "away"
    for number in range(6):
        write_midi(music.path / f"{number}.mid", number)
    read = indexer.read_pieces

    def unplugged(path: Path, whole: bool = False) -> object:
        if path.name == "2.mid":
            music.path.rename(away)
        return read(path, whole)

    with monkeypatch.context() as patched:
        patched.setattr(indexer, "read_pieces", unplugged)
        assert index(connection, [music]).read == 2
    assert [each.files for each in held(library)] == [2]
    (told,) = problems(library)
    assert "is not there" in told.sentence
    away.rename(music.path)
    assert index(connection, [music]).read == 4
    assert [each.files for each in held(library)] == [6]
    assert problems(library) == []


def test_what_cannot_be_looked_into_for_once_has_not_gone(
    tmp_path: Path, library: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = _source(tmp_path / "music")
    for number, folder in enumerate(("", "a", "a/b", "ab")):
        write_midi(music.path / folder / f"{number}.mid", number)
    index(connection, [music])
    look, gone = os.scandir, tmp_path / "gone"
    (music.path / "ab" / "3.mid").unlink()

    def failing(folder: Path) -> object:
        if folder == music.path / "a":
            raise OSError(errno.EIO, "Input/output error")
        return look(folder)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", failing)
        assert index(connection, [music]) == Outcome(removed=1)
    assert [each.files for each in held(library)] == [3]

    def unplugged(folder: Path) -> object:
        music.path.rename(gone)
        raise OSError(errno.ENOENT, "No such file or directory")

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", unplugged)
        assert index(connection, [music]) == Outcome()
    assert [each.files for each in held(library)] == [3]


def test_names_in_no_known_encoding_keep_nothing_out(
    tmp_path: Path, library: Path, connection: sqlite3.Connection
) -> None:
    odd, gone = (Path(os.fsdecode(os.fsencode(tmp_path) + name)) for name in (b"/mus\xefc", b"/g\xf6ne"))
    write_midi(odd / os.fsdecode(b"caf\xe9.mid"))
    write_midi(tmp_path / "music" / "good.mid", 1)
    wanted = sources((odd, gone, tmp_path / "music"), tmp_path / "seeds", tmp_path / "takes")
    wanted = [source for source in wanted if source.kind == "folder"]
    assert index(connection, wanted).read == 2
    assert index(connection, wanted) == Outcome()
    titles = {entry.seed.title for entry in entries(library, load(library).ids.tolist())}
    assert any(title.startswith("caf\\xe9") for title in titles)
    assert [each.title for each in held(library)] == ["mus\\xefc", "g\\xf6ne", "music"]
    (told,) = problems(library)
    assert "g\\xf6ne is not there" in told.sentence


def test_unreadable_files_are_listed_and_the_others_read(
    tmp_path: Path, library: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = _source(tmp_path / "music")
    write_midi(music.path / "good.mid")
    (music.path / "bad.mid").write_bytes(b"nonsense")
    (music.path / "empty.abc").touch()
    (music.path / "letter.txt").write_text("not music")
    (music.path / os.fsdecode(b"\xff\xfe.mid")).write_bytes(b"nonsense")
    (music.path / "two\nlines.mid").write_bytes(b"nonsense")
    os.mkfifo(music.path / "pipe.mid")
    read = indexer.read_pieces

    def stumble(path: Path, whole: bool = False) -> object:
        if path.name == "odd.mid":
            raise RecursionError
        return read(path, whole)

    write_midi(music.path / "odd.mid")
    monkeypatch.setattr(indexer, "read_pieces", stumble)
    assert index(connection, [music]).read == 6
    told = {problem.path: problem.sentence for problem in problems(library)}
    assert set(told) == {"bad.mid", "empty.abc", "\\xff\\xfe.mid", "odd.mid", "two\\x0alines.mid"}
    assert not any("\n" in sentence for sentence in told.values())
    assert "not a MIDI file" in told["bad.mid"]
    assert "log" in told["odd.mid"]
    assert index(connection, [music]) == Outcome()
    assert held(library)[0].unread == 5


def test_links_in_circles_end(tmp_path: Path, library: Path, connection: sqlite3.Connection) -> None:
    music = _source(tmp_path / "music")
    write_midi(music.path / "a" / "x.mid")
    (music.path / "a" / "round").symlink_to(music.path)
    (music.path / "itself").symlink_to(music.path / "itself")
    (music.path / "nothing.mid").symlink_to(music.path / "gone.mid")
    elsewhere = write_midi(tmp_path / "elsewhere" / "y.mid", 5)
    (music.path / "linked").symlink_to(elsewhere.parent)
    assert index(connection, [music]).read == 2
    assert problems(library) == []


def test_a_folder_that_vanishes_keeps_its_phrases(
    tmp_path: Path, library: Path, connection: sqlite3.Connection
) -> None:
    music = _source(tmp_path / "music")
    write_midi(music.path / "x.mid")
    index(connection, [music])
    music.path.rename(tmp_path / "unplugged")
    assert index(connection, [music]) == Outcome()
    assert len(load(library))
    (problem,) = problems(library)
    assert "is not there" in problem.sentence
    (tmp_path / "unplugged").rename(music.path)
    assert index(connection, [music]) == Outcome()
    assert problems(library) == []


def test_a_source_that_is_taken_away_leaves_nothing(
    tmp_path: Path, library: Path, connection: sqlite3.Connection
) -> None:
    one, two = _source(tmp_path / "one"), _source(tmp_path / "two")
    write_midi(one.path / "x.mid", 1)
    write_midi(two.path / "y.mid", 2)
    index(connection, [one, two])
    outcome = index(connection, [two])
    assert outcome.changed
    assert [each.title for each in held(library)] == ["two"]
    assert {entry.source for entry in entries(library, load(library).ids.tolist())} == {"two"}


def test_more_files_than_fit(
    tmp_path: Path, library: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "MOST_FILES", 3)
    music = _source(tmp_path / "music")
    for number in range(6):
        write_midi(music.path / f"{number}.mid", number)
    assert index(connection, [music]).read == 3
    (problem,) = problems(library)
    assert "holds more than 3 files" in problem.sentence
    assert index(connection, [music]) == Outcome()

    monkeypatch.setattr(indexer, "MOST_PHRASES", 5)
    other = _source(tmp_path / "other")
    write_midi(other.path / "x.mid", 9)
    assert index(connection, [music, other]).read == 0
    assert "library is full" in problems(library)[-1].sentence


def test_stopping_keeps_what_was_read(tmp_path: Path, library: Path, connection: sqlite3.Connection) -> None:
    music = _source(tmp_path / "music")
    for number in range(4):
        write_midi(music.path / f"{number}.mid", number)
    asked = iter([True, True, False])
    with pytest.raises(Stopped):
        index(connection, [music], go_on=lambda: next(asked))
    assert held(library)[0].files == 2
    assert index(connection, [music]).read == 2


def test_the_folk_tunes_are_found_without_music21(tmp_path: Path) -> None:
    folder = corpus_folder()
    assert folder is not None
    found = sources([tmp_path], tmp_path / "seeds", tmp_path / "takes")
    assert [source.kind for source in found] == ["seeds", "corpus", "corpus", "corpus", "takes", "folder"]
    assert all(source.path.is_dir() for source in found if source.kind == "corpus")
