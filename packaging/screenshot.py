"""Take a picture of a phrase and its ghost takes: `python packaging/screenshot.py PICTURE.png [SONG.mid]`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from screen import Screen

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from models.music.notes import Note  # noqa: E402
from models.music.smf import Event, MidiFile, MidiTrack, write  # noqa: E402

# "Greensleeves" (traditional), first half: onset and duration in eighths, pitch.
MELODY = (
    (5, 1, 69), (6, 2, 72), (8, 1, 74), (9, 1.5, 76), (10.5, 0.5, 77), (11, 1, 76), (12, 2, 74), (14, 1, 71),
    (15, 1.5, 67), (16.5, 0.5, 69), (17, 1, 71), (18, 2, 72), (20, 1, 69), (21, 1.5, 69), (22.5, 0.5, 68),
    (23, 1, 69), (24, 2, 71), (26, 1, 68), (27, 2, 64), (29, 1, 69), (30, 2, 72), (32, 1, 74), (33, 1.5, 76),
    (34.5, 0.5, 77), (35, 1, 76), (36, 2, 74), (38, 1, 71), (39, 1.5, 67), (40.5, 0.5, 69), (41, 1, 71),
    (42, 1.5, 72), (43.5, 0.5, 71), (44, 1, 69), (45, 1.5, 68), (46.5, 0.5, 66), (47, 1, 68), (48, 3, 69), (51, 2, 69),
)  # fmt: skip
BASS = ((6, 45), (12, 43), (18, 45), (24, 40), (30, 45), (36, 43), (42, 45), (45, 40), (48, 45))
EIGHTH = 240


def main(picture: Path, song: Path | None) -> int:
    """Open a song, press G, and take the picture once the takes are there."""
    with tempfile.TemporaryDirectory() as folder, Screen() as screen:
        # Sound goes to a file there, so that the picture does not show what a machine without a sound card is told.
        screen.environment |= {"ANTIPHON_HOME": f"{folder}/home", "ANTIPHON_AUDIO_DRIVER": "file"}
        if song is None:
            song = Path(folder) / "Greensleeves.mid"
            song.write_bytes(write(greensleeves()))
        screen.start([str(ROOT / ".venv" / "bin" / "antiphon"), str(song.absolute())], Path(folder))
        window = screen.window(song.stem)
        subprocess.run(["xdotool", "windowsize", "--sync", window, "1440", "900"], env=screen.environment, check=True)
        time.sleep(10)  # the composer starts in the background and reads its weights
        screen.key("End", "g")
        time.sleep(4)
        screen.key(*["ctrl+minus"] * 2)
        time.sleep(1)
        screen.shoot(picture)
    return 0


def greensleeves() -> MidiFile:
    """The song of the picture."""
    lead = tuple(
        Note(round(onset * EIGHTH), round(length * EIGHTH * 0.95), pitch, 70 + 20 * (onset % 3 == 0))
        for onset, length, pitch in MELODY
    )
    bass = tuple(Note(onset * EIGHTH, 5 * EIGHTH, pitch, 60, 1) for onset, pitch in BASS)
    beginning = (Event(0, b"\xff\x58\x06\x03\x24\x08"), Event(0, b"\xff\x51" + (600_000).to_bytes(3)))
    return MidiFile(
        1,
        480,
        (
            MidiTrack((), beginning),
            MidiTrack(lead, (Event(0, b"\xff\x03Lute"), Event(0, b"\xc0\x18"))),
            MidiTrack(bass, (Event(0, b"\xff\x03Bass viol"), Event(0, b"\xc1\x2a"))),
        ),
    )


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]) if len(sys.argv) == 3 else None))
