"""`antiphon continue` from the file to the file, with an engine of the test's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from app.cli import run
from models import request as requests
from models.errors import UserError
from models.music.notes import Note
from models.music.smf import Event, MidiFile, MidiTrack, read_file, tempo_map, write
from models.music.theory import Key
from models.music.time import TempoChange
from models.request import Request, Take, Verb
from tests.freely import freely

BAR = 1920
MELODY = tuple(Note(i * 480, 400, pitch, 90, 0) for i, pitch in enumerate((62, 65, 69, 67, 65, 64, 62, 60)))
BASS = tuple(Note(i * 960, 900, pitch, 70, 1) for i, pitch in enumerate((38, 45, 38, 45)))
DRUMS = tuple(Note(i * 480, 60, 36, 100, 9) for i in range(8))


@dataclass
class Stub:
    """An engine that writes one quarter a beat and remembers what it was asked."""

    name: str = "stub"
    verbs: frozenset[Verb] = frozenset(Verb)
    asked: list[Request] = field(default_factory=list)
    prepared: int = 0

    def prepare(self, request: Request) -> None:
        self.prepared += 1

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        self.asked.append(request)
        span = request.span
        return tuple(
            Take(
                notes=tuple(Note(tick, 240, 60 + index) for tick in range(span.start, span.end, 480)),
                engine=self.name,
                seed=request.seed,
                index=index,
                controls=request.controls,
                span=span,
                key=request.controls.key or Key(0),
                allowed=frozenset(range(12)),
            )
            for index in range(request.takes)
        )


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Stub:
    stub = Stub()
    module = ModuleType("stub_engine")
    module.load = lambda: stub  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "stub_engine", module)
    monkeypatch.setitem(requests.ENGINES, "lstm", "stub_engine.load")
    return stub


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Drums, a two-bar melody and a bass, with a tempo change and a marker."""
    tempo = Event(960, b"\xff\x51\x06\x1a\x80")
    tracks = (
        MidiTrack((), (Event(0, b"\xff\x03Song"), tempo, Event(1000, b"\xff\x06verse"))),
        MidiTrack(DRUMS, (Event(0, b"\xff\x03Kit"),)),
        MidiTrack(MELODY, (Event(0, b"\xff\x03Tune"), Event(700, b"\xb0\x40\x7f"))),
        MidiTrack(BASS, (Event(0, b"\xff\x03Bass"),)),
    )
    path = tmp_path / "song.mid"
    path.write_bytes(write(MidiFile(1, 480, tracks)))
    return path


def _go(song: Path, *options: str, output: str = "out.mid") -> int:
    return run("continue", [str(song), "-o", str(song.parent / output), *options])


def test_takes_are_written_each_to_its_file_in_their_place(
    engine: Stub, song: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _go(song, "--takes", "3", "--bars", "2", "--seed", "9") == 0
    assert sorted(path.name for path in song.parent.iterdir()) == [
        "out-1.mid", "out-2.mid", "out-3.mid", "song.mid",
    ]  # fmt: skip
    before = read_file(song)
    for index in range(3):
        after = read_file(song.with_name(f"out-{index + 1}.mid"))
        assert after.ticks_per_quarter == before.ticks_per_quarter
        # What is added lifts the pedal that is held where the answer begins.
        lifted = [tuple(each for each in track.events if each.data != b"\xb0\x40\x00") for track in after.tracks]
        assert lifted == [track.events for track in before.tracks]
        assert tempo_map(after).changes == (TempoChange(960, 400_000),)
        added = [
            note
            for ours, theirs in zip(after.tracks, before.tracks, strict=True)
            for note in ours.notes
            if note not in theirs.notes
        ]
        assert added == [Note(tick, 240, 60 + index, 80, 0) for tick in range(2 * BAR, 4 * BAR, 480)]
        assert all(
            set(theirs.notes) <= set(ours.notes) for ours, theirs in zip(after.tracks, before.tracks, strict=True)
        )
    output = capsys.readouterr().out
    assert "notes/s" in output
    assert output.count("seed 9") == 3
    assert "out-2.mid" in output


def test_one_take_goes_to_the_file_itself(engine: Stub, song: Path) -> None:
    assert _go(song, "--takes", "1") == 0
    assert sorted(path.name for path in song.parent.iterdir()) == ["out.mid", "song.mid"]


def test_bars_are_the_musics_own_where_it_was_played_freely(
    engine: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played, beats = freely()
    notes = [
        Note(round(a * 960), max(round((b - a) * 960), 1), int(pitch) + 1, int(loud), 0) for a, b, pitch, loud in played
    ]
    path = tmp_path / "free.mid"
    path.write_bytes(write(MidiFile(0, 480, (MidiTrack(tuple(notes), (Event(0, b"\xff\x03Piano"),)),))))
    assert _go(path, "--takes", "1", "--bars", "2", "--from-bar", "9") == 0
    said = capsys.readouterr().out
    assert "4 to a bar, at about 9" in said
    assert "goes on in bars 9 to 10" in said
    before, after = read_file(path), read_file(tmp_path / "out.mid")
    assert tempo_map(after) == tempo_map(before)
    kept = set(before.tracks[0].notes)
    assert kept <= set(after.tracks[0].notes)
    new = [note.onset / 960 for note in after.tracks[0].notes if note not in kept]
    assert len(new) == 8  # a note a beat; what stands before the first beat of all is a bar of its own
    assert all(np.abs(beats - onset).min() < 0.07 for onset in new)
    assert abs(new[0] - beats[28]) < 0.07


def test_the_engine_is_asked_for_what_the_options_say(engine: Stub, song: Path) -> None:
    options = ["--bars", "3", "--takes", "2", "--seed", "5", "--track", "3", "--from-bar", "2"]
    assert _go(song, *options, "--key", "D dorian", "--range", "D3-A5", "--temperature", "0.8") == 0
    (request,) = engine.asked
    assert engine.prepared == 1
    assert (request.takes, request.seed) == (2, 5)
    assert (request.span.start, request.span.end) == (BAR, 4 * BAR)
    assert request.controls.key == Key(2, "dorian")
    assert (request.controls.low, request.controls.high, request.controls.temperature) == (50, 81, 0.8)
    assert request.context.part == BASS[:2]
    assert all(note.end > 0 for note in request.context.heard)


def test_the_first_melodic_track_is_continued_after_its_last_note(engine: Stub, song: Path) -> None:
    assert _go(song) == 0
    (request,) = engine.asked
    assert request.context.part == MELODY
    assert (request.span.start, request.span.end) == (2 * BAR, 6 * BAR)


def test_original_notes_stay_where_the_answer_falls_on_them(engine: Stub, song: Path) -> None:
    assert _go(song, "--from-bar", "2", "--takes", "1", "--bars", "1") == 0
    before, after = read_file(song), read_file(song.with_name("out.mid"))
    for ours, theirs in zip(after.tracks, before.tracks, strict=True):
        assert set(theirs.notes) <= set(ours.notes)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--bars", "0"], "--bars must be from 1"),
        (["--bars", "four"], "argument --bars: invalid int"),
        (["--takes", "-1"], "--takes must be from 1"),
        (["--seed", "-1"], "--seed must be from 0"),
        (["--temperature", "nan"], "--temperature must be from"),
        (["--temperature", "0"], "--temperature must be from"),
        (["--key", "H dur"], '"H dur" is not a key'),
        (["--range", "A5-D3"], "upside down"),
        (["--track", "9"], "There is no track 9; the file has tracks 1 to 3"),
        (["--track", "0"], "There is no track 0"),
        (["--track", "1"], "drum"),
        (["--from-bar", "0"], "Bars count from 1"),
        (["--from-bar", "1"], "bar 1"),
        (["--from-bar", "100"], "bar 100"),
        (["--hum"], "--hum"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    engine: Stub, song: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert _go(song, *options) == 2
    told = capsys.readouterr().err
    assert sentence.lower() in told.lower()
    assert told.startswith("antiphon: ")
    assert told.count("\n") == 1
    assert [path.name for path in song.parent.iterdir()] == ["song.mid"]


@pytest.mark.parametrize("content", [None, b"", b"not music", b"MThd\x00\x00\x00\x06\x00\x01\x00\x00\x01\xe0"])
def test_files_that_are_no_song_are_one_sentence(
    engine: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = tmp_path / "bad.mid"
    if content is not None:
        path.write_bytes(content)
    assert _go(path) == 2
    told = capsys.readouterr().err
    assert told.startswith("antiphon: ")
    assert told.count("\n") == 1


def test_a_file_of_drums_has_nothing_to_continue(
    engine: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "drums.mid"
    path.write_bytes(write(MidiFile(1, 480, (MidiTrack(DRUMS, ()),))))
    assert _go(path) == 2
    assert "no melody" in capsys.readouterr().err


def test_the_output_is_checked_before_anything_is_made(
    engine: Stub, song: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = song.read_bytes()
    assert _go(song, output="no/such/folder/out.mid") == 2
    assert "does not exist" in capsys.readouterr().err
    assert _go(song, output="song.mid") == 2
    assert "input itself" in capsys.readouterr().err
    assert _go(song, output=".") == 2
    assert "is a folder" in capsys.readouterr().err
    assert song.read_bytes() == before
    assert engine.asked == []


def test_an_engine_that_cannot_be_loaded_is_one_sentence(
    engine: Stub, song: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load() -> None:
        raise UserError("The weights are missing; reinstall Antiphon.")

    monkeypatch.setattr(sys.modules["stub_engine"], "load", load)
    assert _go(song) == 2
    assert capsys.readouterr().err == "antiphon: The weights are missing; reinstall Antiphon.\n"
