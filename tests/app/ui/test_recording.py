"""Facts of the window as rows: written down, paused, left out song by song, and kept phrases as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.document import Document
from app.library.history import History, Kind, content_hash, rows
from app.library.tallies import Tallies
from app.song.midi import open_midi
from app.song.song import Song
from app.ui.recording import Recording
from models.music.notes import Note

NOTES = (Note(0, 480, 60), Note(480, 480, 64))
Make = Callable[..., Recording]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes recordings over one library."""
    history = History(tmp_path / "library.sqlite")

    def made(document: Document, told: list[str] | None = None, **more: object) -> Recording:
        tell = (told if told is not None else []).append
        return Recording(history, Tallies(), document, tmp_path / "kept", tmp_path / "takes", tell, **more)  # pyright: ignore[reportArgumentType]

    yield made
    history.close()


def note(recording: Recording, kind: Kind = "kept") -> None:
    recording(kind, NOTES, "melody", 0, 960, 1.5, True, {"take": 2})


def kinds(recording: Recording) -> list[str]:
    assert recording.history.flush()
    return [row.kind for row in rows(recording.history.path)]


def test_a_fact_becomes_a_row_and_a_kept_phrase_two_files(make: Make, tmp_path: Path) -> None:
    document, told = Document(Song.empty()), []
    recording = make(document, told)
    seen: list[str] = []
    recording.recorded.connect(seen.append)
    note(recording)
    assert recording.history.flush()
    (row,) = rows(recording.history.path)
    assert (row.kind, row.role, row.from_tick, row.to_tick, row.seconds) == ("kept", "melody", 0, 960, 1.5)
    assert row.content_hash == content_hash(NOTES, document.song.ticks_per_quarter)
    assert row.context == {"take": 2}
    (kept,) = (tmp_path / "kept").iterdir()
    assert [each.pitch for each in open_midi(kept).tracks[0].notes()] == [60, 64]
    (take,) = (tmp_path / "takes").iterdir()
    assert take.stem == row.content_hash  # so that the library knows it by what the history calls it
    assert (seen, told) == (["kept"], [])


def test_a_folder_that_cannot_be_written_is_told_and_the_row_is_there(make: Make, tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "kept").touch()
    recording = make(Document(Song.empty()), told)
    note(recording)
    assert "kept to learn from" in told[0]
    assert kinds(recording) == ["kept"]


def test_while_it_is_paused_nothing_is_written_anywhere(make: Make, tmp_path: Path) -> None:
    recording = make(Document(Song.empty()), paused=True)
    assert recording.paused
    note(recording)
    assert kinds(recording) == []
    assert not (tmp_path / "kept").exists()
    changes: list[bool] = []
    recording.changed.connect(lambda: changes.append(recording.paused))
    recording.pause(False)
    recording.pause(False)
    note(recording)
    assert kinds(recording) == ["kept"]
    recording.pause(True)
    assert changes == [False, True]


def test_a_song_that_is_left_out_stays_so_when_it_is_opened_again(make: Make, tmp_path: Path) -> None:
    document = Document(Song.empty())
    secret, other = tmp_path / "secret.mid", tmp_path / "other.mid"
    document.open(Song.empty(), secret)
    recording = make(document)
    recording.leave_out(True)
    note(recording)
    document.open(Song.empty(), other)
    recording.opened()
    assert not recording.without
    note(recording, "exported")
    document.open(Song.empty(), secret)
    recording.opened()
    assert recording.without
    note(recording)
    assert kinds(recording) == ["exported"]
    assert recording.left_out == (str(secret),)
    again = make(document, left_out=recording.left_out)
    assert again.without
    again.leave_out(False)
    assert again.left_out == ()


def test_a_new_song_is_left_out_under_the_name_it_gets(make: Make, tmp_path: Path) -> None:
    document = Document(Song.empty())
    recording = make(document)
    recording.leave_out(True)
    assert recording.left_out == ()
    for name in ("one.mid", "two.mid"):
        document.mark_saved(document.song, tmp_path / name)
        recording.saved()
    assert recording.left_out == (str(tmp_path / "one.mid"), str(tmp_path / "two.mid"))
    document.open(Song.empty(), None)
    recording.opened()
    assert not recording.without
