"""Small files of music for the tests of the catalogue."""

from __future__ import annotations

import random
from pathlib import Path

from models.music import smf
from models.music.notes import Note
from models.music.smf import Event, MidiFile, MidiTrack

TUNE = (
    "X:1\nT:THE OLD MILL\nR:reel\nZ:Somebody\nM:4/4\nL:1/8\nK:Ador\n"
    "A2 eA fAeA|G2 dG eGdG|A2 eA fAeA|gedB A4|\na2 ea fede|g2 dg edBG|a2 ea fede|gedB A4|\n"
)
SCORE = """<?xml version="1.0"?>
<score-partwise version="3.1"><part-list><score-part id="P1"><part-name>Flute</part-name></score-part></part-list>
<part id="P1">{}</part></score-partwise>"""
BAR = """<measure number="{}">{}{}</measure>"""
HEAD = """<attributes><divisions>1</divisions><key><fifths>0</fifths></key>
<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"""
QUARTER = "<note><pitch><step>{}</step><octave>5</octave></pitch><duration>1</duration><type>quarter</type></note>"


def write_midi(path: Path, seed: int = 1, bars: int = 8) -> Path:
    """A melody of quarters and eighths over a bass and drums, another one for each seed."""
    chance = random.Random(seed)
    melody, at = [], 0
    while at < bars * 1920:
        length = chance.choice((240, 480))
        melody.append(Note(at, length, chance.choice((60, 62, 64, 65, 67, 69, 71, 72)), 90))
        at += length
    bass = [Note(bar * 960, 900, chance.choice((36, 41, 43)), 80, 1) for bar in range(bars * 2)]
    drums = [Note(step * 480, 60, 36 if step % 2 else 38, 100, 9) for step in range(bars * 4)]
    tracks = (
        MidiTrack(tuple(melody), (Event(0, b"\xff\x03Lead"), Event(0, b"\xff\x51\x06\x1a\x80"))),
        MidiTrack(tuple(bass), (Event(0, b"\xff\x03Bass"), Event(0, b"\xc1\x21"))),
        MidiTrack(tuple(drums)),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(smf.write(MidiFile(1, 480, tracks)))
    return path


def write_score(path: Path) -> Path:
    """Eight bars of MusicXML."""
    bars = (
        BAR.format(bar + 1, "" if bar else HEAD, "".join(QUARTER.format("CDEFGAB"[(bar + n) % 7]) for n in range(4)))
        for bar in range(8)
    )
    path.write_text(SCORE.format("".join(bars)), encoding="utf-8")
    return path
