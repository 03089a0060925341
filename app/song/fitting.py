"""Seed material put into a song: in its key and tempo, as one step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.song.chords import chord_spans, replace_chords
from app.song.edits import add_track, replace_span, set_metre, set_tempo
from app.song.excerpt import phrase
from app.song.selection import Selection
from app.song.song import Song, Track
from models.errors import UserError
from models.music.detect import detect_key
from models.music.notes import ChordSpan, Note, Role
from models.music.theory import Chord, Key
from models.recommend.material import Seed, seed_of
from models.request import Span

_MIDDLE = 66  # where transposed notes lie best
_PHRASE_BARS = 4
_TELLING = 3  # notes that a line can be told from
_ENOUGH = 8  # notes that a song's key can be heard from


@dataclass(frozen=True)
class Placed:
    """A seed as it would stand in a song: `frame` is the song it goes into, which is in the seed's metre and tempo
    where there was nothing yet, and has a track for it."""

    frame: Song
    track_id: int
    span: Span
    notes: tuple[Note, ...]
    chords: tuple[ChordSpan, ...]
    semitones: int

    @property
    def said(self) -> str:
        """How it was fitted, in words; empty where it was not."""
        return f"{abs(self.semitones)} semitones {'up' if self.semitones > 0 else 'down'}" if self.semitones else ""


def song_key(song: Song) -> Key | None:
    """The key of a song, heard from its notes; None where there are too few."""
    notes = [note for track in song.tracks if not track.is_drums for note in track.notes()]
    return detect_key(notes) if len(notes) >= _ENOUGH else None


def fit(seed: Seed, song: Song, track_id: int, tick: int, key: Key | None) -> Placed:
    """`seed` at the bar of `tick`, transposed into `key` where both are known; on a track of its kind."""
    empty = not song.note_count
    if empty:
        song, tick = _framed(song, seed), 0
    track = _track_for(song, track_id, seed.role is Role.DRUMS)
    if track is None:
        drums = seed.role is Role.DRUMS
        song, track_id = add_track(song, "Drums" if drums else "Seeds", drums=drums)
        track = song.track(track_id)
    at = song.metres.bar_start(song.metres.bar(tick))
    scale = song.ticks_per_quarter / seed.ticks_per_quarter
    moved = 0 if seed.role is Role.DRUMS else interval(seed.key, key)
    if moved and seed.notes.size:
        pitches = seed.notes[:, 2]
        moved += 12 * round((_MIDDLE - pitches.mean() - moved) / 24) if not 24 <= pitches.mean() + moved <= 100 else 0
        moved = int(max(min(moved, 127 - pitches.max()), -pitches.min()))
    notes = []
    for onset, duration, pitch, velocity in seed.notes.tolist():
        start, end = at + round(onset * scale), at + round((onset + duration) * scale)
        notes.append(Note(start, max(end - start, 1), pitch + moved, velocity, track.channel))
    chords = tuple(
        ChordSpan(at + round(span.onset * scale), at + round(span.end * scale), _transposed(span.chord, moved))
        for span in seed.chords
    )
    return Placed(song, track.id, Span(at, at + round(seed.length * scale)), tuple(notes), chords, moved)


def put(placed: Placed, layer: bool) -> tuple[Song, tuple[int, ...]]:
    """The song with the seed in it, and the ids of its notes; its chords go into the lane where that is empty."""
    song, ids = replace_span(placed.frame, placed.track_id, placed.span, placed.notes, layer)
    if placed.chords and not chord_spans(song, placed.span.start, placed.span.end):
        song = replace_chords(song, placed.span, placed.chords)
    return song, ids


def selected(song: Song, selection: Selection) -> Seed | None:
    """The selected notes as a phrase to look for others by; None for fewer than three."""
    track = song.track(selection.track_id)
    notes = track.pick(selection.ids)
    if len(notes) < _TELLING:
        return None
    start = song.metres.bar_start(song.metres.bar(notes[0].onset))
    span = Span(start, max(note.end for note in notes))
    role = Role.DRUMS if track.is_drums else Role.MELODY
    return seed_of(replace(phrase(song, track, span, notes, role), key=song_key(song)))


def last_phrase(song: Song, selection: Selection) -> Seed | None:
    """The selected notes, or the last bars of their track: what was played last; None where there is too little."""
    track = song.track(selection.track_id)
    if not track.pick(selection.ids):
        last = max((note.onset for note in track.notes()), default=0)
        start = song.metres.bar_start(max(song.metres.bar(last) - _PHRASE_BARS + 1, 0))
        ids = frozenset(note.id for note in track.onsets(start, last + 1))
        selection = replace(selection, ids=ids)
    return selected(song, selection)


def interval(here: Key | None, there: Key | None) -> int:
    """By how many semitones, -6 to 5, music in one key moves into another.

    Tonic goes to tonic where both have a minor third or both have not, otherwise to that of the relative key: then the
    notes are those of the scale that is there.
    """
    if here is None or there is None:
        return 0
    target = there.tonic
    if here.minor and not there.minor:
        target -= 3
    elif there.minor and not here.minor:
        target += 3
    return (target - here.tonic + 6) % 12 - 6


def _framed(song: Song, seed: Seed) -> Song:
    """A song without notes in the seed's metre and tempo."""
    try:
        song = set_metre(song, 0, *seed.metre)
    except UserError:  # a metre that is written in a file and cannot be set here: the music keeps its length
        return song
    return set_tempo(song, seed.bpm)


def _track_for(song: Song, track_id: int, drums: bool) -> Track | None:
    """The track itself if it is of that kind, else the first that is."""
    track = song.track(track_id)
    return track if track.is_drums == drums else next((each for each in song.tracks if each.is_drums == drums), None)


def _transposed(chord: Chord | None, semitones: int) -> Chord | None:
    if chord is None or not semitones:
        return chord
    bass = None if chord.bass is None else (chord.bass + semitones) % 12
    return replace(chord, root=(chord.root + semitones) % 12, bass=bass)
