"""The phrases that the map shows: those of the song, those that were kept, and whatever else holds some. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from app.compose.variation import phrase_in
from app.song.midi import open_mended
from app.song.song import Song, Track
from models.errors import UserError
from models.music.notes import Phrase

PHRASE_BARS = 4
FEWEST_NOTES = 4
MOST_PHRASES = 10_000


@dataclass(frozen=True)
class MapPhrase:
    """A phrase with the name it is shown under, and the `kind` of things it is one of, by which it is coloured."""

    title: str
    phrase: Phrase
    kind: str = "song"


class PhraseSource(Protocol):
    """What holds phrases that belong on the map, such as a catalogue of seed material."""

    def phrases(self) -> Iterable[MapPhrase]:
        """All of them; each begins at tick 0, on a bar line, and has a note."""
        ...


def song_phrases(song: Song) -> Iterator[MapPhrase]:
    """What each track plays that is not drums, four bars at a time from the first it plays."""
    for track in song.tracks:
        if track.is_drums or not len(track):
            continue
        notes = list(track.notes())
        first, last = song.metres.bar(notes[0].onset), song.metres.bar(notes[-1].onset)
        for bar in range(first, last + 1, PHRASE_BARS):
            yield from _phrase(song, track, bar, f"{track.name}, bar {bar + 1}", "song")


@dataclass(frozen=True)
class KeptPhrases:
    """The phrases that were kept, each in a MIDI file in `folder` behind the bars it came after: their last four."""

    folder: Path

    def phrases(self) -> Iterator[MapPhrase]:
        """All that can be read, the newest first; what has vanished or is damaged is passed over."""
        for number, path in enumerate(self._newest(), 1):
            try:
                song, _ = open_mended(path)
            except UserError:
                continue
            track = next((track for track in song.tracks if len(track) and not track.is_drums), None)
            if track is not None:
                last = song.metres.bar(max(note.onset for note in track.notes()))
                bar = max(last - PHRASE_BARS + 1, 0)
                yield from _phrase(song, track, bar, f"kept phrase {number}", "kept")

    def _newest(self) -> list[Path]:
        found = []
        for path in self.folder.glob("*.mid"):
            try:
                found.append((path.stat().st_mtime, path))
            except OSError:
                continue
        return [path for _, path in sorted(found, reverse=True)]


def _phrase(song: Song, track: Track, bar: int, title: str, kind: str) -> Iterator[MapPhrase]:
    phrase = phrase_in(song, track, bar, bar + PHRASE_BARS - 1)
    if len(phrase.notes) >= FEWEST_NOTES:
        yield MapPhrase(title, replace(phrase, title=title), kind)


def gathered(song: Song, sources: Iterable[PhraseSource]) -> list[MapPhrase]:
    """The song's phrases and those of all sources, no two alike, as many as the map can show."""
    found: dict[tuple[tuple[int, int], ...], MapPhrase] = {}
    for each in (*song_phrases(song), *(phrase for source in sources for phrase in source.phrases())):
        ticks = each.phrase.ticks_per_quarter
        found.setdefault(tuple((note.onset * 24 // ticks, note.pitch) for note in each.phrase.notes), each)
        if len(found) >= MOST_PHRASES:
            break
    return list(found.values())
