"""Drums for phrases of the GAN: to the accents of their parts, from the same point of the latent space."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models import checkpoint
from models.drum_accents import of_parts
from models.drum_grid import DRUMS, GENERAL_MIDI
from models.errors import UserError
from models.fresh_frame import Block
from models.gan_drums_network import DrumsConfig, DrumWriter
from models.music.notes import DRUM_CHANNEL, Note, Role
from models.rolls import SLOTS, STEPS, Rolls

ENGINE = "gan-drums"
WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "gan_drums.safetensors"
# How loud each of drum_grid.NAMES is played on a bar's first beat, on other beats, between them.
_LOUD = np.array([(104, 98, 88), (96, 98, 70), (80, 74, 62), (84, 80, 74), (90, 86, 80), (90, 86, 80), (90, 86, 80),
                  (104, 98, 92), (82, 76, 66)])  # fmt: skip

Hits = NDArray[np.bool_]


class Drums:
    """Writes hits; `often` (2, DRUMS), added to the scores on eighths and between them, has each drum be hit there as
    often as in the data."""

    def __init__(self, writer: DrumWriter, often: NDArray[np.float32]) -> None:
        self.writer, self.often = writer.eval(), often

    def write(self, latent: NDArray[np.float32], accents: NDArray[np.float32]) -> Hits:
        """Patterns (n, 32, DRUMS) for points (n, latent) and accent profiles (n, 32)."""
        made = scores(self.writer, latent, accents)
        return made + np.tile(self.often, (made.shape[1] // 2, 1)) > 0

    def write_to(self, rolls: Rolls, roles: Sequence[Role], points: NDArray[np.float32]) -> Hits:
        """Hits (n, 64, DRUMS) to the accents of the named parts; `points` (n, at least latent) are the phrases' own."""
        latent = np.repeat(points[:, : self.writer.config.latent], 2, 0)
        return self.write(latent, of_parts(rolls, roles)).reshape(len(rolls), STEPS, DRUMS)


@torch.inference_mode()
def scores(writer: DrumWriter, latent: NDArray[np.float32], accents: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the writer says of every cell, (n, 32, DRUMS)."""
    return writer(torch.from_numpy(np.ascontiguousarray(latent)), torch.from_numpy(accents)).numpy()


def fitted(
    writer: DrumWriter, latent: NDArray[np.float32], accents: NDArray[np.float32], often: NDArray[np.floating]
) -> NDArray[np.float32]:
    """What to add to each drum's scores, (2, DRUMS), so that the shares `often` (2, DRUMS) of its cells on eighths and
    between them are hit."""
    cells = scores(writer.eval(), latent, accents)
    halves = (cells[:, start::2].reshape(-1, DRUMS) for start in (0, 1))
    return np.array(
        [[-np.quantile(row, 1 - share) for row, share in zip(half.T, shares, strict=True)]
         for half, shares in zip(halves, often, strict=True)], np.float32)  # fmt: skip


def hits_to_notes(hits: Hits, block: Block, end: int) -> list[Note]:
    """Hits (64, DRUMS) of a block of four bars as notes before tick `end`; slots behind the bar's length are not
    played."""
    beat = 4 if block.metre[1] == 4 else 6
    notes = []
    for slot, drum in np.argwhere(hits).tolist():
        within = slot % SLOTS
        tick = block.tick(slot)
        if within >= block.length or tick >= end:
            continue
        accent = 0 if not within else 1 if within % beat == 0 else 2
        length = min(max(round(block.step / 2), 1), end - tick)
        notes.append(Note(tick, length, GENERAL_MIDI[drum], int(_LOUD[drum, accent]), DRUM_CHANNEL))
    return notes


def load(path: Path = WEIGHTS) -> Drums:
    """The drums with the weights at `path`; raises UserError where they cannot be used."""
    weights, config = checkpoint.load(path, ENGINE)
    often = weights.pop("often", torch.zeros(0)).float().numpy()
    writer = DrumWriter(DrumsConfig(**config))
    checkpoint.fill(writer, path, weights)
    if often.shape != (2, DRUMS):
        raise UserError(f"The weights at {path} lack what belongs to them; reinstall Antiphon.")
    return Drums(writer, often)
