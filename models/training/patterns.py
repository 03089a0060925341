"""Drum patterns to learn from: windows of the Groove MIDI Dataset and the classic patterns of drum machines."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.drum_grid import DRUMS, STEPS
from models.drum_patterns import BAR_STEPS, DRUM_STYLES
from models.errors import UserError
from models.training.groove import Grooves, load_grooves

NO_STYLE = -1
_HELD_OUT = 0.1
_EVENLY = 0.75  # how loud the hits of drum machines are, which nobody played
_DRUM_OF = {
    "BassDrum": 0, "SnareDrum": 1, "RimShot": 1, "Clap": 1, "ClosedHiHat": 2, "Tambourine": 2, "OpenHiHat": 3,
    "LowTom": 4, "MediumTom": 5, "HighTom": 6, "Cymbal": 8, "Cowbell": 8,
}  # fmt: skip
# Names of both collections by the style they are learned as.
_STYLE_OF = {
    "rock": "rock", "twist": "rock", "pop": "pop", "ballad": "pop", "slow": "pop", "funk": "funk", "soul": "soul",
    "rhythm&blues": "soul", "rnb": "soul", "hiphop": "hiphop", "jazz": "jazz", "swing": "jazz", "blues": "blues",
    "shuffle": "blues", "boogie": "blues", "latin": "latin", "bossanova": "latin", "bossa": "latin",
    "samba": "latin", "cha-cha": "latin", "chacha": "latin", "afrocuban": "afrocuban", "afro-cuban": "afrocuban",
    "afrocub": "afrocuban", "afrobeat": "afrobeat", "reggae": "reggae", "ska": "reggae", "disco": "disco",
    "dance": "disco", "punk": "punk", "country": "country", "gospel": "gospel", "neworleans": "new orleans",
}  # fmt: skip
_NAMED = re.compile(r"(?P<style>(?!\w*Break|Ending)[A-Za-z&-]+?)(?P<number>\d+)(?:Measure(?P<half>[AB]))?$")


@dataclass(frozen=True)
class Patterns:
    """`hits` and `velocities` from 0 to 1 (n, STEPS, DRUMS), the number of their `style` or NO_STYLE (n,), how often
    each `counts` (n,)."""

    hits: NDArray[np.bool_]
    velocities: NDArray[np.float32]
    style: NDArray[np.int64]
    counts: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.style)


def style_number(name: str) -> int:
    """The style that a name of the data stands for, NO_STYLE for others."""
    known = _STYLE_OF.get(name.split("/")[0].lower(), "")
    return DRUM_STYLES.index(known) if known else NO_STYLE


def load_patterns(data: Path, side: str, share: float = 0.12) -> Patterns:
    """The patterns of groove.zip and drumpatterns.zip below `data`, of the side "train" or "valid"; those of the second
    count for `share` of all. Raises UserError where one is missing."""
    grooves = load_grooves(data / "groove.zip", "train" if side == "train" else "validation")
    played = patterns_of(grooves)
    hits, style = played.hits, played.style
    rows = [row for row in _machine(data / "drumpatterns.zip") if (row[2] < _HELD_OUT) == (side != "train")]
    if not rows:
        raise UserError(f"There are no patterns in {data / 'drumpatterns.zip'}.")
    each = share / (1 - share) * len(hits) / len(rows)
    machine = np.stack([row[0] for row in rows])
    return Patterns(
        np.concatenate([hits, machine]),
        np.concatenate([grooves.velocities, np.where(machine, _EVENLY, 0)]).astype(np.float32),
        np.concatenate([style, [row[1] for row in rows]]),
        np.concatenate([np.ones(len(hits)), np.full(len(rows), each)]),
    )


def patterns_of(grooves: Grooves) -> Patterns:
    """The hits and styles of what was played."""
    style = np.array([style_number(name) for name in grooves.style], np.int64)
    return Patterns(grooves.hits > 0, grooves.velocities.astype(np.float32), style, np.ones(len(grooves)))


def _machine(path: Path) -> Iterator[tuple[NDArray[np.bool_], int, float]]:
    """Two bars of each pattern in sixteenths of 4/4: hits, style, and a number from 0 to 1 by which sides are drawn."""
    if not path.exists():
        raise UserError(f"There is no {path.name} in {path.parent}; the README names its origin.")
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            bars = [row for row in json.loads(archive.read(name)) if _fits(row)]
            named = {row["title"]: _bar(row) for row in bars}
            for title, first in named.items():
                match = _NAMED.match(title)
                if match is None:
                    continue
                # The second measure answers the first, where there is one.
                second = named.get(title[:-1] + "B", first) if match["half"] == "A" else first
                group = hashlib.blake2b(f"{name}{match['style']}{match['number']}".encode()).digest()[0] / 256
                yield np.concatenate([first, second]), style_number(match["style"]), group


def _fits(row: dict[str, Any]) -> bool:
    return row["signature"] == "4/4" and row["length"] == BAR_STEPS and _NAMED.match(row["title"]) is not None


def _bar(row: dict[str, Any]) -> NDArray[np.bool_]:
    hits = np.zeros((STEPS // 2, DRUMS), bool)
    for track, steps in row["tracks"].items():
        if track in _DRUM_OF:
            hits[[step != "Rest" for step in steps], _DRUM_OF[track]] = True
    return hits
