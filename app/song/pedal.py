"""The sustain pedal of a track: read, lifted, moved."""

from __future__ import annotations

from dataclasses import replace

from app.song.song import Song, Track
from models.music.smf import Event
from models.request import Pedal, Span

_SUSTAIN = 64


def pedal_through(song: Song, track_id: int, span: Span, pedal: Pedal) -> Song:
    """The song with the track's sustain pedal up at the start of the span, and moved as `pedal` says from there on;
    where that says nothing, what the track has there stays."""
    track = song.track(track_id)
    release = pedal_release(track, span.start)
    events = list(track.events)
    if pedal:
        events = [each for each in events if not (is_pedal(each.data) and span.start <= each.tick <= span.end)]
        events += [Event(tick, bytes([0xB0 | track.channel, _SUSTAIN, 127 if down else 0])) for tick, down in pedal]
    if release is not None:
        events.append(release)
    if len(events) == len(track.events) and not pedal:
        return song
    track = replace(track, events=tuple(sorted(events, key=lambda event: (event.tick, event.late))))
    return replace(song, tracks=tuple(track if each.id == track_id else each for each in song.tracks))


def pedal_changes(track: Track, start: int, end: int) -> Pedal:
    """How the track's sustain pedal moves in [start, end)."""
    moves = [each for each in track.events if start <= each.tick < end and is_pedal(each.data)]
    return tuple((each.tick, each.data[2] >= 64) for each in moves)


def is_pedal(data: bytes) -> bool:
    """Whether an event moves the sustain pedal."""
    return data[0] & 0xF0 == 0xB0 and data[1] == _SUSTAIN


def pedal_release(track: Track, tick: int) -> Event | None:
    """The event that lifts the sustain pedal at `tick`, where the track holds it down up to there and on."""
    controller = 0xB0 | track.channel
    held = False
    for event in track.events:
        if event.tick > tick:
            break
        if event.data[0] == controller and event.data[1] == _SUSTAIN:
            if event.tick == tick:
                return None  # lifted there already, or pressed anew for what follows
            held = event.data[2] >= 64
    return Event(tick, bytes([controller, _SUSTAIN, 0])) if held else None
