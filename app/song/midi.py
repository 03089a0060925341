"""Songs from MIDI files and back.

A file that is read and written again is the same music, event for event: what the program does not understand stays
with its track. A leading track without notes and channel messages is the conductor's and shown as no track. A file of
one track with notes on several channels is shown, and from then on written, as a track a channel, its events of no
channel in the conductor's track; other tracks stay as they are. Files of format 0 stay so while they have one track.

Name, programme, tempo, metre and chords are read from the events; what the user changes replaces those events and
nothing else. Mute and solo are the program's own and are not stored.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from app.song.chords import chord_events, chords_in, is_chord
from app.song.edits import bars_of
from app.song.files import write_checked
from app.song.song import Song, Track, default_name
from models.music import smf
from models.music.notes import Note
from models.music.smf import Event, MidiFile, MidiTrack
from models.music.smf_values import METRE, TEMPO, TRACK_NAME
from models.music.time import MetreMap, TempoMap

_PROGRAMME_CHANGE = 0xC0


def open_midi(path: Path) -> Song:
    """The song in a MIDI file; raises UserError where there is none."""
    return open_mended(path)[0]


def open_mended(path: Path) -> tuple[Song, str]:
    """The song in a MIDI file, and a sentence about what was wrong with the file, empty where nothing was."""
    file = smf.read_file(path)
    return song_from_midi(file, path.stem), _mended(path.name, file.warnings)


def _mended(name: str, warnings: tuple[str, ...]) -> str:
    """The reader's sentences as one."""
    if not warnings:
        return ""
    parts = [re.sub(r": (\d+)$", r" (\1)", warning.rstrip(".")).replace("; ", " – ") for warning in warnings]
    return f"{name} is not quite in order: {'; '.join(part[0].lower() + part[1:] for part in parts)}."


def save_midi(song: Song, path: Path) -> None:
    """Write the song to `path`; the file that was there stays until the new one is known to be whole."""
    write_checked(path, smf.write(midi_from_song(song)))


def song_from_midi(file: MidiFile, title: str) -> Song:
    """The song that a MIDI file holds; notes get ids from 1 on."""
    metres = smf.metre_map(file)
    conductor, parts = _parts(file)
    tracks, next_id = [], 1
    for number, part in enumerate(parts, 1):
        notes = [
            Note(note.onset, note.duration, note.pitch, note.velocity, note.channel, note.release, note_id)
            for note_id, note in enumerate(part.notes, next_id)
        ]
        next_id += len(notes)
        channel = _channel(part, number)
        programme = next((event.data[1] for event in part.events if _is_programme(event, channel)), None)
        name = smf.track_name(part) or default_name(number, channel)
        content = bars_of(notes, metres)
        tracks.append(
            Track(number, name, metres, channel, programme, content=content, events=part.events, end=part.end)
        )
    return Song(
        file.ticks_per_quarter,
        tuple(tracks),
        smf.tempo_map(file),
        metres,
        smf.key_changes(file),
        chords_in(file),
        title,
        next_id,
        conductor,
        file.chunks,
        file.format == 0,
    )


def midi_from_song(song: Song) -> MidiFile:
    """The MIDI file of a song, the conductor's track first."""
    tracks = [MidiTrack(tuple(track.notes()), _track_events(track), track.end) for track in song.tracks]
    if song.conductor is not None:
        tracks.insert(0, song.conductor)
    elif len(tracks) > 1 and _conducts(tracks[0]):
        tracks.insert(0, MidiTrack())  # or an empty part would be taken for the conductor's track when it is read
    kind = 0 if song.one_track_file and len(tracks) == 1 else 1
    file = MidiFile(kind, song.ticks_per_quarter, tuple(tracks), chunks=song.foreign)
    if smf.tempo_map(file) != song.tempos:
        file = _with_changes(file, TEMPO, _tempo_events(song.tempos))
    if smf.metre_map(file) != song.metres:
        file = _with_changes(file, METRE, _metre_events(song.metres))
    if chords_in(file) != song.chords:
        others = [
            replace(track, events=tuple(each for each in track.events if not is_chord(each))) for track in file.tracks
        ]
        file = _with_changes(replace(file, tracks=tuple(others)), None, chord_events(song.chords))
    return file


def _with_changes(file: MidiFile, kind: int | None, events: tuple[Event, ...]) -> MidiFile:
    """The file with these events in its first track, and no other meta events of type `kind` anywhere."""
    first, *others = (
        track if kind is None else replace(track, events=_without(track.events, kind)) for track in file.tracks
    )
    first = replace(first, events=_ordered(first.events + events))
    return replace(file, tracks=(first, *others))


def _tempo_events(tempos: TempoMap) -> tuple[Event, ...]:
    return tuple(Event(each.tick, bytes((0xFF, TEMPO)) + each.microseconds.to_bytes(3)) for each in tempos.changes)


def _metre_events(metres: MetreMap) -> tuple[Event, ...]:
    return tuple(
        Event(
            each.tick,
            bytes((0xFF, METRE, each.numerator, each.denominator.bit_length() - 1, each.clocks_per_click))
            + bytes((each.thirtyseconds_per_quarter,)),
        )
        for each in metres.changes
    )


def _parts(file: MidiFile) -> tuple[MidiTrack | None, tuple[MidiTrack, ...]]:
    """The conductor's track, where the file has one, and the parts."""
    first, *others = file.tracks
    if not others and len({note.channel for note in first.notes}) > 1:
        return _by_channel(first)
    if others and _conducts(first):
        return first, tuple(others)
    return None, file.tracks


def _conducts(track: MidiTrack) -> bool:
    return not track.notes and all(_event_channel(event) is None for event in track.events)


def _by_channel(track: MidiTrack) -> tuple[MidiTrack, tuple[MidiTrack, ...]]:
    """One track a channel that has notes; messages of other channels go with the first."""
    channels = sorted({note.channel for note in track.notes})
    events: dict[int, list[Event]] = {channel: [] for channel in channels}
    common = []
    for event in track.events:
        channel = _event_channel(event)
        (common if channel is None else events.get(channel, events[channels[0]])).append(event)
    parts = (
        MidiTrack(tuple(note for note in track.notes if note.channel == channel), tuple(events[channel]))
        for channel in channels
    )
    return MidiTrack((), tuple(common), track.end), tuple(parts)


def _channel(part: MidiTrack, number: int) -> int:
    """The channel most of the part's notes are on; for a part without notes that of its first channel event."""
    if part.notes:
        return Counter(note.channel for note in part.notes).most_common(1)[0][0]
    found = (channel for event in part.events if (channel := _event_channel(event)) is not None)
    return next(found, (number - 1) % 9)


def _track_events(track: Track) -> tuple[Event, ...]:
    """The track's events with its name and programme as they are now."""
    events = track.events
    named = smf.track_name(MidiTrack((), events)) or default_name(track.id, track.channel)
    if track.name != named:
        name = (Event(0, b"\xff\x03" + track.name.encode()),) if track.name else ()
        events = name + _without(events, TRACK_NAME)
    first = next((event for event in events if _is_programme(event, track.channel)), None)
    if track.programme is not None and (first is None or first.data[1] != track.programme):
        change = Event(first.tick if first else 0, bytes((_PROGRAMME_CHANGE | track.channel, track.programme)))
        events = (*(change if event is first else event for event in events), *(() if first else (change,)))
    return _ordered(events)


def _ordered(events: tuple[Event, ...]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: (event.tick, event.late)))


def _without(events: tuple[Event, ...], kind: int) -> tuple[Event, ...]:
    return tuple(event for event in events if event.meta(kind) is None)


def _event_channel(event: Event) -> int | None:
    return event.data[0] & 0x0F if event.data[0] < 0xF0 else None


def _is_programme(event: Event, channel: int) -> bool:
    return event.data[0] == _PROGRAMME_CHANGE | channel
