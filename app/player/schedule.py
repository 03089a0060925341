"""What has to sound when. Pure: no clock, no output, no thread; times come in, timed messages go out.

The schedule is advanced a little ahead of the time that is playing. A note's release is not handed out with its
beginning but kept by the note's id until it is due, so that an edit, a mute or a stop can bring it forward. Every note
begun is released exactly once: that is what keeps notes from hanging.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.player.messages import Part, PlayedNote, SetOverlay
from models.music.time import TempoMap

SUSTAIN = 64
SHORTEST = 0.001  # seconds: a note of no length must still begin before it ends
TAIL_SECONDS = 1.0  # playing goes on this long after the last note


@dataclass(frozen=True, slots=True)
class Timed:
    """A MIDI message to be sent at `time` (seconds of the schedule's clock)."""

    time: float
    data: bytes


@dataclass
class _Voice:
    """A note that has been begun and not yet released."""

    part_id: int
    channel: int
    pitch: int
    release: int
    began: float
    end_tick: int
    end: float  # when it is to be released


@dataclass
class _PartNotes:
    """A part's notes: by bar, and by id."""

    part: Part
    bars: dict[int, tuple[PlayedNote, ...]] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)  # bars, sorted
    firsts: list[int] = field(default_factory=list)  # first onset of each of them
    by_id: dict[int, PlayedNote] = field(default_factory=dict)

    def exchange(self, bars: dict[int, tuple[PlayedNote, ...]]) -> None:
        for bar in bars:
            for note in self.bars.pop(bar, ()):
                self.by_id.pop(note[0], None)
        # Only then: a note that moved from one of these bars to another keeps its id.
        for bar, notes in bars.items():
            if notes:
                self.bars[bar] = notes
                self.by_id.update((note[0], note) for note in notes)
        self.order = sorted(self.bars)
        self.firsts = [self.bars[bar][0][1] for bar in self.order]

    def onsets(self, start: int, end: int) -> Iterator[PlayedNote]:
        """The notes that begin in [start, end)."""
        for index in range(max(bisect_right(self.firsts, start) - 1, 0), len(self.order)):
            if self.firsts[index] >= end:
                return
            for note in self.bars[self.order[index]]:
                if start <= note[1] < end:
                    yield note


class Schedule:
    """The song as the player knows it, and how far it has been handed out."""

    def __init__(self) -> None:
        self.tempos = TempoMap(480)
        self.playing = False
        self.loop: tuple[int, int] | None = None
        self._parts: dict[int, _PartNotes] = {}
        self._overlay: SetOverlay | None = None
        self._voices: dict[tuple[int, int], _Voice] = {}  # by part and note id
        self._cursor = 0  # everything before this tick has been handed out
        self._anchor_tick, self._anchor_time = 0, 0.0
        self._horizon = 0.0

    # --- the music

    def set_parts(self, parts: Iterable[Part], now: float) -> list[Timed]:
        """Exchange the parts; what no longer may sound is released at `now`."""
        old = self._parts
        self._parts = {}
        for part in parts:
            notes = old.get(part.id) or _PartNotes(part)
            notes.part = part
            self._parts[part.id] = notes
        return self._release_gone(now)

    def set_bars(self, part_id: int, bars: dict[int, tuple[PlayedNote, ...]], now: float) -> list[Timed]:
        """Exchange bars of a part; notes that sound and are gone are released at `now`, others get their new end."""
        if part_id in self._parts:
            self._parts[part_id].exchange(bars)
        return self._release_gone(now)

    def set_tempo(self, tempos: TempoMap, now: float) -> None:
        """Change the tempo map, the music going on from where it is."""
        if self.playing:
            tick = self.tick(now)
            self.tempos = tempos
            # What has been handed out stays; the next notes follow at the new speed from here.
            self._anchor_tick, self._anchor_time = round(tick), now
            for voice in self._voices.values():
                voice.end = max(self._time(voice.end_tick), voice.began)
        else:
            self.tempos = tempos

    def set_overlay(self, overlay: SetOverlay | None, now: float) -> list[Timed]:
        """Lay notes over a part, or take them away."""
        self._overlay = overlay
        return self._release_gone(now)

    @property
    def overlay(self) -> SetOverlay | None:
        return self._overlay

    @property
    def end(self) -> int:
        """The tick at which the last note ends."""
        ends = [max(note[2] for note in notes.bars[notes.order[-1]]) for notes in self._parts.values() if notes.order]
        if self._overlay is not None:
            ends += [note[2] for note in self._overlay.notes]
        return max(ends, default=0)

    # --- the transport

    def start(self, tick: int, now: float) -> list[Timed]:
        """Begin at `tick`; returns the programmes and controllers that hold there."""
        if self.loop is not None and tick >= self.loop[1]:
            tick = self.loop[0]
        self.playing = True
        self._cursor, self._anchor_tick, self._anchor_time, self._horizon = tick, tick, now, now
        return self.chase(tick, now)

    def stop(self, now: float) -> list[Timed]:
        """Stop: every note that sounds is released, pedals and bends go back."""
        self.playing = False
        # Beginnings that were handed out ahead are taken back by the caller, so all releases are due now.
        messages = [Timed(now, _release(voice)) for voice in self._voices.values()]
        self._voices.clear()
        return messages + [Timed(now, data) for channel in self._channels() for data in _at_rest(channel)]

    def rest(self, tick: int) -> None:
        """Wait at `tick`."""
        self.playing, self._cursor = False, tick

    def tick(self, time: float) -> float:
        """Where the music is at `time`, wrapped into the loop."""
        if not self.playing:
            return self._cursor
        if time < self._anchor_time and self.loop is not None:
            # The schedule has gone round already, ahead of what is heard.
            end = self.tempos.seconds(self.loop[1])
            return max(self.tempos.tick(end - (self._anchor_time - time)), self.loop[0])
        return self.tempos.tick(self.tempos.seconds(self._anchor_tick) + max(time - self._anchor_time, 0))

    def rate(self, time: float) -> float:
        """Ticks a second at `time`."""
        return self.tempos.bpm(int(self.tick(time))) / 60 * self.tempos.ticks_per_quarter

    def finished(self, now: float) -> bool:
        """Whether the last note has been over for a while and nothing is looped."""
        return (
            self.playing
            and self.loop is None
            and not self._voices
            and now > self._time(max(self.end, self._anchor_tick)) + TAIL_SECONDS
        )

    def advance(self, horizon: float) -> list[Timed]:
        """Everything that is due before `horizon` and has not been handed out, in order of time."""
        messages: list[Timed] = []
        while self.playing:
            limit = self.tempos.tick(self.tempos.seconds(self._anchor_tick) + horizon - self._anchor_time)
            end = int(limit) + 1
            if self.loop is None or self._cursor >= self.loop[1] or end < self.loop[1]:
                self._hand_out(end, messages)
                break
            self._hand_out(self.loop[1], messages)
            turn = self._time(self.loop[1])
            # Nothing rings over the turn, whatever its end says.
            messages += [self._off(voice, min(voice.end, turn)) for voice in self._voices.values()]
            self._voices.clear()
            self._anchor_tick, self._anchor_time, self._cursor = self.loop[0], turn, self.loop[0]
            messages += self.chase(self.loop[0], turn)
        self._horizon = horizon
        messages += self._due(horizon)
        # Releases before beginnings where they meet, or a repeated note would be cut off by the one before it.
        messages.sort(key=lambda message: (message.time, message.data[0] & 0xF0 == 0x90))
        return messages

    # --- inside

    def _time(self, tick: float) -> float:
        return self._anchor_time + self.tempos.seconds(tick) - self.tempos.seconds(self._anchor_tick)

    def _hand_out(self, end: int, messages: list[Timed]) -> None:
        start = self._cursor
        if end <= start:
            return
        for part_id, notes in self._parts.items():
            if not notes.part.audible:
                continue
            for tick, data in _between(notes.part.controls, start, end):
                messages.append(Timed(self._time(tick), data))
            for note in self._notes(part_id, notes, start, end):
                self._begin(part_id, note, messages)
        self._cursor = end

    def _notes(self, part_id: int, notes: _PartNotes, start: int, end: int) -> Iterator[PlayedNote]:
        overlay = self._overlay
        if overlay is None or overlay.part_id != part_id:
            yield from notes.onsets(start, end)
            return
        yield from (note for note in notes.onsets(start, end) if not overlay.start <= note[1] < overlay.end)
        yield from (note for note in overlay.notes if start <= note[1] < end)

    def _begin(self, part_id: int, note: PlayedNote, messages: list[Timed]) -> None:
        note_id, onset, end, pitch, velocity, channel, release = note
        time = self._time(onset)
        for key, voice in list(self._voices.items()):
            # The same key of the same channel can sound but once.
            if voice.channel == channel and voice.pitch == pitch:
                messages.append(Timed(max(min(voice.end, time), voice.began), _release(voice)))
                del self._voices[key]
        messages.append(Timed(time, bytes([0x90 | channel, pitch, max(velocity, 1)])))
        self._voices[part_id, note_id] = _Voice(part_id, channel, pitch, release, time, end, self._time(end))

    def _due(self, horizon: float) -> list[Timed]:
        due = [(key, voice) for key, voice in self._voices.items() if voice.end < horizon]
        for key, _ in due:
            del self._voices[key]
        return [self._off(voice, voice.end) for _, voice in due]

    def _release_gone(self, now: float) -> list[Timed]:
        """Release what sounds but should not any more; move the ends that were edited."""
        released = []
        for key, voice in list(self._voices.items()):
            notes = self._parts.get(key[0])
            note = self._find(key) if notes is not None and notes.part.audible else None
            if note is None or note[3] != voice.pitch:
                released.append(self._off(voice, max(now, voice.began)))
                del self._voices[key]
            elif note[2] != voice.end_tick:
                voice.end_tick = note[2]
                voice.end = max(self._time(note[2]), now)
        return released

    def _find(self, key: tuple[int, int]) -> PlayedNote | None:
        part_id, note_id = key
        overlay = self._overlay if self._overlay is not None and self._overlay.part_id == part_id else None
        if note_id < 0:
            return next((note for note in overlay.notes if note[0] == note_id), None) if overlay else None
        note = self._parts[part_id].by_id.get(note_id)
        hidden = note is not None and overlay is not None and overlay.start <= note[1] < overlay.end
        return None if hidden else note

    def _off(self, voice: _Voice, time: float) -> Timed:
        return Timed(max(time, voice.began + SHORTEST), _release(voice))

    def _channels(self) -> list[int]:
        return sorted({notes.part.channel for notes in self._parts.values()})

    def chase(self, tick: int, time: float) -> list[Timed]:
        """Programme, controllers and bend of every part as they stand just before `tick`."""
        messages = []
        for notes in self._parts.values():
            part = notes.part
            state: dict[tuple[int, int], bytes] = {}
            if part.programme is not None:
                state[0xC0 | part.channel, 0] = bytes([0xC0 | part.channel, part.programme])
            for _, data in part.controls[: bisect_left(part.controls, tick, key=lambda pair: pair[0])]:
                kind = data[0] & 0xF0
                if kind in (0xB0, 0xC0, 0xD0, 0xE0):
                    state[data[0], data[1] if kind == 0xB0 else 0] = data
            # Bank selects before the programme they belong to.
            ordered = sorted(state.items(), key=lambda item: (item[0][0] & 0xF0 != 0xB0, item[0]))
            messages += [Timed(time, data) for _, data in ordered]
        return messages


def _between(controls: tuple[tuple[int, bytes], ...], start: int, end: int) -> tuple[tuple[int, bytes], ...]:
    low = bisect_left(controls, start, key=lambda pair: pair[0])
    return controls[low : bisect_left(controls, end, key=lambda pair: pair[0])]


def _release(voice: _Voice) -> bytes:
    return bytes([0x80 | voice.channel, voice.pitch, voice.release])


def _at_rest(channel: int) -> tuple[bytes, ...]:
    """Pedal up and bend in the middle."""
    return bytes([0xB0 | channel, SUSTAIN, 0]), bytes([0xE0 | channel, 0, 64])


def panic_messages() -> list[bytes]:
    """All notes of all channels off, one by one as well, for synthesisers that ignore the collective messages."""
    messages = []
    for channel in range(16):
        messages += [*_at_rest(channel), bytes([0xB0 | channel, 123, 0]), bytes([0xB0 | channel, 120, 0])]
        messages += [bytes([0x80 | channel, pitch, 64]) for pitch in range(128)]
    return messages
