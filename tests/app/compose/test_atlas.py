"""What the map shows: phrases of the song, of what was kept, and of other sources."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.compose.atlas import MADE_UP, SEEDS, KeptPhrases, MapPhrase, gathered, made_up, song_phrases
from app.library.kept import keep
from app.song.edits import add_notes, add_track
from app.song.song import Song
from models.music.notes import Note, Phrase
from models.music.theory import Key
from models.music.time import MetreMap, TempoMap
from models.request import Controls, Placed, Span, Take

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
        phrase = Phrase(notes, 96, 24, MetreMap(24), TempoMap(24))
        yield MapPhrase("a seed", lambda: phrase, SEEDS, Placed(np.zeros((1, 4), np.float32), Key(0)))


def test_a_song_is_cut_into_four_bars_from_its_first_note_and_drums_are_left_out() -> None:
    found = list(song_phrases(_song()))
    assert [each.title for each in found] == ["Piano, bar 2", "Piano, bar 6"]
    assert all(each.read().notes[0].onset == 0 and each.read().length == 4 * BAR for each in found)


def test_kept_phrases_and_other_sources_come_along_and_nothing_twice(tmp_path: Path) -> None:
    song = _song()
    track = song.tracks[0]
    span = Span(5 * BAR, 9 * BAR)
    take = [Note(span.start + i * 960, 960, 64 + i % 5) for i in range(8)]
    assert keep(tmp_path, song, track.id, span, take) is not None
    (tmp_path / "damaged.mid").write_bytes(b"MThd nothing")
    found = gathered(song, [KeptPhrases(tmp_path), KeptPhrases(tmp_path), Catalogue()])
    assert [each.kind for each in found] == ["song", "song", "kept", "seeds"]
    assert [note.pitch for note in found[2].read().notes] == [note.pitch for note in take]
    assert [each.placed is None for each in found] == [True, True, True, False]
    assert list(KeptPhrases(tmp_path / "nowhere").phrases()) == []


def test_what_an_engine_made_up_lies_where_it_was_written_from() -> None:
    song, span = Song.empty(), Span(2 * BAR, 6 * BAR)
    notes = tuple(Note(span.start + i * 480, 480, 60 + i) for i in range(16))
    latent = tuple(float(i) for i in range(6))
    take = Take(notes, "vae", 1, 0, Controls(), span, Key(2), frozenset(range(12)), latent=latent)
    (found,) = made_up([take, Take((), "vae", 1, 1, Controls(), span, Key(2), frozenset())], song.metres, song.tempos)
    assert (found.kind, found.read().length, found.read().notes[0].onset) == (MADE_UP, 4 * BAR, 0)
    assert found.placed is not None
    assert found.placed.points.tolist() == [[0, 1, 2], [3, 4, 5]]  # two windows of two bars
    assert found.placed.key == Key(2)
