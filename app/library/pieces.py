"""Files of music to phrases: MIDI, MusicXML, ABC, and Antiphon's own written seeds."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import numpy as np

from app.library.heard import on_its_beats, played_freely
from app.library.sources import shown
from app.library.written import read_written
from models.errors import UserError
from models.music.abc import read_tunes
from models.music.detect import CHORDAL, detect_key, detect_role, likeliest_key
from models.music.notes import DRUM_CHANNEL, Phrase, Role
from models.music.smf_table import CHANNEL, TRACK, NoteTable, read_table
from models.music.theory import Key
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap
from models.recommend.cutting import Cut, bar_lines, cut, find_cuts, seed_at
from models.recommend.material import DURATION, ONSET, PITCH, Ints, Part, Seed, part_of, seed_of

MIDI, ABC, SCORE, WRITTEN = (".mid", ".midi", ".smf"), (".abc",), (".mxl", ".musicxml", ".xml"), (".seeds",)
SUFFIXES = (*MIDI, *ABC, *SCORE)
MOST_BYTES = 20_000_000  # of a file
MOST_PARTS = 32  # of a MIDI file
MOST_PHRASES = 12  # of a MIDI file or a score; a book of tunes has as many as it has
_LONGEST_TAKE = 9  # bars: a longer one is cut
_BASSES = range(32, 40)  # General MIDI
_BASS_BELOW = 48


@dataclass(frozen=True)
class Found:
    """A phrase of the `piece`th piece or part of a file, counted from 0; `credit` names who wrote it down."""

    seed: Seed
    piece: int = 0
    credit: str = ""


def read_pieces(path: Path, whole: bool = False) -> list[Found]:
    """The phrases in a file; `whole` where the file is a phrase itself, or a list of such, and not to be cut.

    Raises UserError with a sentence about the file where there are none.
    """
    name = shown(path.name)
    suffix = path.suffix.lower()
    data = _bytes(path)
    if suffix in MIDI:
        read: Callable[[bytes, str, bool], list[Found]] = _midi
    elif suffix in ABC:
        read = _abc
    elif suffix in WRITTEN:
        read = _written
    else:
        read = _score
    found = read(data, name, whole)
    if not found:
        raise UserError(f"{name} holds no phrase: its parts have too few notes.")
    return found


def _bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{shown(path.name)} is not a regular file.")
        if status.st_size > MOST_BYTES:
            raise UserError(f"{shown(path.name)} is larger than {MOST_BYTES // 1_000_000} MB.")
        if not status.st_size:
            raise UserError(f"{shown(path.name)} is empty.")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{shown(path.name)} could not be read ({error.strerror}).") from error


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _abc(data: bytes, name: str, whole: bool) -> list[Found]:
    found: list[Found] = []
    for number, tune in enumerate(read_tunes(_text(data), name)):
        phrase = replace(tune.phrase, title=_title(tune.phrase.title))
        seeds = [seed_of(phrase)] if whole else cut(part_of(phrase))
        found += (Found(seed, number, tune.transcriber) for seed in seeds)
    return found


def _written(data: bytes, name: str, whole: bool) -> list[Found]:
    return [Found(seed, number) for number, seed in enumerate(read_written(_text(data), name))]


def _score(data: bytes, name: str, whole: bool) -> list[Found]:
    # Loaded by name: music21 takes seconds to load, and only a process that reads scores is to have it.
    parts: tuple[Phrase, ...] = import_module("models.music.scores").read_parts(data, name)
    parts = tuple(
        replace(part, title=Path(name).stem, role=part.role if not number else detect_role(part.notes))
        for number, part in enumerate(parts)
    )
    key = _with_mode(parts[0].key, parts)
    return _chosen([part_of(replace(part, key=key)) for part in parts])


def _with_mode(key: Key | None, parts: tuple[Phrase, ...]) -> Key:
    """Scores say which signs there are, and seldom the mode: where it is the relative minor, that."""
    found = detect_key([note for part in parts for note in part.notes])
    if key is None or (key.scale == "major" and found == Key((key.tonic + 9) % 12, "minor")):
        return found
    return key


def _midi(data: bytes, name: str, whole: bool) -> list[Found]:
    table = read_table(data, name)
    if not len(table.notes):
        raise UserError(f"{name} holds no notes.")
    if not whole and played_freely(table):
        table = on_its_beats(table)
    parts = _parts(table, Path(name).stem)
    if whole:
        seed = replace(_whole(parts[0]), title=next(iter(table.names.values()), parts[0].title))
        if seed.bars <= _LONGEST_TAKE:
            return [Found(seed)]
    return _chosen(parts)


def _parts(table: NoteTable, title: str) -> list[Part]:
    """A part for each channel of each track, those with most notes first where there are too many."""
    ticks = table.ticks_per_quarter
    metres = MetreMap(ticks, tuple(MetreChange(*change) for change in table.metres))
    tempos = TempoMap(ticks, tuple(TempoChange(*change) for change in table.tempos))
    notes, place = table.notes, table.notes[:, TRACK] * 16 + table.notes[:, CHANNEL]
    if (place[1:] < place[:-1]).any():  # channels within a track
        order = place.argsort(kind="stable")
        notes, place = notes[order], place[order]
    starts = [0, *((place[1:] != place[:-1]).nonzero()[0] + 1).tolist()]
    pieces = [
        (int(place[start]), notes[start:end]) for start, end in zip(starts, [*starts[1:], len(notes)], strict=True)
    ]
    if len(pieces) > MOST_PARTS:
        pieces = sorted(pieces, key=lambda piece: -len(piece[1]))[:MOST_PARTS]
    key = _key(table)
    parts = []
    for number, notes in pieces:
        track, channel = divmod(number, 16)
        drums = channel == DRUM_CHANNEL
        role = Role.DRUMS if drums else _role(notes, table.programmes.get((track, channel), 0))
        named = table.names.get(track, "")
        full = f"{title} – {named}" if named and len(pieces) > 1 else title
        # Where channels of one track are apart, the order within one is still by onset, then pitch.
        parts.append(Part(notes[:, :4], ticks, table.end, metres, tempos, None if drums else key, role, full))
    return parts


def _key(table: NoteTable) -> Key | None:
    """What the file says, unless that is what programs write that do not know; else what its notes say."""
    pitched = table.notes[:, CHANNEL] != DRUM_CHANNEL
    if not pitched.any():
        return None
    if table.keys and table.keys[0][1] != Key(0, "major"):
        return table.keys[0][1]
    weights = np.bincount(
        table.notes[:, PITCH], np.where(pitched, np.maximum(table.notes[:, DURATION], 1), 0), minlength=132
    )
    return likeliest_key(weights.reshape(-1, 12).sum(0))


def _role(notes: Ints, programme: int) -> Role:
    """As `models.music.detect.detect_role`, for columns."""
    onsets = notes[:, ONSET]
    if 1 - (1 + np.count_nonzero(onsets[1:] != onsets[:-1])) / len(notes) > CHORDAL:
        return Role.CHORDS
    if programme in _BASSES:
        return Role.BASS
    ordered = np.sort(notes[:, PITCH])
    median = (ordered[(len(notes) - 1) // 2] + ordered[len(notes) // 2]) / 2
    return Role.BASS if median < _BASS_BELOW else Role.MELODY


def _whole(part: Part) -> Seed:
    """A part that is one phrase."""
    metre = part.metres.metre(0)
    seed = Seed(
        part.notes, part.ticks_per_quarter, 1, (metre.numerator, metre.denominator), part.tempos.bpm(0), part.key,
        part.role, part.title)  # fmt: skip
    return replace(seed, bars=max(-(-part.length // seed.bar_ticks), 1))


def _chosen(parts: Sequence[Part]) -> list[Found]:
    """At most MOST_PHRASES phrases, no two alike, of every part in turn, from all over the piece."""
    lines = bar_lines(parts[0].metres, max(part.length for part in parts))
    found: list[Found] = []
    seen: set[bytes] = set()
    waiting: list[tuple[int, Part, Iterator[Cut]]] = [
        (number, part, map(cuts.__getitem__, _scattered(len(cuts))))
        for number, (part, cuts) in enumerate(zip(parts, find_cuts(parts, lines), strict=True))
    ]
    while waiting and len(found) < MOST_PHRASES:
        for entry in tuple(waiting):
            number, part, cuts = entry
            for place in cuts:
                seed = seed_at(part, lines, place)
                if seed is None:
                    continue
                onset, pitch = seed.notes[:, ONSET], seed.notes[:, PITCH]
                digest = (onset - onset[0]).tobytes() + (pitch - pitch[0]).tobytes()
                if digest not in seen:
                    seen.add(digest)
                    found.append(Found(seed, number))
                    break
            else:
                waiting.remove(entry)
            if len(found) == MOST_PHRASES:
                break
    return sorted(found, key=lambda each: (each.piece, each.seed.bar))


@lru_cache(256)
def _scattered(count: int) -> tuple[int, ...]:
    """0 to count - 1, so that however few are taken they lie all over: the first, the middle, the quarters …"""
    bits = max(count - 1, 1).bit_length()
    order = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits))
    return tuple(number for number in order if number < count)


def _title(text: str) -> str:
    """A title as it is written in a sentence: "THE FUN AT DONNYBROOK" and "Reel, The" as people say them."""
    text = " ".join(text.replace(" -- ", " – ").split())
    if text.endswith((", The", ", THE", ", A")):
        text = f"{text.rsplit(', ', 1)[1]} {text.rsplit(', ', 1)[0]}"
    return text.title().replace("’S", "’s").replace("'S", "'s") if text.isupper() else text
