"""What the map shows: phrases of the song, of what was kept, and of other sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.compose.atlas import KeptPhrases, MapPhrase, gathered, song_phrases
from app.library.kept import keep
from app.song.edits import add_notes, add_track
from app.song.song import Song
from models.music.notes import Note, Phrase
from models.music.time import MetreMap, TempoMap
from models.request import Span

BAR = 1920


def _song(bars: int = 8) -> Song:
    song = Song.empty()
    random = list(range(60, 72))
    notes = [Note(BAR + i * 480, 480, random[(i * i) % 12]) for i in range(4 * bars)]
    song, _ = add_notes(song, song.tracks[0].id, notes)
    song, drums = add_track(song, drums=True)
    song, _ = add_notes(song, drums, [Note(i * 480, 100, 36) for i in range(8)])
    return song


class Catalogue:
    """Another source."""

    def phrases(self) -> Iterator[MapPhrase]:
        notes = tuple(Note(i * 12, 12, 70 + i) for i in range(5))
        yield MapPhrase("a seed", Phrase(notes, 96, 24, MetreMap(24), TempoMap(24)), "seeds")


def test_a_song_is_cut_into_four_bars_from_its_first_note_and_drums_are_left_out() -> None:
    found = list(song_phrases(_song()))
    assert [each.title for each in found] == ["Piano, bar 2", "Piano, bar 6"]
    assert all(each.phrase.notes[0].onset == 0 and each.phrase.length == 4 * BAR for each in found)


def test_kept_phrases_and_other_sources_come_along_and_nothing_twice(tmp_path: Path) -> None:
    song = _song()
    track = song.tracks[0]
    span = Span(5 * BAR, 9 * BAR)
    take = [Note(span.start + i * 960, 960, 64 + i % 5) for i in range(8)]
    assert keep(tmp_path, song, track.id, span, take) is not None
    (tmp_path / "damaged.mid").write_bytes(b"MThd nothing")
    found = gathered(song, [KeptPhrases(tmp_path), KeptPhrases(tmp_path), Catalogue()])
    assert [each.kind for each in found] == ["song", "song", "kept", "seeds"]
    assert [note.pitch for note in found[2].phrase.notes] == [note.pitch for note in take]
    assert list(KeptPhrases(tmp_path / "nowhere").phrases()) == []
