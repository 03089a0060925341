"""Notes on the clipboard: what comes back is what was copied, in the time of the song it is put into."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.song import clip
from models.errors import UserError
from models.music import smf
from models.music.notes import Note, sort_notes
from models.music.smf import MidiFile, MidiTrack
from models.music.time import MetreChange, MetreMap

# One pitch each: a MIDI file cannot tell overlapping equal notes apart.
phrases = st.lists(
    st.tuples(st.integers(0, 9000), st.integers(1, 2000), st.integers(0, 127), st.integers(1, 127)),
    min_size=1,
    max_size=12,
    unique_by=lambda values: values[2],
).map(lambda rows: sort_notes([Note(*row) for row in rows]))


@given(phrases, st.integers(0, 100_000))
def test_what_was_copied_comes_back_at_its_new_place(notes: tuple[Note, ...], at: int) -> None:
    placed = clip.unpack(clip.pack(notes, 480), 480, at)
    moved = at - notes[0].onset
    expected = [(note.onset + moved, note.duration, note.pitch, note.velocity) for note in notes]
    assert [(note.onset, note.duration, note.pitch, note.velocity) for note in placed] == expected


def test_another_resolution_changes_ticks_and_not_the_music() -> None:
    data = clip.pack([Note(480, 240, 60), Note(960, 120, 62)], 480)
    assert [(n.onset, n.duration) for n in clip.unpack(data, 96, 10)] == [(10, 48), (106, 24)]


def test_what_another_program_put_there_comes_without_its_drums() -> None:
    tune, drums = MidiTrack((Note(0, 10, 60, 80, 2),)), MidiTrack((Note(0, 10, 36, 80, 9),))
    both = smf.write(MidiFile(1, 480, (tune, drums)))
    assert [note.pitch for note in clip.unpack(both, 480, 0)] == [60]
    assert [note.pitch for note in clip.unpack(smf.write(MidiFile(1, 480, (drums,))), 480, 0)] == [36]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"once upon a time", "MIDI"),
        (smf.write(MidiFile(0, 480, (MidiTrack(),))), "no notes on the clipboard"),
        (bytes(5_000_000), "too long"),
    ],
)
def test_what_cannot_be_pasted_is_refused_in_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        clip.unpack(data, 480, 0)


def test_there_is_an_end_to_the_room() -> None:
    with pytest.raises(UserError, match="no room"):
        clip.unpack(clip.pack([Note(0, 480, 60)], 480), 480, 2**31 - 2)


@pytest.mark.parametrize(
    ("notes", "metre", "expected"),
    [
        ([(0, 470), (480, 470)], (4, 4), 960),  # two beats
        ([(0, 240)], (4, 4), 480),
        ([(240, 240)], (4, 4), 720),  # an offbeat stays one
        ([(0, 480), (1440, 480)], (4, 4), 1920),
        ([(0, 480), (1440, 500)], (4, 4), 1920),  # hangs over a little
        ([(480, 480), (1920, 480)], (4, 4), 480 + 3840),  # into the second bar: two bars on
        ([(0, 700), (720, 700)], (6, 8), 1440),
        ([(1440, 480), (1920, 1920)], (4, 4), 1440 + 3840),  # with its pickup
    ],
)
def test_a_copy_stands_in_its_bar_as_the_phrase_does(
    notes: list[tuple[int, int]], metre: tuple[int, int], expected: int
) -> None:
    metres = MetreMap(480, (MetreChange(0, *metre),))
    assert clip.behind([Note(onset, duration, 60) for onset, duration in notes], metres) == expected
