"""One piece of music to learn from: a melody and what sounds with it; and how both are found in a MIDI file."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

import numpy as np

from models.beats import find_beats, off_grid
from models.errors import UserError
from models.music import smf
from models.music.detect import CHORDAL, detect_key, rank_keys
from models.music.notes import DRUM_CHANNEL, Note, Phrase, Role, sort_notes
from models.music.theory import Key
from models.music.time import MetreChange, MetreMap, TempoMap
from models.tokens import melody_line

FEWEST_NOTES = 16
MIDI_SUFFIXES = (".mid", ".midi", ".smf")
_BASS_BELOW = 56
_MELODY_NAMES = re.compile(r"melod|vocal|voice|lead|sing|solo", re.IGNORECASE)
_LAID_TICKS = 480


@dataclass(frozen=True)
class Piece:
    """One melody, and the parts that sound with it, whose metres, chords and key are the melody's own.

    Pieces of one `group` (the same title) stay on one side of the split.
    """

    name: str
    group: str
    phrase: Phrase
    others: tuple[Phrase, ...] = ()


def split(piece: Piece, share: float = 0.1) -> str:
    """ "valid" for the given share of all groups, "train" for the others; decided by a hash of the group alone."""
    digest = hashlib.blake2b(piece.group.encode()).digest()
    return "valid" if digest[0] < round(share * 256) else "train"


def with_roles(parts: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """The first part is the melody; of the others one with chords is an accompaniment, the lowest voice the bass."""
    first, *others = parts
    heights = [np.mean([note.pitch for note in part.notes]) for part in others]
    roles = []
    for part, height in zip(others, heights, strict=True):
        together = 1 - len({note.onset for note in part.notes}) / len(part.notes)
        if together > CHORDAL:
            roles.append(Role.CHORDS)
        else:
            roles.append(Role.BASS if height == min(heights) and height < _BASS_BELOW else Role.VOICE)
    return first, *(replace(part, role=role) for part, role in zip(others, roles, strict=True))


def with_mode(phrase: Phrase) -> Phrase:
    """MusicXML often says major whatever the mode: of a major key and its relative minor, the better one."""
    key = phrase.key
    if key is None:
        return replace(phrase, key=detect_key(phrase.notes))
    if key.scale != "major":
        return phrase
    ranked = dict(rank_keys(phrase.notes))
    relative = Key((key.tonic + 9) % 12, "minor")
    return replace(phrase, key=relative if ranked[relative] > ranked[key] else key)


def parts_of_midi(data: bytes, name: str) -> tuple[Phrase, ...]:
    """The melody track of a MIDI file, by its name or else the one most like a melody, and the other tracks.

    Where the notes ignore the file's bars, as in most recordings, bars are found by ear.
    """
    file = smf.read(data, name)
    metres, tempos = smf.metre_map(file), smf.tempo_map(file)
    ticks, length = file.ticks_per_quarter, file.end
    tracks = [track for track in file.tracks if track.notes and track.notes[0].channel != DRUM_CHANNEL]
    if not tracks:
        raise UserError(f"{name} holds no notes outside the drums.")
    if off_grid(np.array([note.onset for track in tracks for note in track.notes], float) / ticks):
        tracks, metres, length = _by_ear(tracks, tempos)
        ticks, tempos = _LAID_TICKS, TempoMap(_LAID_TICKS)
    named = [track for track in tracks if _MELODY_NAMES.search(smf.track_name(track))]
    track = named[0] if named else max(tracks, key=_melodiousness)
    notes = tuple(melody_line(track.notes))
    keys = smf.key_changes(file)
    key = keys[0].key if keys else None
    phrase = Phrase(notes, length, ticks, metres, tempos, (), key, Role.MELODY, name)
    others = tuple(replace(phrase, notes=sort_notes(each.notes)) for each in tracks if each is not track)
    return with_roles((with_mode(phrase), *others))


def _melodiousness(track: smf.MidiTrack) -> float:
    """Monophonic, in the range of a voice, and with enough notes."""
    line = melody_line(track.notes)
    share = len(line) / len(track.notes)
    height = sum(note.pitch for note in line) / len(line)
    return share + min(len(line), 100) / 200 - abs(height - 70) / 40


def _by_ear(tracks: list[smf.MidiTrack], tempos: TempoMap) -> tuple[list[smf.MidiTrack], MetreMap, int]:
    """Tracks that were played freely, with a quarter for each beat that is heard; their bars and their length."""
    seconds = tempos.seconds
    heard = [(seconds(n.onset), seconds(n.end), n.pitch, n.velocity) for track in tracks for n in track.notes]
    beats = find_beats(np.array(sorted(heard), float))
    times, step = beats.times, float(np.median(np.diff(beats.times)))
    # Enough beats before the first so that no note lies before bar 1, which begins a bar.
    early = int(np.ceil(max(times[0] - min(onset for onset, *_ in heard), 0.0) / step))
    early += (-(early + beats.first)) % beats.beats_a_bar
    times = np.concatenate([times[0] - step * np.arange(early, 0, -1), times])
    late = int(np.ceil(max(max(end for _, end, *_ in heard) - times[-1], 0.0) / step)) + 1
    times = np.concatenate([times, times[-1] + step * np.arange(1, late + 1)])

    def tick(second: float) -> int:
        return round(float(np.interp(second, times, np.arange(len(times)))) * _LAID_TICKS)

    def placed(note: Note) -> Note:
        onset = tick(seconds(note.onset))
        return replace(note, onset=onset, duration=max(tick(seconds(note.end)) - onset, 1))

    laid = [replace(track, notes=sort_notes([placed(note) for note in track.notes])) for track in tracks]
    metres = MetreMap(_LAID_TICKS, (MetreChange(0, beats.beats_a_bar, 4),))
    return laid, metres, (len(times) - 1) * _LAID_TICKS
