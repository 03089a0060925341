"""The document: steps back and forth, what is saved, and who is told."""

from __future__ import annotations

from pathlib import Path

from app.document import Document
from app.song import edits
from app.song.selection import Selection
from app.song.song import Song
from models.music.notes import Note
from models.request import Span


def one_note() -> Song:
    return edits.add_notes(Song.empty(), 1, [Note(0, 100, 60)])[0]


class Told:
    """Counts what a document says."""

    def __init__(self, document: Document) -> None:
        self.changes = self.selections = 0
        document.changed.connect(self._changed)
        document.selection_changed.connect(self._selection)

    def _changed(self) -> None:
        self.changes += 1

    def _selection(self) -> None:
        self.selections += 1


def test_undo_and_redo_bring_song_and_selection_back() -> None:
    document = Document(one_note())
    song = document.song
    document.select(Selection(1, frozenset({1})))
    document.edit("Delete", edits.remove_notes(song, 1, [1]), Selection(1, span=Span(0, 10)))
    assert document.selection == Selection(1, span=Span(0, 10))
    assert (document.undo_label, document.redo_label) == ("Delete", None)
    document.undo()
    assert document.song is song
    assert document.selection == Selection(1, frozenset({1}))
    assert (document.undo_label, document.redo_label) == (None, "Delete")
    document.redo()
    assert document.song.note_count == 0
    assert document.selection == Selection(1, span=Span(0, 10))


def test_a_new_edit_forgets_what_could_be_redone() -> None:
    document = Document(one_note())
    document.edit("Move", edits.move_notes(document.song, 1, [1], 10, 0))
    document.undo()
    document.edit("Delete", edits.remove_notes(document.song, 1, [1]))
    assert document.redo_label is None
    document.undo()
    assert document.undo_label is None
    document.undo()
    assert document.song.note_count == 1


def test_an_edit_that_changes_nothing_is_no_step() -> None:
    document = Document(one_note())
    document.edit("Delete", edits.remove_notes(document.song, 1, [1]))
    document.undo()
    told = Told(document)
    document.edit("Move", edits.move_notes(document.song, 1, [1], 0, 0))
    assert (told.changes, told.selections) == (0, 0)
    assert (document.undo_label, document.redo_label) == (None, "Delete")
    document.edit("Move", document.song, Selection(1, frozenset({1})))
    assert (told.changes, told.selections) == (0, 1)
    assert document.undo_label is None


def test_notes_and_tracks_that_are_gone_leave_the_selection() -> None:
    document = Document(edits.add_track(one_note(), "Bass")[0])
    document.select(Selection(1, frozenset({1})))
    document.edit("Delete", edits.remove_notes(document.song, 1, [1]))
    assert not document.selection
    document.undo()
    document.edit("Delete track", edits.remove_track(document.song, 1))
    assert document.selection == Selection(2)


def test_modified_is_measured_against_the_saved_song() -> None:
    document = Document(one_note())
    assert not document.modified
    document.edit("Move", edits.move_notes(document.song, 1, [1], 10, 0))
    assert document.modified
    moved = document.song
    document.edit("Move", edits.move_notes(moved, 1, [1], 10, 0))
    document.mark_saved(moved, Path("/music/song.mid"))
    assert document.modified  # what was saved is not the newest
    document.undo()
    assert not document.modified
    assert document.path == Path("/music/song.mid")
    document.undo()
    assert document.modified


def test_opening_begins_anew_and_a_recovered_song_counts_as_unsaved() -> None:
    document = Document()
    document.edit("Add", one_note())
    document.open(one_note(), Path("/music/other.mid"))
    assert (document.undo_label, document.modified) == (None, False)
    document.open(one_note(), None, saved=False)
    assert document.modified
    assert document.path is None


def test_signals_say_what_changed_once() -> None:
    document = Document(one_note())
    told = Told(document)
    document.select(Selection(1, frozenset({1})))
    document.select(Selection(1, frozenset({1})))
    assert (told.changes, told.selections) == (0, 1)
    document.edit("Move", edits.move_notes(document.song, 1, [1], 10, 0))
    assert (told.changes, told.selections) == (1, 1)
    document.edit("Delete", edits.remove_notes(document.song, 1, [1]))
    assert (told.changes, told.selections) == (2, 2)
    document.undo()
    assert (told.changes, told.selections) == (3, 3)
