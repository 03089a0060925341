"""Songs from MIDI files and back.

A file that is read and written again is the same music: every event of a track stays with it. A file of format 0 with
several channels is shown as a track a channel; everything is written as format 1. Name, programme and tempo are read
from the events; what the user changes replaces those events and nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from app.song.edits import bars_of
from app.song.files import write_checked
from app.song.song import Song, Track
from models.music import smf
from models.music.notes import Note
from models.music.smf import Event, MidiFile, MidiTrack
from models.music.smf_values import TEMPO, TRACK_NAME

_PROGRAMME_CHANGE = 0xC0


def open_midi(path: Path) -> Song:
    """The song in a MIDI file; raises UserError where there is none."""
    return song_from_midi(smf.read_file(path), path.stem)


def save_midi(song: Song, path: Path) -> None:
    """Write the song to `path`; the file that was there stays until the new one is known to be whole."""
    write_checked(path, smf.write(midi_from_song(song)))


def song_from_midi(file: MidiFile, title: str) -> Song:
    """The song that a MIDI file holds; notes get ids from 1 on."""
    metres = smf.metre_map(file)
    conductor, parts = _parts(file)
    tracks, next_id = [], 1
    for index, (part, name) in enumerate(parts):
        notes = [
            Note(n.onset, n.duration, n.pitch, n.velocity, n.channel, n.release, next_id + i)
            for i, n in enumerate(part.notes)
        ]
        next_id += len(notes)
        channel = _channel(part, index)
        programme = next((event.data[1] for event in part.events if _is_programme(event, channel)), None)
        tracks.append(
            Track(
                index + 1,
                name or f"Track {index + 1}",
                metres,
                channel,
                programme,
                content=bars_of(notes, metres),
                events=part.events,
                end=part.end,
            )
        )
    return Song(
        file.ticks_per_quarter,
        tuple(tracks),
        smf.tempo_map(file),
        metres,
        smf.key_changes(file),
        title,
        next_id,
        conductor.events,
        conductor.end,
        file.chunks,
    )


def midi_from_song(song: Song) -> MidiFile:
    """The MIDI file of a song, format 1, its conductor track first where there is one or one is needed."""
    tracks = [MidiTrack(tuple(track.notes()), _track_events(track), track.end) for track in song.tracks]
    conductor = MidiTrack((), song.conductor, song.conductor_end)
    file = MidiFile(1, song.ticks_per_quarter, (conductor, *tracks), chunks=song.foreign)
    if smf.tempo_map(file) != song.tempos:
        tempos = tuple(
            Event(change.tick, b"\xff\x51" + change.microseconds.to_bytes(3)) for change in song.tempos.changes
        )
        conductor = replace(conductor, events=_ordered(tempos + _without(conductor.events, TEMPO)))
        tracks = [replace(track, events=_without(track.events, TEMPO)) for track in tracks]
    led = bool(conductor.events or conductor.end)
    return MidiFile(1, song.ticks_per_quarter, (conductor, *tracks) if led else tuple(tracks), chunks=song.foreign)


def _parts(file: MidiFile) -> tuple[MidiTrack, list[tuple[MidiTrack, str]]]:
    """The conductor track, empty where the file has none, and the parts with their names."""
    tracks = file.tracks
    if file.format == 0 and len({note.channel for note in tracks[0].notes}) > 1:
        return _by_channel(tracks[0])
    if len(tracks) > 1 and not tracks[0].notes:
        return tracks[0], [(track, smf.track_name(track)) for track in tracks[1:]]
    return MidiTrack(), [(track, smf.track_name(track)) for track in tracks] or [(MidiTrack(), "Piano")]


def _by_channel(track: MidiTrack) -> tuple[MidiTrack, list[tuple[MidiTrack, str]]]:
    """One track a channel; what belongs to no channel leads."""
    channels = sorted({note.channel for note in track.notes})
    shared = tuple(event for event in track.events if _event_channel(event) not in channels)
    parts = [
        MidiTrack(
            tuple(note for note in track.notes if note.channel == channel),
            tuple(event for event in track.events if _event_channel(event) == channel),
        )
        for channel in channels
    ]
    return (
        MidiTrack((), shared, track.end),
        [
            (part, "Drums" if channel == 9 else f"Channel {channel + 1}")
            for part, channel in zip(parts, channels, strict=True)
        ],
    )


def _channel(part: MidiTrack, index: int) -> int:
    """The channel most of the part's notes are on; for a part without notes that of its first channel event."""
    if part.notes:
        return Counter(note.channel for note in part.notes).most_common(1)[0][0]
    found = (channel for event in part.events if (channel := _event_channel(event)) is not None)
    return next(found, index % 9)


def _track_events(track: Track) -> tuple[Event, ...]:
    """The track's events with its name and programme as they are now."""
    events = track.events
    if smf.track_name(MidiTrack((), events)) != track.name:
        events = (Event(0, b"\xff\x03" + track.name.encode()), *_without(events, TRACK_NAME))
    first = next((event for event in events if _is_programme(event, track.channel)), None)
    wanted = bytes([_PROGRAMME_CHANGE | track.channel, track.programme or 0])
    if track.programme is not None and (first is None or first.data != wanted):
        events = (*(event for event in events if event is not first), Event(first.tick if first else 0, wanted))
    return _ordered(events)


def _ordered(events: tuple[Event, ...]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: (event.tick, event.late)))


def _without(events: tuple[Event, ...], kind: int) -> tuple[Event, ...]:
    return tuple(event for event in events if event.meta(kind) is None)


def _event_channel(event: Event) -> int | None:
    return event.data[0] & 0x0F if event.data[0] < 0xF0 else None


def _is_programme(event: Event, channel: int) -> bool:
    return event.data[0] == _PROGRAMME_CHANGE | channel
