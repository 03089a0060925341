"""Progressions and grooves as they are written, and that what ships can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import paths
from app.library.pieces import read_pieces
from app.library.written import read_written
from models.errors import UserError
from models.music.notes import Role
from models.music.theory import parse_chord
from models.recommend.features import measure
from models.recommend.material import DURATION, ONSET, PITCH

PROGRESSION = """# a remark
progression: Two five one
key: C major
tempo: 120
style: {style}
chords: Dm7 G7 | Cmaj7 | %
"""
GROOVE = """
groove: Seven
metre: 7/8
tempo: 140
closed hi-hat: x-x-x-x-x-x-x-
kick:          X-----..------
"""


def test_a_progression_has_its_chords_and_its_bass() -> None:
    (seed,) = read_written(PROGRESSION.format(style="held"), "x.seeds")
    assert (seed.title, seed.bars, seed.bpm, seed.role) == ("Two five one", 3, 120, Role.CHORDS)
    assert [(span.onset, span.end, span.chord) for span in seed.chords] == [
        (0, 960, parse_chord("Dm7")),
        (960, 1920, parse_chord("G7")),
        (1920, 5760, parse_chord("Cmaj7")),
    ]
    assert sorted({int(onset) for onset in seed.notes[:, ONSET]}) == [0, 960, 1920, 3840]
    for onset, chord in ((0, "Dm7"), (960, "G7"), (3840, "Cmaj7")):
        struck = seed.notes[seed.notes[:, ONSET] == onset][:, PITCH]
        assert {int(pitch) % 12 for pitch in struck} == parse_chord(chord).pitch_classes
        assert int(struck.min()) % 12 == parse_chord(chord).root


@pytest.mark.parametrize(
    ("style", "first_bar"),
    [("beats", [0, 480, 960, 1440]), ("offbeats", [0, 240, 720, 960, 1200, 1680]), ("broken", [*range(0, 1920, 240)])],
)
def test_styles_say_when_it_is_struck(style: str, first_bar: list[int]) -> None:
    (seed,) = read_written(PROGRESSION.format(style=style), "x.seeds")
    assert sorted({int(onset) for onset in seed.notes[:, ONSET] if onset < 1920}) == first_bar
    assert int((seed.notes[:, ONSET] + seed.notes[:, DURATION]).max()) <= seed.length


def test_a_groove_is_hits_on_sixteenths() -> None:
    (seed,) = read_written(GROOVE, "x.seeds")
    assert (seed.metre, seed.bars, seed.role, seed.key) == ((7, 8), 1, Role.DRUMS, None)
    kicks = seed.notes[seed.notes[:, PITCH] == 36]
    assert kicks[:, ONSET].tolist() == [0, 720, 840]
    assert kicks[0, 3] > kicks[1, 3]
    assert int((seed.notes[:, PITCH] == 42).sum()) == 7


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("progression: A\nkey: C\nchords: C | H7", "H7"),
        ("progression: A\nchords: C", "key"),
        ("groove: B\nkick: x-x", "whole bars of 16"),
        ("groove: B\nkick: y---------------", "“y” is no sign"),
        ("groove: B\nmetre: four", "no metre"),
        ("tune: C", "neither a progression nor a groove"),
        ("groove", "not understood"),
    ],
)
def test_what_is_written_wrongly_is_named(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read_written(text, "mine.seeds")


def test_the_seeds_that_ship() -> None:
    folder = Path(paths.resource("seeds"))
    found = {path.name: read_pieces(path, whole=True) for path in folder.iterdir() if path.suffix != ".md"}
    assert {name: len(each) for name, each in found.items()} == {
        "phrases.abc": 42,
        "progressions.seeds": 31,
        "grooves.seeds": 22,
    }
    seeds = [each.seed for pieces in found.values() for each in pieces]
    assert len({(seed.title, seed.role) for seed in seeds}) == len(seeds)
    for seed in seeds:
        assert 2 <= seed.bars <= 9
        filled = int((seed.notes[:, ONSET] + seed.notes[:, DURATION]).max()) / seed.bar_ticks
        assert seed.bars - 0.75 <= filled <= seed.bars, seed.title  # no bar is missing, none runs over
        inside = seed.key.pitch_classes if seed.key is not None else range(12)
        outside = sum(int(pitch) % 12 not in inside for pitch in seed.notes[:, PITCH])
        assert outside <= len(seed.notes) * 0.3, seed.title
    assert measure(seeds).shape[0] == len(seeds)
