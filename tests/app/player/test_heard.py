"""Which stretch counts as heard."""

from __future__ import annotations

from app.player.heard import Listening
from app.player.messages import Heard


def test_a_stretch_is_heard_from_its_beginning_to_where_the_music_stopped() -> None:
    listening = Listening(480, 10.0)
    for tick in (490, 700, 960):
        listening.reach(tick, None)
    assert listening.end(10.5, False) == Heard(480, 960, 0.5, False, looped=False)


def test_over_a_turn_all_of_the_loop_is_heard_and_what_led_into_it() -> None:
    listening = Listening(480, 10.0)
    for tick in (900, 1910, 970, 1000):
        listening.reach(tick, (960, 1920))
    assert listening.end(12.0, True) == Heard(480, 1920, 2.0, True, looped=True)


def test_a_loop_that_was_not_turned_adds_nothing() -> None:
    listening = Listening(960, 0.0)
    listening.reach(1200, (960, 1920))
    assert listening.end(1.0, False) == Heard(960, 1200, 1.0, False, looped=False)
