"""What becomes of accepted phrases in the song: edited once, moved about, taken back, saved."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject

from app.document import Document
from app.song import edits
from app.song.song import Song
from app.ui.accepted import Accepted
from models.music.notes import Note


class Phrase:
    """A phrase that has just come into a song, watched."""

    def __init__(self) -> None:
        self.document = Document(Song.empty())
        self.owner = QObject()
        self.accepted = Accepted(self.document, self.owner)
        self.told: list[str] = []
        song, self.ids = edits.add_notes(self.document.song, 1, [Note(0, 480, 60), Note(480, 480, 64)])
        self.accepted.add(self.document.edit("Keep", song), 1, self.ids, self.told.append)

    def edit(self, song: Song) -> None:
        self.document.edit("Edit", song)


@pytest.fixture
def phrase() -> Phrase:
    return Phrase()


def test_the_first_edit_of_its_notes_is_told_and_no_other(phrase: Phrase) -> None:
    phrase.edit(edits.add_notes(phrase.document.song, 1, [Note(1920, 480, 50)])[0])
    assert phrase.told == []
    phrase.edit(edits.move_notes(phrase.document.song, 1, phrase.ids[:1], 0, 2))
    assert phrase.told == ["edited"]
    phrase.edit(edits.move_notes(phrase.document.song, 1, phrase.ids[:1], 0, 2))
    assert phrase.told == ["edited"]


def test_moved_as_a_whole_or_made_louder_it_is_still_the_same(phrase: Phrase) -> None:
    phrase.edit(edits.move_notes(phrase.document.song, 1, phrase.ids, 1920, 0))
    phrase.edit(edits.set_velocities(phrase.document.song, 1, phrase.ids, 30))
    assert phrase.told == []
    phrase.edit(edits.remove_notes(phrase.document.song, 1, phrase.ids[:1]))
    assert phrase.told == ["edited"]


def test_taken_out_whole_it_is_neither_edited_nor_saved(phrase: Phrase) -> None:
    phrase.document.undo()
    phrase.accepted.saved()
    assert phrase.told == []
    phrase.document.redo()
    phrase.accepted.saved()
    assert phrase.told == ["exported"]
    phrase.edit(edits.remove_notes(phrase.document.song, 1, phrase.ids))
    phrase.accepted.saved()
    assert phrase.told == ["exported"]


def test_notes_that_got_the_numbers_of_undone_ones_are_not_it(phrase: Phrase) -> None:
    phrase.document.undo()
    song, ids = edits.add_notes(phrase.document.song, 1, [Note(0, 480, 30), Note(480, 480, 31)])
    assert ids == phrase.ids
    phrase.edit(song)
    phrase.accepted.saved()
    assert phrase.told == []


def test_another_song_knows_nothing_of_it(phrase: Phrase) -> None:
    phrase.accepted.clear()
    phrase.accepted.saved()
    assert phrase.told == []


def test_a_track_that_is_removed_takes_it_along(phrase: Phrase) -> None:
    song, _ = edits.add_track(phrase.document.song)
    phrase.edit(edits.remove_track(song, 1))
    phrase.accepted.saved()
    assert phrase.told == []
