"""Notes bar by bar: whatever is exchanged, what the tree finds is what a plain list of the notes would find."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.song.bars import BLOCK, Bars
from models.music.notes import Note, sort_notes

BAR = 100
BARS = st.one_of(st.integers(0, 5), st.integers(0, 4 * BLOCK), st.just(2**26))


@st.composite
def contents(draw: st.DrawFn) -> dict[int, list[Note]]:
    """Bars with their notes, some of them long, some of length zero."""
    chunks = {}
    for bar in draw(st.lists(BARS, unique=True, max_size=8)):
        places = draw(st.lists(st.tuples(st.integers(0, BAR - 1), st.integers(0, 3), st.integers(0, 9000)), max_size=4))
        chunks[bar] = [
            Note(bar * BAR + within, duration, 60 + pitch, id=bar * 10 + number + 1)
            for number, (within, pitch, duration) in enumerate(places)
        ]
    return chunks


def notes_of(chunks: dict[int, list[Note]]) -> list[Note]:
    return [note for bar in sorted(chunks) for note in sort_notes(chunks[bar])]


@settings(deadline=None)
@given(contents(), contents(), st.integers(0, 5 * BLOCK), st.integers(0, 2 * BLOCK))
def test_finds_what_a_list_would_find(
    before: dict[int, list[Note]], changes: dict[int, list[Note]], first: int, length: int
) -> None:
    bars = Bars().replace(before).replace(changes)
    chunks = {**before, **changes}
    notes = notes_of(chunks)
    last, start = first + length, first * BAR + 7
    assert list(bars) == notes
    assert len(bars) == len(notes)
    assert bars.reach == max((note.end for note in notes), default=0)
    assert bars.last_bar == max((bar for bar in chunks if chunks[bar]), default=-1)
    assert [bar for bar, _ in bars.items()] == sorted(bar for bar in chunks if chunks[bar])
    assert all(list(bars.chunk(bar)) == list(sort_notes(chunk)) for bar, chunk in chunks.items())
    within = [note for note in notes if first <= note.onset // BAR <= last]
    assert [note for chunk in bars.starting(first, last) for note in chunk] == within
    sounding = [note for chunk in bars.sounding(first, last, start) for note in chunk]
    assert sounding == sorted(sounding, key=lambda note: (note.onset, note.pitch))
    needed = [note for note in notes if note in within or (note.onset // BAR < first and note.end > start)]
    assert set(needed) <= set(sounding)


@settings(deadline=None)
@given(contents(), contents(), st.data())
def test_picks_by_id(before: dict[int, list[Note]], changes: dict[int, list[Note]], data: st.DataObject) -> None:
    bars = Bars().replace(before).replace(changes)
    notes = notes_of({**before, **changes})
    wanted = data.draw(st.sets(st.sampled_from([note.id for note in notes] + [0, 3, 10**9])))
    assert [note.id for note in bars.pick(wanted)] == [note.id for note in notes if note.id in wanted]


def test_what_comes_out_equal_stays_the_same_object() -> None:
    bars = Bars().replace({bar: [Note(bar * BAR, 10, 60, id=bar + 1)] for bar in range(3 * BLOCK)})
    assert bars.replace({5: [Note(5 * BAR, 10, 60, id=6)]}) is bars
    assert bars.replace({5: [Note(5 * BAR, 10, 60, id=7)]}) is not bars
    changed = bars.replace({5: []})
    assert changed.blocks[1:] == bars.blocks[1:]
    assert all(new is old for new, old in zip(changed.blocks[1:], bars.blocks[1:], strict=True))
    assert changed.chunk(6) is bars.chunk(6)


def test_far_apart_notes_take_no_room_between() -> None:
    far = Bars().replace({0: [Note(0, 1, 60)], 2**31: [Note(2**31 * BAR, 1, 60)]})
    assert len(far.blocks) == 2
    assert far.replace({0: [], 2**31: []}) == Bars()
