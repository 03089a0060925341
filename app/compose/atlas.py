"""The phrases that the map shows: those of the song, those that were kept, and whatever else holds some. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np

from app.compose.variation import phrase_in
from app.song.midi import open_mended
from app.song.song import Song, Track
from models.errors import UserError
from models.grid import windows
from models.music.notes import Phrase
from models.music.time import MetreMap, TempoChange, TempoMap
from models.request import Placed, Take

PHRASE_BARS = 4
FEWEST_NOTES = 4
MOST_PHRASES = 10_000


SONG, KEPT, SEEDS, MADE_UP = "song", "kept", "seeds", "made up"  # kinds of phrases


@dataclass(frozen=True)
class MapPhrase:
    """A phrase with the name it is shown under, and the `kind` of things it is one of, by which it is coloured.

    `read` gives its notes when they are needed, or raises UserError where they are gone; `placed` says where it lies in
    the space of the engine that varies, where that is known already. `music` names its content, where that has a name.
    """

    title: str
    read: Callable[[], Phrase]
    kind: str = SONG
    placed: Placed | None = None
    music: str = ""


class PhraseSource(Protocol):
    """What holds phrases that belong on the map, such as a catalogue of seed material."""

    def phrases(self) -> Iterable[MapPhrase]:
        """All of them; each begins at tick 0, on a bar line, and has a note. Asked on a thread of its own."""
        ...


def song_phrases(song: Song) -> Iterator[MapPhrase]:
    """What each track plays that is not drums, four bars at a time from the first it plays."""
    for track in song.tracks:
        if track.is_drums or not len(track):
            continue
        notes = list(track.notes())
        first, last = song.metres.bar(notes[0].onset), song.metres.bar(notes[-1].onset)
        for bar in range(first, last + 1, PHRASE_BARS):
            yield from _phrase(song, track, bar, f"{track.name}, bar {bar + 1}", SONG)


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
                yield from _phrase(song, track, bar, f"kept phrase {number}", KEPT)

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
        named = replace(phrase, title=title)
        yield MapPhrase(title, lambda: named, kind)


def gathered(song: Song, sources: Iterable[PhraseSource]) -> list[MapPhrase]:
    """The song's phrases and those of all sources, as many as the map can show; of those to be read no two alike."""
    found: list[MapPhrase] = []
    seen: set[tuple[tuple[int, int], ...]] = set()
    for each in chain(song_phrases(song), *(source.phrases() for source in sources)):
        if len(found) >= MOST_PHRASES:
            break
        if each.placed is None:
            phrase = each.read()
            shape = tuple((note.onset * 24 // phrase.ticks_per_quarter, note.pitch) for note in phrase.notes)
            if shape in seen:
                continue
            seen.add(shape)
        found.append(each)
    return found


def made_up(takes: Iterable[Take], metres: MetreMap, tempos: TempoMap) -> Iterator[MapPhrase]:
    """Phrases that an engine wrote from nothing, where they were written from: something to begin with."""
    for number, take in enumerate(takes, 1):
        span, ticks = take.span, tempos.ticks_per_quarter
        notes = tuple(replace(note, onset=note.onset - span.start) for note in take.notes)
        tempo = TempoMap(ticks, (TempoChange.at(0, tempos.bpm(span.start)),))
        phrase = Phrase(notes, span.length, ticks, metres.within(span.start, span.end), tempo, key=take.key)
        count = len(windows(metres, span.start, span.end))
        if notes and take.latent and len(take.latent) % count == 0:
            points = np.array(take.latent, np.float32).reshape(count, -1)
            yield MapPhrase(f"made up, {number}", lambda phrase=phrase: phrase, MADE_UP, Placed(points, take.key))
