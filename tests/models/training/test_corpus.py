"""Files to melodies: small pieces of every kind, written here."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from models.errors import UserError
from models.music import smf
from models.music.notes import Note, Role
from models.music.scores import nearest_quality, read_parts, read_score
from models.music.theory import Chord, Key
from models.training.corpus import load_corpus, load_pieces, read_chorale
from models.training.pieces import Piece, split

ABC = """X: 1
T: The Small Test
M: 6/8
L: 1/8
K: Edor
B|"Em"EFG "D"FED|"Em"E2B Bcd|[1 "D"dBA FED|"Em"E3 E2:|[2 "Bm"dBA Bcd|"Em"e3 e2||
"""


def abc_file(folder: Path, name: str = "tune.abc", text: str = ABC) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def musicxml() -> bytes:
    """Two bars of 3/4 in G, a pickup before them, a chord symbol on each bar."""

    def note(step: str, octave: int, duration: int) -> str:
        return (f"<note><pitch><step>{step}</step><octave>{octave}</octave></pitch>"
                f"<duration>{duration}</duration></note>")  # fmt: skip

    def harmony(step: str, kind: str) -> str:
        return f"<harmony><root><root-step>{step}</root-step></root><kind>{kind}</kind></harmony>"

    attributes = ("<attributes><divisions>4</divisions><key><fifths>1</fifths></key>"
                  "<time><beats>3</beats><beat-type>4</beat-type></time></attributes>")  # fmt: skip
    measures = [
        f'<measure number="0" implicit="yes">{attributes}{note("D", 4, 4)}</measure>',
        f'<measure number="1">{harmony("G", "major")}{"".join(note("GABG"[i], 4, 3) for i in range(4))}</measure>',
        f'<measure number="2">{harmony("D", "dominant")}{note("A", 4, 12)}</measure>',
        *(f'<measure number="{n}">{"".join(note("GABG"[i], 4, 3) for i in range(4))}</measure>' for n in range(3, 7)),
    ]
    return ("<score-partwise version='3.1'><part-list><score-part id='P1'><part-name>Voice</part-name></score-part>"
            f"</part-list><part id='P1'>{''.join(measures)}</part></score-partwise>").encode()  # fmt: skip


def test_abc_with_repeats_chords_and_a_mode() -> None:
    phrase = read_score(ABC.encode(), "tune.abc")
    assert phrase.key == Key(4, "dorian")
    metre = phrase.metres.metre(0)
    assert (metre.numerator, metre.denominator) == (6, 8)
    # The pickup stands at the end of bar 0, and the repeat is played out with both endings.
    assert phrase.notes[0].onset == 1440 - 240
    assert phrase.metres.bar(phrase.notes[-1].onset) == 8
    assert [span.chord for span in phrase.chords][:3] == [Chord(4, "min"), Chord(2, "maj"), Chord(4, "min")]
    # A bar that the repeat split in two is one bar: no metre but the first.
    assert len(phrase.metres.changes) == 1


def test_musicxml_plain_and_compressed_are_the_same_music() -> None:
    plain = read_score(musicxml(), "song.musicxml")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("score.xml", musicxml())
    compressed = read_score(packed.getvalue(), "song.mxl")
    assert compressed.notes == plain.notes
    assert plain.notes[0] == Note(960, 480, 62)
    assert [(span.onset, span.chord) for span in plain.chords] == [(1440, Chord(7, "maj")), (2880, Chord(2, "7"))]
    assert plain.metres.bar_ticks(0) == 1440


def song_with_piano() -> bytes:
    """Eight bars of 4/4 for a voice and a piano on two staves; in the left hand one note is tied over each bar line."""

    def note(step: str, octave: int, duration: int, *extra: str, staff: int = 0, chord: bool = False) -> str:
        place = f"<staff>{staff}</staff>" if staff else ""
        pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
        inside = f"<duration>{duration}</duration>{''.join(extra)}<voice>{max(staff, 1)}</voice>{place}"
        return f"<note>{'<chord/>' if chord else ''}{pitch}{inside}</note>"

    time = "<time><beats>4</beats><beat-type>4</beat-type></time>"
    voice, piano = [], []
    for bar in range(1, 9):
        start = f"<attributes><divisions>1</divisions>{time}</attributes>" if bar == 1 else ""
        voice.append(f'<measure number="{bar}">{start}{"".join(note(step, 5, 1) for step in "CDEF")}</measure>')
        start = start.replace("</attributes>", "<staves>2</staves></attributes>")
        right = "".join(note("C", 4, 2, staff=1) + note("E", 4, 2, staff=1, chord=True) for _ in range(2))
        tie = "".join(
            f'<tie type="{kind}"/>' for kind in (["stop"] if bar > 1 else []) + (["start"] if bar < 8 else [])
        )
        left = note("C", 3, 4, tie, staff=2)
        piano.append(f'<measure number="{bar}">{start}{right}<backup><duration>4</duration></backup>{left}</measure>')
    names = "".join(
        f"<score-part id='{i}'><part-name>{n}</part-name></score-part>" for i, n in (("V", "Voice"), ("P", "Piano"))
    )
    return (f"<score-partwise version='3.1'><part-list>{names}</part-list><part id='V'>{''.join(voice)}</part>"
            f"<part id='P'>{''.join(piano)}</part></score-partwise>").encode()  # fmt: skip


def test_all_parts_of_a_score_are_read_and_a_pianos_staves_are_one() -> None:
    voice, piano = read_parts(song_with_piano(), "song.musicxml")
    assert voice == read_score(song_with_piano(), "song.musicxml")
    assert len(voice.notes) == 32
    low = [note for note in piano.notes if note.pitch == 48]
    assert low == [Note(0, 8 * 1920, 48)]  # tied throughout
    assert [note.pitch for note in piano.notes[:3]] == [48, 60, 64]
    assert len(piano.notes) == 1 + 8 * 4


def test_parts_get_their_roles(tmp_path: Path) -> None:
    (tmp_path / "song.musicxml").write_bytes(song_with_piano())
    (piece,) = load_pieces([tmp_path])
    assert piece.phrase.role is Role.MELODY
    assert [part.role for part in piece.others] == [Role.CHORDS]
    cached = load_corpus(tmp_path.parent, [tmp_path.name], tmp_path / "cache")
    assert load_corpus(tmp_path.parent, [tmp_path.name], tmp_path / "cache") == cached
    assert cached[0].others == piece.others


def test_a_chorale_is_read_as_four_voices() -> None:
    rows = [[72, 67, 64, 48]] * 4 + [[74, 67, 62, 47]] * 2 + [[74, -1, 62, 43]] * 2
    soprano, alto, tenor, bass = read_chorale(str(rows).encode(), "000.json")
    assert soprano.notes == (Note(0, 480, 72), Note(480, 480, 74))
    assert alto.notes == (Note(0, 720, 67),)
    assert bass.notes == (Note(0, 480, 48), Note(480, 240, 47), Note(720, 240, 43))
    assert [part.role for part in (soprano, alto, tenor, bass)] == [Role.MELODY, Role.VOICE, Role.VOICE, Role.BASS]
    for nonsense in (b'{"a": 1}', b"[1, 2]", b"[[0.5, 1.5]]", b"[]", b"[[]]", b"[[200]]"):
        with pytest.raises(UserError):
            read_chorale(nonsense, "x.json")


@pytest.mark.parametrize("name", ["x.abc", "x.musicxml", "x.mxl"])
def test_nonsense_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(UserError):
        read_score(b"\x00\x01nothing of the kind", name)


def test_chord_tones_find_the_nearest_name() -> None:
    assert nearest_quality(frozenset({0, 3, 7, 10})) == "min7"
    assert nearest_quality(frozenset({0, 4, 7, 10, 2, 9})) == "9"


PICKUP_ROOM = 3840  # two bars are counted on before the first beat, for what is played ahead of it


def pop909_song(folder: Path) -> None:
    """Eight bars of quarters, performed .4 s apart where the file says .5."""
    folder.mkdir(parents=True)
    beat, lead = 0.4, 0.1
    # 480 ticks a quarter at 120: 960 ticks a second. A human is never exactly on the beat.
    notes = tuple(Note(round((lead + i * beat) * 960) + (i * 7) % 11 - 5, 300, 60 + i % 8, 70 + i) for i in range(32))
    name = smf.Event(0, b"\xff\x03MELODY")
    data = smf.write(smf.MidiFile(1, 480, (smf.MidiTrack(), smf.MidiTrack(notes, (name,)))))
    (folder / f"{folder.name}.mid").write_bytes(data)
    beats = [f"{lead + i * beat} {float(i % 2 == 0)} {float(i % 4 == 0)}" for i in range(34)]
    (folder / "beat_midi.txt").write_text("\n".join(beats))
    (folder / "chord_midi.txt").write_text(f"{lead}\t{lead + 4 * beat}\tA:min7\n{lead + 4 * beat}\t9.0\tC:maj/3\n")
    (folder / "key_audio.txt").write_text("0.1\t13.0\tA:min\n")


def test_a_pop909_song_is_put_on_its_own_beats(tmp_path: Path) -> None:
    pop909_song(tmp_path / "pop909" / "007")
    pieces = load_corpus(tmp_path, ["pop909"])
    assert len(pieces) == 1
    phrase = pieces[0].phrase
    assert [note.onset for note in phrase.notes] == [PICKUP_ROOM + i * 480 for i in range(32)]
    assert phrase.key == Key(9, "minor")
    assert [(span.onset, span.chord) for span in phrase.chords] == [
        (PICKUP_ROOM, Chord(9, "min7")),
        (PICKUP_ROOM + 1920, Chord(0, "maj")),
    ]
    assert phrase.notes[3].velocity == 73


def test_what_was_parsed_is_kept_and_read_again(tmp_path: Path) -> None:
    abc_file(tmp_path / "nottingham")
    first = load_corpus(tmp_path, ["nottingham"], tmp_path / "cache")
    (tmp_path / "nottingham" / "tune.abc").unlink()
    assert load_corpus(tmp_path, ["nottingham"], tmp_path / "cache") == first
    assert first[0].group == "nottingham/thesmalltest"


def test_a_missing_source_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"openewld\.zip"):
        load_corpus(tmp_path, ["openewld"])
    with pytest.raises(UserError, match="neither a folder nor a zip"):
        load_pieces([tmp_path / "nowhere"])


def test_the_melody_of_a_midi_file_is_named_or_looks_like_one(tmp_path: Path) -> None:
    high = tuple(Note(i * 240, 240, 70 + i % 5) for i in range(40))
    chords = tuple(Note(i * 960, 960, p, channel=1) for i in range(10) for p in (48, 52, 55))
    drums = tuple(Note(i * 120, 60, 42, channel=9) for i in range(80))
    named = smf.Event(0, b"\xff\x03Lead vocal")
    file = smf.MidiFile(1, 480, (smf.MidiTrack(drums), smf.MidiTrack(chords), smf.MidiTrack(high)))
    (tmp_path / "a.mid").write_bytes(smf.write(file))
    low = tuple(Note(i * 240, 240, 50 + i % 5, channel=2) for i in range(40))
    file = smf.MidiFile(1, 480, (smf.MidiTrack(high), smf.MidiTrack(low, (named,))))
    (tmp_path / "b.mid").write_bytes(smf.write(file))
    (tmp_path / "c.mid").write_bytes(b"no music")
    pieces = {piece.name.split("/")[1]: piece for piece in load_pieces([tmp_path], "mine")}
    assert set(pieces) == {"a.mid", "b.mid"}
    assert {note.pitch for note in pieces["a.mid"].phrase.notes} <= set(range(70, 75))
    assert {note.pitch for note in pieces["b.mid"].phrase.notes} <= set(range(50, 55))


def test_the_split_is_by_group_and_about_a_tenth(tmp_path: Path) -> None:
    abc_file(tmp_path)
    phrase = load_pieces([tmp_path], "s")[0].phrase
    sides = [split(Piece(f"a/{i}", f"a/{i}", phrase)) for i in range(2000)]
    assert 0.08 < sides.count("valid") / 2000 < 0.125
    assert split(Piece("a/x", "a/1", phrase)) == split(Piece("b/y", "a/1", phrase)) == sides[1]
