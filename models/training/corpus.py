"""Files to melodies with what sounds beside them: the training sources, and any folder or zip of MIDI, ABC, MusicXML
and chorales for evaluation."""

from __future__ import annotations

import gzip
import json
import logging
import re
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import UserError
from models.music.detect import detect_key
from models.music.notes import ChordSpan, Note, Phrase, Role
from models.music.scores import SUFFIXES as SCORE_SUFFIXES
from models.music.scores import read_parts
from models.music.theory import Chord, Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.training.pieces import FEWEST_NOTES, MIDI_SUFFIXES, Piece, parts_of_midi, with_mode, with_roles
from models.training.pop909 import read_song

log = logging.getLogger(__name__)

SOURCES = ("pop909", "nottingham", "openewld")
CACHE_VERSION = 2
_SUFFIXES = (*MIDI_SUFFIXES, *SCORE_SUFFIXES, ".json")
_ABC_TITLE = re.compile(rb"^T:[ \t]*(.+?)[ \t\r]*$", re.MULTILINE)
_CATALOGUED = re.compile(r"^[a-z]{1,3}\d+$")  # a number for a name; the folder has the title
_CHORALE_TICKS = 480


def load_corpus(data: Path, sources: Iterable[str] = SOURCES, cache: Path | None = None) -> list[Piece]:
    """The melodies of the training sources below `data`, each a zip or an unpacked folder of that name.

    With `cache`, a folder, what was parsed is kept there for the next time. Raises UserError where a source is missing.
    """
    pieces: list[Piece] = []
    for source in sources:
        kept = cache / f"{source}.{CACHE_VERSION}.json.gz" if cache else None
        if kept is not None and kept.exists():
            pieces += read_pieces(kept)
            continue
        path = next((each for each in (data / f"{source}.zip", data / source) if each.exists()), None)
        if path is None:
            raise UserError(f"There is no {source}.zip and no folder {source} in {data}; the README names its origin.")
        found = load_pieces([path], source)
        if kept is not None:
            write_pieces(kept, found)
        pieces += found
    return pieces


def load_pieces(paths: Iterable[Path], source: str = "") -> list[Piece]:
    """The melodies of all MIDI, ABC and MusicXML files in folders and zips; POP909's layout is known.

    Files that hold no melody are passed over and logged. Raises UserError where a path is neither folder nor zip.
    """
    jobs: list[tuple[str, str, dict[str, bytes]]] = []
    for path in paths:
        files = dict(_files(path))
        jobs += _jobs(files, source or path.stem)
    if len(jobs) < 8:
        results: Iterable[Piece | str] = map(_read, jobs)
        return _collect(results)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return _collect(pool.map(_read, jobs, chunksize=8))


def _collect(results: Iterable[Piece | str]) -> list[Piece]:
    pieces = []
    for result in results:
        if isinstance(result, Piece):
            pieces.append(result)
        else:
            log.warning("%s", result)
    return pieces


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and file.suffix.lower() in (*_SUFFIXES, ".txt", ".zip"):
                if file.suffix.lower() == ".zip":
                    yield from _files(file)
                else:
                    yield str(file.relative_to(path)), file.read_bytes()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if Path(name).suffix.lower() in (*_SUFFIXES, ".txt"):
                    yield name, archive.read(name)
    elif path.is_file():
        yield path.name, path.read_bytes()
    else:
        raise UserError(f"{path} is neither a folder nor a zip of music.")


def _jobs(files: dict[str, bytes], source: str) -> list[tuple[str, str, dict[str, bytes]]]:
    """What to read together: a file, or the four files of a POP909 song."""
    jobs = []
    for name in files:
        suffix, folder = Path(name).suffix.lower(), str(Path(name).parent)
        if suffix in MIDI_SUFFIXES and f"{folder}/beat_midi.txt" in files:
            names = ("beat_midi.txt", "chord_midi.txt", "key_audio.txt")
            jobs.append((source, name, {"midi": files[name], **{n: files.get(f"{folder}/{n}", b"") for n in names}}))
        elif suffix in _SUFFIXES:
            jobs.append((source, name, {"file": files[name]}))
    return jobs


def _read(job: tuple[str, str, dict[str, bytes]]) -> Piece | str:
    """One piece, or the sentence why there is none."""
    source, name, data = job
    try:
        if "midi" in data:
            texts = [data[n].decode() for n in ("beat_midi.txt", "chord_midi.txt", "key_audio.txt")]
            phrase, *others = read_song(data["midi"], texts[0], texts[1], texts[2], name)
        elif Path(name).suffix.lower() == ".json":
            phrase, *others = read_chorale(data["file"], name)
        elif Path(name).suffix.lower() in SCORE_SUFFIXES:
            phrase, *others = with_roles(read_parts(data["file"], name))
            phrase = with_mode(phrase)
        else:
            phrase, *others = parts_of_midi(data["file"], name)
    except UserError as error:
        return str(error)
    except (ValueError, IndexError, StopIteration, KeyError, ZeroDivisionError) as error:
        return f"{name} cannot be read: {error}"
    if len(phrase.notes) < FEWEST_NOTES:
        return f"{name} has fewer than {FEWEST_NOTES} melody notes."
    phrase = replace(phrase, source=source)
    return Piece(
        f"{source}/{name}",
        f"{source}/{_title(name, data)}",
        phrase,
        tuple(replace(part, source=source, key=phrase.key) for part in others),
    )


def read_chorale(data: bytes, name: str) -> tuple[Phrase, ...]:
    """The voices of a chorale written as rows of pitches, highest voice first, a row each sixteenth, -1 for a rest.

    A pitch that stands in several rows is one note, since the rows do not tell. The metre is taken to be 4/4. A row
    that is shorter than others has rests in the lowest voices.
    """
    content = json.loads(data)
    if not _is_rows_of_pitches(content):
        raise UserError(f"{name} is not a chorale written as rows of pitches.")
    voices_at_most = max(map(len, content))
    rows = np.array([[*row, *[-1] * (voices_at_most - len(row))] for row in content], dtype=np.int64)
    step = _CHORALE_TICKS // 4
    metres, tempos = MetreMap(_CHORALE_TICKS), TempoMap(_CHORALE_TICKS)
    voices = []
    for column in rows.T:
        changes = np.flatnonzero(np.diff(column, prepend=-2))
        ends = [*changes[1:], len(column)]
        voices.append(
            tuple(
                Note(int(start) * step, int(end - start) * step, int(column[start]))
                for start, end in zip(changes, ends, strict=True)
                if column[start] >= 0
            )
        )
    voices = [notes for notes in voices if notes]
    if not voices:
        raise UserError(f"{name} holds no notes.")
    key = detect_key([note for notes in voices for note in notes])
    length = len(rows) * step
    return with_roles(
        tuple(Phrase(notes, length, _CHORALE_TICKS, metres, tempos, (), key, Role.MELODY, name) for notes in voices)
    )


def _is_rows_of_pitches(content: Any) -> bool:
    return (
        isinstance(content, list)
        and any(content)
        and all(isinstance(row, list) for row in content)
        and all(
            isinstance(pitch, int | float) and pitch == int(pitch) and -1 <= pitch < 128
            for row in content
            for pitch in row
        )
    )


def _title(name: str, data: dict[str, bytes]) -> str:
    """What the piece is called: by its ABC title, else its file name, else, where that is a number, its whole path."""
    titles = _ABC_TITLE.search(data["file"]) if name.lower().endswith(".abc") else None
    text = titles[1].decode("latin-1") if titles else Path(name).stem
    if _CATALOGUED.match(text) and Path(name).parent.name:
        text = Path(name).parent.name
    title = re.sub(r"[^a-z0-9]", "", text.lower())
    return name if not title or title.isdigit() else title


def write_pieces(path: Path, pieces: list[Piece]) -> None:
    """Write pieces to one compressed file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    with gzip.open(unfinished, "wt", compresslevel=4) as file:
        json.dump([_to_json(piece) for piece in pieces], file)
    unfinished.replace(path)


def read_pieces(path: Path) -> list[Piece]:
    """The pieces that write_pieces() wrote."""
    with gzip.open(path, "rt") as file:
        return [_from_json(each) for each in json.load(file)]


def _to_json(piece: Piece) -> dict[str, Any]:
    p = piece.phrase
    return {
        "name": piece.name, "group": piece.group, "length": p.length, "ticks": p.ticks_per_quarter, "source": p.source,
        "title": p.title, "key": [p.key.tonic, p.key.scale] if p.key else None,
        "parts": [[part.role, [[n.onset, n.duration, n.pitch, n.velocity] for n in part.notes]]
                  for part in (p, *piece.others)],
        "metres": [[m.tick, m.numerator, m.denominator] for m in p.metres.changes],
        "chords": [[c.onset, c.end, *([c.chord.root, c.chord.quality] if c.chord else [])] for c in p.chords],
    }  # fmt: skip


def _from_json(row: dict[str, Any]) -> Piece:
    ticks = row["ticks"]
    chords = tuple(ChordSpan(c[0], c[1], Chord(c[2], c[3]) if len(c) > 2 else None) for c in row["chords"])
    phrase, *others = (
        Phrase(
            tuple(Note(*note) for note in notes), row["length"], ticks,
            MetreMap(ticks, tuple(MetreChange(*metre) for metre in row["metres"])), TempoMap(ticks), chords,
            Key(*row["key"]) if row["key"] else None, Role(role), row["title"], row["source"])
        for role, notes in row["parts"])  # fmt: skip
    return Piece(row["name"], row["group"], phrase, tuple(others))
