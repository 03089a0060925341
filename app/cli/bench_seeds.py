"""How fast the seed library is, and how well it finds a phrase that is played, over the folk tunes in it."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app import paths
from app.cli.measured import Measured, measured
from app.library.catalogue import Entry, entries
from app.library.database import open_library
from app.library.indexer import index
from app.library.search import Index, Query, load
from app.library.sources import Source, sources
from models.errors import UserError
from models.music.notes import Note
from models.music.smf import Event, MidiFile, MidiTrack, write
from models.recommend.features import INDEX
from models.recommend.lines import Line, line_of
from models.recommend.material import ONSET, PITCH

FILES = 400
FOLDERS = 4
PHRASES = 400  # that are looked for
_TYPED = ("the", "reel", "jig", "lament", "d dor", "6/8", "kerry", "miss", "waltz", "g major", "o'", "hornpipe")
_JITTER = 0.012  # seconds: how unevenly a practised hand plays


@dataclass(frozen=True)
class _Wanted:
    """A phrase that is looked for, and its row in the index."""

    row: int
    entry: Entry


def indexing() -> Iterator[Measured]:
    """Index folders of MIDI files and the folk tunes, then look for phrases of these."""
    with tempfile.TemporaryDirectory() as folder:
        yield _midi_folders(Path(folder))
        library = Path(folder) / "tunes.sqlite"
        built_in = sources((), paths.resource("seeds"), Path(folder) / "takes")
        if not any(source.kind == "corpus" for source in built_in):
            raise UserError("music21's folk tunes are not installed; install Antiphon anew.")
        started = time.perf_counter()
        with closing(open_library(library)) as connection:
            index(connection, built_in)
        yield measured("indexing the built-in library", [time.perf_counter() - started], None, "s")
        started = time.perf_counter()
        loaded = load(library)
        yield measured(f"loading {len(loaded):,} phrases for searching", [time.perf_counter() - started], None, "s")
        yield from _searching(library, loaded)


def _midi_folders(folder: Path) -> Measured:
    """Folders of songs of four parts and 1,600 notes."""
    rates = []
    for number in range(FOLDERS):
        music = folder / f"music {number}"
        music.mkdir()
        for song in range(FILES // FOLDERS):
            (music / f"song {song}.mid").write_bytes(write(_song(random.Random(number * FILES + song))))
        with closing(open_library(folder / f"midi {number}.sqlite")) as connection:
            started = time.perf_counter()
            outcome = index(connection, [Source("folder", music, music.name, "")])
            rates.append(outcome.read / (time.perf_counter() - started))
    return measured("indexing MIDI files", rates, 200, "files/s", at_least=True, judged="p50")


def _song(chance: random.Random) -> MidiFile:
    tracks = []
    for part, (low, high, lengths) in enumerate(
        ((60, 84, (240, 480, 720)), (48, 72, (480, 960)), (30, 48, (480,)), (36, 50, (240,)))
    ):
        at, notes = 0, []
        while at < 100 * 1920:
            length = chance.choice(lengths)
            struck = range(3) if part == 1 else range(1)
            notes += [
                Note(at, length, chance.randrange(low, high) + 3 * voice, 80, 9 if part == 3 else part)
                for voice in struck
            ]
            at += length
        notes.sort(key=lambda note: (note.onset, note.pitch))
        unique = {(note.onset, note.pitch): note for note in notes}
        tracks.append(MidiTrack(tuple(unique.values()), (Event(0, b"\xff\x03Part %d" % part),)))
    return MidiFile(1, 480, tuple(tracks))


def _searching(library: Path, loaded: Index) -> Iterator[Measured]:
    chance = np.random.default_rng(1)
    rows = chance.choice(len(loaded), PHRASES, replace=False).tolist()
    found = {entry.id: entry for entry in entries(library, [int(loaded.ids[row]) for row in rows])}
    wanted = [_Wanted(row, found[int(loaded.ids[row])]) for row in rows]
    place = {int(number): row for row, number in enumerate(loaded.ids)}
    times: list[float] = []
    for name, wrong, jitter, tapped, best, budget in (
        ("played exactly: first", 0, 0.0, False, 1, 90),
        ("with two wrong notes: first ten", 2, 0.0, False, 10, 80),
        ("played unevenly, two wrong notes: first ten", 2, _JITTER, False, 10, None),
        ("rhythm alone tapped: first ten", 0, _JITTER, True, 10, None),
    ):
        hits = rhythms = 0
        for each in wanted:
            query = Query(line=_played(each.entry, chance, wrong, jitter, tapped), limit=best)
            started = time.perf_counter()
            hits_here = loaded.find(query)
            times.append((time.perf_counter() - started) * 1000)
            # The same music may stand in several tunes, in several keys: each of them is right.
            hits += any(loaded.lines.same(each.row, place[hit.id]) for hit in hits_here)
            rhythms += any(loaded.lines.same_rhythm(each.row, place[hit.id]) for hit in hits_here)
        share = 100 * hits / len(wanted)
        yield Measured(f"phrases found, {name}", share, share, budget, "%", at_least=True)
        if tapped:  # many tunes have one rhythm, and nobody can tap which of them is meant
            share = 100 * rhythms / len(wanted)
            yield Measured("that rhythm found, tapped: first ten", share, share, None, "%", at_least=True)
    yield measured("searching by a played phrase", times, 50, "ms")
    typed = [word[:end] for word in _TYPED for end in range(1, len(word) + 1)]
    yield measured("searching by text, letter by letter", [_timed(loaded, Query(text)) for text in typed], 50, "ms")
    narrowed = [_timed(loaded, _filters(chance, loaded)) for _ in range(60)]
    yield measured("narrowing by ranges of features, metre and mode", narrowed, 50, "ms")
    likes = [_timed(loaded, Query(like=each.entry.seed)) for each in wanted[:60]]
    yield measured("searching for what is like a phrase", likes, 50, "ms")


def _played(entry: Entry, chance: np.random.Generator, wrong: int, jitter: float, tapped: bool) -> Line:
    """The phrase as somebody plays it: in another key and tempo, with so many notes up to a major third off."""
    seed = entry.seed
    tempo = chance.uniform(0.6, 1.6) * seed.bpm / 60
    onsets = seed.notes[:, ONSET] / seed.ticks_per_quarter / tempo
    onsets = np.maximum.accumulate(onsets + chance.normal(0, jitter, len(onsets)) if jitter else onsets)
    pitches = seed.notes[:, PITCH] + float(chance.integers(-6, 7))
    off = chance.choice(len(pitches), min(wrong, len(pitches)), replace=False)
    pitches[off] += chance.choice([-4, -3, -2, -1, 1, 2, 3, 4], len(off))
    return line_of(onsets, None if tapped else pitches)


def _filters(chance: np.random.Generator, loaded: Index) -> Query:
    """A range of each of some features, and a metre and a mode there are."""
    ranges = {}
    for name in chance.choice(("tempo", "density", "syncopation", "range", "energy", "valence", "danceability"), 4):
        values = loaded.features[:, INDEX[name]]
        low, high = np.nanquantile(values, sorted(chance.uniform(0, 1, 2)))
        ranges[str(name)] = float(low), float(high)
    metre, mode = chance.choice(loaded.metres.names[:4]), chance.choice(loaded.modes.names[:3])
    return Query(ranges=ranges, metres=frozenset((str(metre),)), modes=frozenset((str(mode),)))


def _timed(loaded: Index, query: Query) -> float:
    started = time.perf_counter()
    loaded.find(query)
    return (time.perf_counter() - started) * 1000
