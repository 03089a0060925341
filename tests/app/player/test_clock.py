"""The clock of a device whose counter leaps once a period."""

from __future__ import annotations

import random

import pytest

from app.player.clock import DeviceClock

RATE = 4000
AHEAD = 700  # counts at time 0
LOOK = 0.01  # seconds between two readings


class Device:
    """Counts whole periods; `lost` counts were never made, because it stood still."""

    def __init__(self, period: float, speed: float = 1.0) -> None:
        self.period, self.speed, self.lost = period, speed, 0.0

    def true(self, now: float) -> float:
        return now * RATE * self.speed + AHEAD - self.lost

    def count(self, now: float) -> int:
        return int(self.true(now // self.period * self.period))


def watch(clock: DeviceClock, device: Device, start: float, end: float, look: float = LOOK) -> None:
    chance, now = random.Random(0), start
    while now < end:
        clock.read(device.count(now), now)
        now += look * chance.uniform(0.9, 1.1)


@pytest.mark.parametrize("period", [64 / 48_000, 1024 / 48_000, 2048 / 44_100])
def test_however_coarse_the_period_the_clock_is_right_within_a_millisecond(period: float) -> None:
    clock, device = DeviceClock(RATE), Device(period)
    watch(clock, device, 0.0, 2.0)
    for now in (2.0, 2.3, 100.0):
        assert clock.count(now) == pytest.approx(device.true(now), abs=RATE * 0.001)


def test_a_short_close_look_is_enough_for_the_first_note() -> None:
    clock, device = DeviceClock(RATE), Device(1024 / 48_000)
    watch(clock, device, 5.0, 5.1, look=0.0005)
    assert clock.count(6.0) == pytest.approx(device.true(6.0), abs=RATE * 0.001)


@pytest.mark.parametrize("speed", [0.9999, 1.0001])
def test_a_crystal_that_is_slower_or_faster_is_followed(speed: float) -> None:
    clock, device = DeviceClock(RATE), Device(1024 / 48_000, speed)
    watch(clock, device, 0.0, 120.0)
    assert clock.count(120.0) == pytest.approx(device.true(120.0), abs=RATE * 0.001)


def test_a_device_that_stood_still_is_met_again_within_a_second() -> None:
    clock, device = DeviceClock(RATE), Device(1024 / 48_000)
    watch(clock, device, 0.0, 10.0)
    device.lost = 0.2 * RATE
    watch(clock, device, 10.2, 11.2)
    assert clock.count(12.0) == pytest.approx(device.true(12.0), abs=RATE * 0.001)


def test_no_count_lies_before_the_first() -> None:
    clock = DeviceClock(RATE)
    clock.read(0, 50.0)
    assert clock.count(1.0) == 0
