"""What has to sound when. Pure: no clock, no output, no thread; times come in, timed messages go out.

The schedule is advanced a little ahead of the time that is playing. A note's release is not handed out with its
beginning but kept by the note's id until it is due, so that an edit, a mute or a stop can bring it forward. Every note
begun is released exactly once: that is what keeps notes from hanging.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.player.messages import Part, PlayedNote, SetOverlay
from app.player.part_notes import SUSTAIN, PartNotes
from models.music.time import TempoMap

SHORTEST = 0.001  # seconds: a note of no length must still begin before it ends
TAIL_SECONDS = 1.0  # playing goes on this long after the last note
SHORTEST_LOOP = 0.01  # seconds: what is shorter is not repeated


@dataclass(frozen=True, slots=True)
class Timed:
    """A MIDI message to be sent at `time` (seconds of the schedule's clock)."""

    time: float
    data: bytes


@dataclass(slots=True)
class _Voice:
    """A note that has been begun and not yet released."""

    channel: int
    pitch: int
    release: int
    began: float
    end_tick: int
    end: float  # when it is to be released

    def off(self) -> bytes:
        return bytes([0x80 | self.channel, self.pitch, self.release])


@dataclass(frozen=True, slots=True)
class _Released:
    """A release that has been handed out but not been sent yet: a stop takes it back and has to give it again."""

    channel: int
    pitch: int
    began: float
    time: float
    data: bytes


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From `time` on the music goes on from `tick`, at the speeds of `tempos`."""

    time: float
    tick: float
    tempos: TempoMap

    def time_of(self, tick: float) -> float:
        return self.time + self.tempos.seconds(tick) - self.tempos.seconds(self.tick)

    def tick_at(self, time: float) -> float:
        return self.tempos.tick(self.tempos.seconds(self.tick) + time - self.time)


class Schedule:
    """The song as the player knows it, and how far it has been handed out.

    Whoever takes back what has been handed out must call stop(), and the other way round.
    """

    def __init__(self) -> None:
        self.tempos = TempoMap(480)
        self.playing = False
        self.loop: tuple[int, int] | None = None
        self._parts: dict[int, PartNotes] = {}
        self._overlay: SetOverlay | None = None
        self._voices: dict[tuple[int, int], _Voice] = {}  # by part and note id
        self._released: list[_Released] = []
        self._cursor = 0  # everything before this tick has been handed out
        self._stretches = [_Stretch(0.0, 0, self.tempos)]  # the last is where notes are handed out; in order of time
        self._resting = 0

    # --- the music

    def set_parts(self, parts: Iterable[Part], now: float) -> list[Timed]:
        """Exchange the parts; what may sound no longer is released, what changed gets its programme, at `now`."""
        old, self._parts = self._parts, {}
        fresh = []
        for part in parts:
            notes = old.get(part.id) or PartNotes(part)
            if part.id not in old or notes.changes(part):
                fresh.append(notes)
            notes.exchange_part(part)
            self._parts[part.id] = notes
            over = self._overlay if self._overlay is not None and self._overlay.part_id == part.id else None
            notes.lay_over(over)
        released = self._release_gone(now)
        tick = int(self.tick(now))
        return released + [Timed(now, data) for notes in fresh if notes.part.audible for data in notes.chase(tick)]

    def set_bars(self, part_id: int, bars: dict[int, tuple[PlayedNote, ...]], now: float) -> list[Timed]:
        """Exchange bars of a part; notes that sound and are gone are released at `now`, others get their new end."""
        if part_id in self._parts:
            self._parts[part_id].exchange_bars(bars)
        return self._release_gone(now)

    def set_tempo(self, tempos: TempoMap, now: float) -> None:
        """Change the tempo map. What has been handed out stays; what follows it comes at the new speed."""
        if self.tempos.ticks_per_quarter == tempos.ticks_per_quarter and self.playing:
            stretch = self._stretches[-1]
            self._stretches.append(_Stretch(max(stretch.time_of(self._cursor), stretch.time), self._cursor, tempos))
            for voice in self._voices.values():
                voice.end = max(self._stretches[-1].time_of(voice.end_tick), now)
        elif self.playing:
            # Another song's ticks: nothing that was reckoned in the old ones holds.
            self._stretches = [_Stretch(now, round(self.tick(now)), tempos)]
            self._cursor = round(self._stretches[-1].tick)
            for voice in self._voices.values():
                voice.end = now
        self.tempos = tempos

    def set_overlay(self, overlay: SetOverlay | None, now: float) -> list[Timed]:
        """Lay notes over a part, or take them away."""
        moved = []
        for part_id, notes in self._parts.items():
            before = notes.controls
            notes.lay_over(overlay if overlay is not None and overlay.part_id == part_id else None)
            if self.playing and notes.part.audible and notes.controls != before:
                # Behind what has been handed out the pedal stands as it would, had this held all the time.
                handed = max(now, self._stretches[-1].time_of(self._cursor))
                moved.append(Timed(handed, notes.pedal(self._cursor)))
        self._overlay = overlay
        return moved + self._release_gone(now)

    @property
    def overlay(self) -> SetOverlay | None:
        return self._overlay

    @property
    def end(self) -> int:
        """The tick at which the last note that begins has ended."""
        ends = [notes.end for notes in self._parts.values()]
        if self._overlay is not None:
            ends += [note[2] for note in self._overlay.notes]
        return max(ends, default=0)

    # --- the transport

    def start(self, tick: int, now: float) -> list[Timed]:
        """Begin at `tick`; returns the programmes and controllers that hold there."""
        if self.loop is not None and tick >= self.loop[1]:
            tick = self.loop[0]
        self.playing, self._cursor, self._resting = True, tick, tick
        self._stretches = [_Stretch(now, tick, self.tempos)]
        return self.chase(tick, now)

    def stop(self, now: float, sent_until: float | None = None) -> list[Timed]:
        """Stop where the music is: every note that sounds is released, pedals and bends go back.

        What was handed out for later than `now` is taken to have been taken back; where that came too late for what
        was due until `sent_until`, this may or may not have been sent.
        """
        self._resting, self.playing = int(self.tick(now)), False
        sent_until = now if sent_until is None else sent_until
        offs = [voice.off() for voice in self._voices.values() if voice.began <= sent_until]
        offs += [each.data for each in self._released if each.began <= sent_until and each.time > now]
        channels = sorted({channel for notes in self._parts.values() for channel in notes.channels})
        self._voices.clear()
        self._released.clear()
        return [Timed(now, data) for data in offs + [data for channel in channels for data in _at_rest(channel)]]

    def rest(self, tick: int) -> None:
        """Wait at `tick`; only while nothing plays."""
        self._resting = tick

    def can_loop(self, loop: tuple[int, int] | None) -> bool:
        """Whether the loop can be set while playing goes on: nothing behind its end has been handed out."""
        return not self.playing or loop is None or self._cursor <= loop[1]

    def tick(self, time: float) -> float:
        """Where the music is at `time`, wrapped into the loop."""
        if not self.playing:
            return self._resting
        stretch = self._stretch(time)
        return stretch.tick_at(max(time, stretch.time))

    def rate(self, time: float) -> float:
        """Ticks a second at `time`."""
        tempos = self._stretch(time).tempos if self.playing else self.tempos
        return tempos.bpm(int(self.tick(time))) / 60 * tempos.ticks_per_quarter

    def finished(self, now: float) -> bool:
        """Whether the last note has been over for a while and nothing is looped."""
        if not self.playing or self.loop is not None or self._voices:
            return False
        last = self._stretches[-1]
        return now > last.time_of(max(self.end, last.tick)) + TAIL_SECONDS

    def advance(self, now: float, horizon: float) -> list[Timed]:
        """Everything that is due before `horizon` and has not been handed out, in order of time."""
        self._forget(now)
        messages: list[Timed] = []
        while self.playing:
            last = self._stretches[-1]
            # The last stretch may begin behind the horizon, where the tempo changed.
            end = max(int(last.tick_at(max(horizon, last.time))) + 1, self._cursor) if horizon >= last.time else 0
            loop = self._turns()
            if loop is None or self._cursor > loop[1] or end < loop[1]:
                self._hand_out(end, messages)
                break
            self._hand_out(loop[1], messages)
            turn = last.time_of(loop[1])
            # Nothing rings over the turn, whatever its end says.
            messages += [self._let_go(key, turn) for key in list(self._voices)]
            self._stretches.append(_Stretch(turn, loop[0], self.tempos))
            self._cursor = loop[0]
            messages += self.chase(loop[0], turn)
        messages += [
            self._let_go(key, voice.end) for key, voice in list(self._voices.items()) if self._ends(voice) < horizon
        ]
        # Releases before beginnings where they meet, or a repeated note would be cut off by the one before it.
        messages.sort(key=lambda message: (message.time, message.data[0] & 0xF0 == 0x90))
        return messages

    def chase(self, tick: int, time: float) -> list[Timed]:
        """Programme, controllers and bend of every part that sounds, as they stand just before `tick`."""
        parts = [notes for notes in self._parts.values() if notes.part.audible]
        return [Timed(time, data) for notes in parts for data in notes.chase(tick)]

    # --- inside

    def _turns(self) -> tuple[int, int] | None:
        """The loop, where it is long enough to be played."""
        if self.loop is None:
            return None
        start, end = (self.tempos.seconds(tick) for tick in self.loop)
        return self.loop if end - start >= SHORTEST_LOOP else None

    def _stretch(self, time: float) -> _Stretch:
        return next((each for each in reversed(self._stretches) if each.time <= time), self._stretches[0])

    def _forget(self, now: float) -> None:
        """Drop what lies before `now` and can matter no more."""
        self._stretches = self._stretches[self._stretches.index(self._stretch(now)) :]
        self._released = [each for each in self._released if each.time > now]

    def _hand_out(self, end: int, messages: list[Timed]) -> None:
        start = self._cursor
        if end <= start:
            return
        last = self._stretches[-1]
        begun: list[tuple[int, PlayedNote]] = []
        for part_id, notes in self._parts.items():
            if notes.part.audible:
                messages += [Timed(last.time_of(tick), data) for tick, data in notes.controls_between(start, end)]
                begun += [(part_id, note) for note in self._notes(part_id, notes, start, end)]
        # Over all parts in order of time, since several may share a channel; of equal keys at once the longest counts.
        begun.sort(key=lambda pair: (pair[1][1], -pair[1][2]))
        for part_id, note in begun:
            self._begin((part_id, note[0]), note, last.time_of(note[1]), messages)
        self._cursor = end

    def _notes(self, part_id: int, notes: PartNotes, start: int, end: int) -> Iterator[PlayedNote]:
        overlay = self._overlay
        if overlay is None or overlay.part_id != part_id:
            yield from notes.onsets(start, end)
            return
        yield from (note for note in notes.onsets(start, end) if not overlay.start <= note[1] < overlay.end)
        yield from (note for note in overlay.notes if start <= note[1] < end)

    def _begin(self, key: tuple[int, int], note: PlayedNote, time: float, messages: list[Timed]) -> None:
        _, _, end, pitch, velocity, channel, release = note
        # The same key of the same channel can sound but once, and what has been handed out cannot be taken back.
        for other, voice in list(self._voices.items()):
            if other == key or (voice.channel == channel and voice.pitch == pitch):
                if other != key and time < voice.began + SHORTEST:
                    return
                messages.append(self._let_go(other, min(self._ends(voice), time)))
        time = max([time, *(each.time for each in self._released if (each.channel, each.pitch) == (channel, pitch))])
        messages.append(Timed(time, bytes([0x90 | channel, pitch, max(velocity, 1)])))
        self._voices[key] = _Voice(channel, pitch, release, time, end, self._stretches[-1].time_of(end))

    def _release_gone(self, now: float) -> list[Timed]:
        """Release what sounds but should not any more; move the ends that were edited."""
        released = []
        for key, voice in list(self._voices.items()):
            notes = self._parts.get(key[0])
            note = self._find(key) if notes is not None and notes.part.audible else None
            if note is None or note[3] != voice.pitch or note[5] != voice.channel:
                released.append(self._let_go(key, now))
            elif note[2] != voice.end_tick:
                voice.end_tick = note[2]
                voice.end = max(self._stretches[-1].time_of(note[2]), now)
        return released

    def _find(self, key: tuple[int, int]) -> PlayedNote | None:
        part_id, note_id = key
        overlay = self._overlay if self._overlay is not None and self._overlay.part_id == part_id else None
        if note_id < 0:
            return next((note for note in overlay.notes if note[0] == note_id), None) if overlay else None
        note = self._parts[part_id].by_id.get(note_id)
        hidden = note is not None and overlay is not None and overlay.start <= note[1] < overlay.end
        return None if hidden else note

    def _ends(self, voice: _Voice) -> float:
        return max(voice.end, voice.began + SHORTEST)

    def _let_go(self, key: tuple[int, int], time: float) -> Timed:
        """Take the voice away: its release, at `time` or as soon after its beginning as can be."""
        voice = self._voices.pop(key)
        time = max(min(time, self._ends(voice)), voice.began + SHORTEST)
        self._released.append(_Released(voice.channel, voice.pitch, voice.began, time, voice.off()))
        return Timed(time, voice.off())


def _at_rest(channel: int) -> tuple[bytes, ...]:
    """Pedal up and bend in the middle."""
    return bytes([0xB0 | channel, SUSTAIN, 0]), bytes([0xE0 | channel, 0, 64])


def panic_messages(channel: int) -> list[bytes]:
    """All notes of a channel off, one by one as well, for synthesisers that ignore the collective messages."""
    messages = [*_at_rest(channel), bytes([0xB0 | channel, 123, 0]), bytes([0xB0 | channel, 120, 0])]
    return messages + [bytes([0x80 | channel, pitch, 64]) for pitch in range(128)]
