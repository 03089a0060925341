"""Files to melodies: the training sources, and any folder or zip of MIDI, ABC and MusicXML for evaluation."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import re
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from models.errors import UserError
from models.music import smf
from models.music.detect import detect_key, rank_keys
from models.music.notes import ChordSpan, Note, Phrase, Role
from models.music.scores import SUFFIXES as SCORE_SUFFIXES
from models.music.scores import read_score
from models.music.theory import Chord, Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.tokens import melody_line
from models.training.pop909 import read_song

log = logging.getLogger(__name__)

SOURCES = ("pop909", "nottingham", "openewld")
CACHE_VERSION = 1
FEWEST_NOTES = 16
_MIDI_SUFFIXES = (".mid", ".midi", ".smf")
_ABC_TITLE = re.compile(rb"^T:[ \t]*(.+?)[ \t\r]*$", re.MULTILINE)
_MELODY_NAMES = re.compile(r"melod|vocal|voice|lead|sing|solo", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """One melody. Pieces of one `group` (the same title) stay on one side of the split."""

    name: str
    group: str
    phrase: Phrase


def load_corpus(data: Path, sources: Iterable[str] = SOURCES, cache: Path | None = None) -> list[Piece]:
    """The melodies of the training sources below `data`, each a zip or an unpacked folder of that name.

    With `cache`, a folder, what was parsed is kept there for the next time. Raises UserError where a source is missing.
    """
    pieces: list[Piece] = []
    for source in sources:
        kept = cache / f"{source}.{CACHE_VERSION}.json.gz" if cache else None
        if kept is not None and kept.exists():
            pieces += _read_cache(kept)
            continue
        path = next((each for each in (data / f"{source}.zip", data / source) if each.exists()), None)
        if path is None:
            raise UserError(f"There is no {source}.zip and no folder {source} in {data}; the README names its origin.")
        found = load_pieces([path], source)
        if kept is not None:
            _write_cache(kept, found)
        pieces += found
    return pieces


def split(piece: Piece, share: float = 0.1) -> str:
    """ "valid" for the given share of all groups, "train" for the others; decided by a hash of the group alone."""
    digest = hashlib.blake2b(piece.group.encode()).digest()
    return "valid" if digest[0] < round(share * 256) else "train"


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
            if file.is_file() and file.suffix.lower() in (*_MIDI_SUFFIXES, *SCORE_SUFFIXES, ".txt", ".zip"):
                if file.suffix.lower() == ".zip":
                    yield from _files(file)
                else:
                    yield str(file.relative_to(path)), file.read_bytes()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if Path(name).suffix.lower() in (*_MIDI_SUFFIXES, *SCORE_SUFFIXES, ".txt"):
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
        if suffix in _MIDI_SUFFIXES and f"{folder}/beat_midi.txt" in files:
            names = ("beat_midi.txt", "chord_midi.txt", "key_audio.txt")
            jobs.append((source, name, {"midi": files[name], **{n: files.get(f"{folder}/{n}", b"") for n in names}}))
        elif suffix in (*_MIDI_SUFFIXES, *SCORE_SUFFIXES):
            jobs.append((source, name, {"file": files[name]}))
    return jobs


def _read(job: tuple[str, str, dict[str, bytes]]) -> Piece | str:
    """One piece, or the sentence why there is none."""
    source, name, data = job
    try:
        if "midi" in data:
            texts = [data[n].decode() for n in ("beat_midi.txt", "chord_midi.txt", "key_audio.txt")]
            phrase = read_song(data["midi"], texts[0], texts[1], texts[2], name)
        elif Path(name).suffix.lower() in SCORE_SUFFIXES:
            phrase = _with_mode(read_score(data["file"], name))
        else:
            phrase = _melody_of_midi(data["file"], name)
    except UserError as error:
        return str(error)
    except (ValueError, IndexError, StopIteration, ZeroDivisionError) as error:
        return f"{name} cannot be read: {error}"
    if len(phrase.notes) < FEWEST_NOTES:
        return f"{name} has fewer than {FEWEST_NOTES} melody notes."
    return Piece(f"{source}/{name}", f"{source}/{_title(name, data)}", replace(phrase, source=source))


def _title(name: str, data: dict[str, bytes]) -> str:
    """What the piece is called: by its ABC title, else its file name, else, where that is a number, its whole path."""
    titles = _ABC_TITLE.search(data["file"]) if name.lower().endswith(".abc") else None
    text = titles[1].decode("latin-1") if titles else Path(name).stem
    title = re.sub(r"[^a-z0-9]", "", text.lower())
    return name if not title or title.isdigit() else title


def _with_mode(phrase: Phrase) -> Phrase:
    """MusicXML often says major whatever the mode: of a major key and its relative minor, the better one."""
    key = phrase.key
    if key is None:
        return replace(phrase, key=detect_key(phrase.notes))
    if key.scale != "major":
        return phrase
    ranked = dict(rank_keys(phrase.notes))
    relative = Key((key.tonic + 9) % 12, "minor")
    return replace(phrase, key=relative if ranked[relative] > ranked[key] else key)


def _melody_of_midi(data: bytes, name: str) -> Phrase:
    """The melody track of a MIDI file: by its name, else the track that is most like a melody."""
    file = smf.read(data, name)
    tracks = [track for track in file.tracks if track.notes and track.notes[0].channel != 9]
    if not tracks:
        raise UserError(f"{name} holds no notes outside the drums.")
    named = [track for track in tracks if _MELODY_NAMES.search(smf.track_name(track))]
    track = named[0] if named else max(tracks, key=_melodiousness)
    notes = tuple(melody_line(track.notes))
    keys = smf.key_changes(file)
    key = keys[0].key if keys else None
    phrase = Phrase(
        notes, file.end, file.ticks_per_quarter, smf.metre_map(file), smf.tempo_map(file), (), key, Role.MELODY, name
    )
    return _with_mode(phrase)


def _melodiousness(track: smf.MidiTrack) -> float:
    """Monophonic, in the range of a voice, and with enough notes."""
    line = melody_line(track.notes)
    share = len(line) / len(track.notes)
    height = sum(note.pitch for note in line) / len(line)
    return share + min(len(line), 100) / 200 - abs(height - 70) / 40


def _write_cache(path: Path, pieces: list[Piece]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    with gzip.open(unfinished, "wt", compresslevel=4) as file:
        json.dump([_to_json(piece) for piece in pieces], file)
    unfinished.replace(path)


def _read_cache(path: Path) -> list[Piece]:
    with gzip.open(path, "rt") as file:
        return [_from_json(each) for each in json.load(file)]


def _to_json(piece: Piece) -> dict[str, Any]:
    p = piece.phrase
    return {
        "name": piece.name, "group": piece.group, "length": p.length, "ticks": p.ticks_per_quarter, "source": p.source,
        "title": p.title, "key": [p.key.tonic, p.key.scale] if p.key else None,
        "notes": [[n.onset, n.duration, n.pitch, n.velocity] for n in p.notes],
        "metres": [[m.tick, m.numerator, m.denominator] for m in p.metres.changes],
        "chords": [[c.onset, c.end, *([c.chord.root, c.chord.quality] if c.chord else [])] for c in p.chords],
    }  # fmt: skip


def _from_json(row: dict[str, Any]) -> Piece:
    ticks = row["ticks"]
    chords = tuple(ChordSpan(c[0], c[1], Chord(c[2], c[3]) if len(c) > 2 else None) for c in row["chords"])
    phrase = Phrase(
        tuple(Note(*note) for note in row["notes"]), row["length"], ticks,
        MetreMap(ticks, tuple(MetreChange(*metre) for metre in row["metres"])), TempoMap(ticks), chords,
        Key(*row["key"]) if row["key"] else None, Role.MELODY, row["title"], row["source"])  # fmt: skip
    return Piece(row["name"], row["group"], phrase)
