"""The schedule: what is handed out, and that whatever begins is released."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.player.messages import Part, PlayedNote, SetOverlay
from app.player.schedule import SHORTEST, TAIL_SECONDS, Schedule, Timed, panic_messages
from models.music.time import TempoChange, TempoMap

QUARTER = 480  # ticks; half a second at the tempo there is without a tempo map
AHEAD = 0.06
STEP = 0.01


def note(number: int, onset: int, end: int, pitch: int = 60, channel: int = 0) -> PlayedNote:
    return number, onset, end, pitch, 80, channel, 64


class Rig:
    """A schedule with an output that keeps what was sent when, and a clock that is turned by hand."""

    def __init__(self, *notes: PlayedNote, part: Part | None = None) -> None:
        self.schedule = Schedule()
        self.now = 10.0
        self.sent: list[Timed] = []  # in the order in which it goes out
        self._queue: list[Timed] = []
        self.add(self.schedule.set_parts((part or Part(1, True, 0, None),), self.now))
        self.bars(*notes)

    def bars(self, *notes: PlayedNote, part_id: int = 1, others: Iterable[int] = ()) -> None:
        """The part has these notes and no others; `others` are bars that had some."""
        bars: dict[int, tuple[PlayedNote, ...]] = dict.fromkeys(others, ())
        for each in sorted(notes, key=lambda each: each[1]):
            bar = each[1] // (4 * QUARTER)
            bars[bar] = (*bars.get(bar, ()), each)
        self.add(self.schedule.set_bars(part_id, bars, self.now))

    def add(self, messages: Iterable[Timed]) -> None:
        self._queue += messages

    def play(self, tick: int = 0) -> None:
        self.add(self.schedule.start(tick, self.now))

    def run(self, seconds: float) -> None:
        """Let time pass in the player's steps."""
        for _ in range(round(seconds / STEP)):
            if self.schedule.playing:
                self.add(self.schedule.advance(self.now, self.now + AHEAD))
            self.now += STEP
            self.send()

    def send(self) -> None:
        """Send what is due, as the outputs do: by time, and in order of arrival where that is equal."""
        due = [each for each in self._queue if each.time <= self.now]
        self._queue = [each for each in self._queue if each.time > self.now]
        self.sent += sorted(due, key=lambda each: each.time)

    def stop(self) -> None:
        self.send()
        self._queue.clear()  # what is due later is taken back
        self.add(self.schedule.stop(self.now))
        self.send()

    def notes(self) -> list[tuple[float, str, int]]:
        """What was sent of notes: seconds from the start, on or off, pitch."""
        return [
            (round(each.time - 10.0, 4), "on" if each.data[0] & 0xF0 == 0x90 else "off", each.data[1])
            for each in self.sent
            if each.data[0] & 0xF0 in (0x80, 0x90)
        ]

    def controls(self) -> list[tuple[float, bytes]]:
        return [(round(each.time - 10.0, 4), each.data) for each in self.sent if each.data[0] & 0xF0 >= 0xB0]


def sounding(messages: Iterable[Timed]) -> set[tuple[int, int]]:
    """The keys that sound after `messages`; fails where one begins twice or is released without having begun."""
    keys: set[tuple[int, int]] = set()
    for message in messages:
        key = message.data[0] & 0x0F, message.data[1]
        if message.data[0] & 0xF0 == 0x90:
            assert key not in keys, f"{key} begins while it sounds"
            keys.add(key)
        elif message.data[0] & 0xF0 == 0x80:
            assert key in keys, f"{key} is released twice"
            keys.remove(key)
    return keys


def test_notes_are_handed_out_at_their_times() -> None:
    rig = Rig(note(1, 0, 480), note(2, 480, 960, 62))
    rig.play()
    rig.run(1.5)
    assert rig.notes() == [(0.0, "on", 60), (0.5, "off", 60), (0.5, "on", 62), (1.0, "off", 62)]


def test_playing_from_the_middle_leaves_out_what_came_before() -> None:
    rig = Rig(note(1, 0, 480), note(2, 480, 960, 62), note(3, 720, 960, 64))
    rig.play(500)
    rig.run(1.0)
    assert [(kind, pitch) for _, kind, pitch in rig.notes()] == [("on", 64), ("off", 64)]


def test_a_stop_releases_what_sounds_and_what_was_about_to_be_released() -> None:
    rig = Rig(note(1, 0, 480), note(2, 0, 500, 62), note(3, 490, 960, 64))
    rig.play()
    rig.run(0.48)  # the first release, and the beginning of the third, have been handed out for later
    rig.stop()
    assert sorted(rig.notes()[2:]) == [(0.48, "off", 60), (0.48, "off", 62)]
    assert sounding(rig.sent) == set()
    assert rig.controls() == [(0.48, bytes([0xB0, 64, 0])), (0.48, bytes([0xE0, 0, 64]))]


def test_a_stop_stays_where_the_music_is() -> None:
    rig = Rig(note(1, 0, 4800))
    rig.play()
    rig.run(1.0)
    rig.stop()
    assert rig.schedule.tick(rig.now + 5) == pytest.approx(960, abs=1)


def test_the_loop_turns_without_a_gap_and_nothing_rings_over_it() -> None:
    rig = Rig(note(1, 0, 4800), note(2, 480, 600, 62))
    rig.schedule.loop = (0, 960)
    rig.play()
    rig.run(2.5)
    assert rig.notes()[:8] == [
        (0.0, "on", 60),
        (0.5, "on", 62),
        (0.625, "off", 62),
        (1.0, "off", 60),
        (1.0, "on", 60),
        (1.5, "on", 62),
        (1.625, "off", 62),
        (2.0, "off", 60),
    ]
    rig.stop()
    assert sounding(rig.sent) == set()


def test_the_position_goes_round_with_the_loop_although_the_schedule_is_ahead() -> None:
    rig = Rig(note(1, 0, 100))
    rig.schedule.loop = (480, 960)
    rig.play(480)
    positions = []
    for _ in range(120):
        rig.run(STEP)
        positions.append(rig.schedule.tick(rig.now))
    assert all(480 <= position < 960 for position in positions)
    assert positions[47] == pytest.approx(480 + 0.48 * 960, abs=2)  # the next turn has been handed out by now
    assert positions[54] == pytest.approx(480 + 0.05 * 960, abs=2)


def test_a_loop_that_is_too_short_to_play_is_not_repeated() -> None:
    rig = Rig(note(1, 0, 100), note(2, 480, 490))
    rig.schedule.loop = (0, 1)
    rig.play()
    rig.run(1.0)
    assert len(rig.notes()) == 4


def test_a_loop_behind_what_was_handed_out_can_be_set_while_playing() -> None:
    rig = Rig(note(1, 0, 100))
    rig.play()
    rig.run(0.5)
    assert rig.schedule.can_loop((0, 960))
    assert rig.schedule.can_loop(None)
    assert not rig.schedule.can_loop((0, 500))


def test_tempo_changes_of_the_song_are_kept() -> None:
    rig = Rig(note(1, 480, 960), note(2, 960, 1440, 62))
    rig.schedule.set_tempo(TempoMap(QUARTER, (TempoChange(0, 500_000), TempoChange(480, 1_000_000))), rig.now)
    rig.play()
    rig.run(3)
    assert rig.notes() == [(0.5, "on", 60), (1.5, "off", 60), (1.5, "on", 62), (2.5, "off", 62)]


def test_a_tempo_that_changes_while_playing_holds_from_what_has_not_been_handed_out() -> None:
    rig = Rig(note(1, 0, 960), note(2, 960, 1440, 62))
    rig.play()
    rig.run(0.5)
    rig.schedule.set_tempo(TempoMap(QUARTER, (TempoChange(0, 250_000),)), rig.now)
    before = rig.schedule.tick(rig.now)
    assert before == pytest.approx(480, abs=1)
    rig.run(0.02)
    assert rig.schedule.tick(rig.now) == pytest.approx(500, abs=2)  # what was handed out is heard at the old tempo
    rig.run(2)
    ahead = 0.05  # of the horizon when the tempo changed
    (on, off, next_on, next_off) = (time for time, _, _ in rig.notes())
    assert (on, off) == (0.0, pytest.approx(0.5 + ahead + (0.5 - ahead) / 2, abs=0.004))
    assert (next_on, next_off - next_on) == (off, pytest.approx(0.25, abs=0.001))


def test_a_much_faster_tempo_leaves_nothing_hanging() -> None:
    rig = Rig(*(note(number, number * 20, number * 20 + 20) for number in range(200)))
    rig.play()
    for bpm in (10, 2000, 3, 30_000, 60):
        rig.run(0.1)
        rig.schedule.set_tempo(TempoMap(QUARTER, (TempoChange(0, 60_000_000 // bpm),)), rig.now)
    rig.run(0.1)
    rig.stop()
    assert sounding(rig.sent) == set()


@pytest.mark.parametrize("silence", ["mute", "solo of another", "track gone", "note gone", "note at another pitch"])
def test_what_may_sound_no_longer_is_released_at_once(silence: str) -> None:
    rig = Rig(note(1, 0, 4800))
    rig.play()
    rig.run(0.5)
    match silence:
        case "mute":
            rig.add(rig.schedule.set_parts((Part(1, False, 0, None),), rig.now))
        case "solo of another":
            rig.add(rig.schedule.set_parts((Part(1, False, 0, None), Part(2, True, 1, None)), rig.now))
        case "track gone":
            rig.add(rig.schedule.set_parts((), rig.now))
        case "note gone":
            rig.bars(others=[0])
        case _:
            rig.bars(note(1, 0, 4800, 61))
    rig.run(1.0)
    assert rig.notes() == [(0.0, "on", 60), (0.5, "off", 60)]


def test_a_sounding_note_gets_its_new_end() -> None:
    for end, expected in ((720, 0.75), (960, 1.0), (100, 0.5)):
        rig = Rig(note(1, 0, 4800))
        rig.play()
        rig.run(0.5)
        rig.bars(note(1, 0, end))
        rig.run(1.0)
        assert rig.notes() == [(0.0, "on", 60), (expected, "off", 60)]


def test_an_edit_ahead_of_the_music_is_heard() -> None:
    rig = Rig(note(1, 0, 480), note(2, 960, 1440))
    rig.play()
    rig.run(0.8)
    rig.bars(note(1, 0, 480), note(2, 960, 1440, 67), note(3, 1200, 1440, 72))
    rig.run(1.0)
    assert [pitch for _, kind, pitch in rig.notes() if kind == "on"] == [60, 67, 72]


def test_a_note_that_moves_to_a_bar_of_an_earlier_message_is_still_known() -> None:
    rig = Rig(note(1, 0, 4800), note(2, 8 * QUARTER, 9 * QUARTER, 62))
    moved = note(2, 10, 4800, 62)
    rig.add(rig.schedule.set_bars(1, {0: (note(1, 0, 4800), moved)}, rig.now))
    rig.add(rig.schedule.set_bars(1, {2: ()}, rig.now))
    rig.play()
    rig.run(0.5)
    rig.add(rig.schedule.set_bars(1, {5: ()}, rig.now))  # any edit: what sounds is looked up
    rig.run(0.5)
    assert [kind for _, kind, _ in rig.notes()] == ["on", "on"]


def test_an_overlay_stands_in_for_the_notes_of_its_span() -> None:
    rig = Rig(note(1, 0, 240), note(2, 480, 720, 62), note(3, 960, 1200, 64))
    overlay = SetOverlay(1, 480, 960, (note(-1, 480, 600, 70), note(-2, 700, 900, 71)))
    rig.add(rig.schedule.set_overlay(overlay, rig.now))
    rig.play()
    rig.run(1.5)
    assert [pitch for _, kind, pitch in rig.notes() if kind == "on"] == [60, 70, 71, 64]
    assert sounding(rig.sent) == set()


def test_the_pedal_of_an_overlay_stands_in_for_the_parts_own_and_never_stays_down() -> None:
    def pedal(tick: int, value: int) -> tuple[int, bytes]:
        return tick, bytes([0xB0, 64, value])

    controls = (pedal(0, 127), pedal(400, 0), pedal(600, 127), (700, b"\xb0\x07\x50"), pedal(900, 0))
    part = Part(1, True, 0, None, controls)
    rig = Rig(note(1, 0, 3000), part=part)
    laid = SetOverlay(1, 480, 960, (note(-1, 480, 600, 70),), (pedal(500, 127), pedal(800, 0)))
    rig.add(rig.schedule.set_overlay(laid, rig.now))
    began = rig.now
    rig.play()
    rig.run(1.1)
    moves = [(round((each.time - began) * 960), each.data[2]) for each in rig.sent if each.data[:2] == b"\xb0\x40"]
    assert moves == [(0, 127), (400, 0), (500, 127), (800, 0)]
    assert b"\xb0\x07\x50" in [each.data for each in rig.sent]

    # It goes while its pedal is down, or about to be: then the part's own holds, which is up here.
    for seconds in (0.45, 0.53, 0.6):
        rig = Rig(note(1, 0, 3000), part=replace(part, controls=controls[:2]))
        rig.add(rig.schedule.set_overlay(laid, rig.now))
        rig.play()
        rig.run(seconds)
        rig.add(rig.schedule.set_overlay(None, rig.now))
        rig.run(0.2)
        assert [each.data[2] for each in rig.sent if each.data[:2] == b"\xb0\x40"][-1] == 0


def test_an_overlay_that_comes_or_goes_releases_what_it_hides_or_was() -> None:
    rig = Rig(note(1, 0, 9600))
    rig.play()
    rig.run(0.5)
    rig.add(rig.schedule.set_overlay(SetOverlay(1, 0, 9600, (note(-1, 600, 9600, 70),)), rig.now))
    rig.run(0.5)
    rig.add(rig.schedule.set_overlay(None, rig.now))
    rig.run(0.5)
    assert rig.notes() == [(0.0, "on", 60), (0.5, "off", 60), (0.625, "on", 70), (1.0, "off", 70)]


def test_programmes_controllers_and_bends_hold_where_playing_begins() -> None:
    controls = (
        (0, bytes([0xC3, 5])),
        (0, bytes([0xB3, 7, 90])),
        (10, bytes([0xB3, 7, 100])),
        (20, bytes([0xE3, 0, 80])),
        (480, bytes([0xB3, 7, 20])),
    )
    rig = Rig(part=Part(1, True, 3, 40, controls))
    rig.sent.clear()
    rig._queue.clear()
    rig.play(240)
    rig.run(1.0)
    assert rig.controls() == [
        (0.0, bytes([0xB3, 7, 100])),
        (0.0, bytes([0xC3, 5])),
        (0.0, bytes([0xE3, 0, 80])),
        (0.25, bytes([0xB3, 7, 20])),
    ]


def test_a_new_instrument_and_an_unmuted_part_are_heard_while_playing() -> None:
    rig = Rig(part=Part(1, True, 2, 0, ((0, bytes([0xB2, 7, 90])),)))
    rig.play()
    rig.run(0.5)
    rig.sent.clear()
    rig.add(rig.schedule.set_parts((Part(1, True, 2, 24, None),), rig.now))
    rig.add(rig.schedule.set_parts((Part(1, True, 2, 24, None),), rig.now))  # nothing new
    rig.send()
    assert [data for _, data in rig.controls()] == [bytes([0xB2, 7, 90]), bytes([0xC2, 24])]


def test_a_stop_puts_every_channel_to_rest_that_the_parts_use() -> None:
    rig = Rig(part=Part(1, True, 2, None, ((0, bytes([0xB5, 64, 127])),)))
    rig.play()
    rig.run(0.5)
    rig.sent.clear()
    rig.stop()
    assert {data for _, data in rig.controls()} == {
        bytes([kind | channel, *rest]) for channel in (2, 5) for kind, *rest in ((0xB0, 64, 0), (0xE0, 0, 64))
    }


def test_a_note_of_no_length_begins_before_it_ends() -> None:
    rig = Rig(note(1, 480, 480))
    rig.play()
    rig.run(1.0)
    assert rig.notes() == [(0.5, "on", 60), (0.5 + SHORTEST, "off", 60)]


def test_the_same_key_twice_is_released_before_it_begins_again() -> None:
    rig = Rig(note(1, 0, 960), note(2, 480, 720))
    rig.play()
    rig.run(1.5)
    assert rig.notes() == [(0.0, "on", 60), (0.5, "off", 60), (0.5, "on", 60), (0.75, "off", 60)]


def test_the_same_key_twice_at_once_begins_once_and_lasts() -> None:
    rig = Rig(note(1, 0, 480), note(2, 0, 960))
    rig.play()
    rig.run(1.5)
    assert rig.notes() == [(0.0, "on", 60), (1.0, "off", 60)]


def test_parts_that_share_a_channel_and_a_key_do_not_cut_each_other_short() -> None:
    rig = Rig(note(1, 24, 900))
    rig.add(rig.schedule.set_parts((Part(1, True, 0, None), Part(2, True, 0, None)), rig.now))
    rig.bars(note(1, 0, 12), part_id=2)
    rig.play()
    rig.run(1.5)
    assert [time for time, _, _ in rig.notes()] == [0.0, 0.0125, 0.025, 0.9375]
    assert sounding(rig.sent) == set()


def test_playing_ends_after_the_last_note_but_not_in_a_loop() -> None:
    rig = Rig(note(1, 0, 480))
    rig.play()
    rig.run(0.5 + TAIL_SECONDS - 0.05)
    assert not rig.schedule.finished(rig.now)
    rig.run(0.1)
    assert rig.schedule.finished(rig.now)
    rig.schedule.loop = (0, 9600)
    assert not rig.schedule.finished(rig.now)


def test_panic_names_every_key() -> None:
    messages = panic_messages(3)
    assert {data[1] for data in messages if data[0] == 0x83} == set(range(128))
    assert bytes([0xB3, 123, 0]) in messages
    assert bytes([0xB3, 64, 0]) in messages


OPERATIONS = ("run", "edit", "delete", "resize", "mute", "tempo", "overlay", "bare", "loop", "stop", "play", "tracks")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(OPERATIONS), min_size=5, max_size=60))
def test_whatever_happens_every_note_begun_is_released_exactly_once(seed: int, operations: list[str]) -> None:
    chance = random.Random(seed)

    def some(first: int, count: int) -> list[PlayedNote]:
        return [
            note(first + number, onset := chance.randrange(4800), onset + chance.choice([0, 1, 60, 240, 3000]),
                 chance.randrange(60, 64), chance.randrange(2))
            for number in range(count)
        ]  # fmt: skip

    rig = Rig()
    schedule = rig.schedule
    parts = {1: Part(1, True, 0, None), 2: Part(2, True, 0, 3)}
    notes = {1: some(1, 40), 2: some(1, 40)}
    rig.add(schedule.set_parts(parts.values(), rig.now))
    for part_id in notes:
        rig.bars(*notes[part_id], part_id=part_id)
    rig.play()
    for operation in operations:
        part_id = chance.choice([1, 2])
        match operation:
            case "edit":
                notes[part_id] += some(chance.randrange(1000, 9000), 5)
            case "delete":
                chance.shuffle(notes[part_id])
                del notes[part_id][: len(notes[part_id]) // 2]
            case "resize":
                notes[part_id] = [
                    (each[0], each[1], each[1] + chance.choice([0, 2, 300]), *each[3:]) for each in notes[part_id]
                ]
            case "mute":
                parts[part_id] = Part(part_id, not parts[part_id].audible, 0, None)
                rig.add(schedule.set_parts(parts.values(), rig.now))
            case "tracks":
                rig.add(schedule.set_parts([parts[part_id]], rig.now))
                rig.add(schedule.set_parts(parts.values(), rig.now))
                notes[3 - part_id] = []
            case "tempo":
                schedule.set_tempo(
                    TempoMap(QUARTER, (TempoChange(0, chance.choice([5_000, 100_000, 500_000, 2_000_000])),)), rig.now
                )
            case "overlay":
                start = chance.randrange(4000)
                laid = tuple((-1 - index, *each[1:]) for index, each in enumerate(some(1, 10)))
                rig.add(schedule.set_overlay(SetOverlay(part_id, start, start + 960, laid), rig.now))
            case "bare":
                rig.add(schedule.set_overlay(None, rig.now))
            case "loop":
                loop = chance.choice([None, (0, 240), (480, 500), (0, 4800), (2000, 2001)])
                if schedule.can_loop(loop):
                    schedule.loop = loop
                else:
                    tick = int(schedule.tick(rig.now))
                    rig.stop()
                    schedule.loop = loop
                    rig.play(tick)
            case "stop":
                rig.stop()
                assert sounding(rig.sent) == set()
            case "play":
                rig.stop()
                rig.play(chance.randrange(5000))
        if operation in ("edit", "delete", "resize"):
            rig.bars(*notes[part_id], part_id=part_id, others=range(4))
        rig.run(chance.choice([0, STEP, 3 * STEP, 0.2]))
    rig.stop()
    assert sounding(rig.sent) == set()
    assert not rig._queue
