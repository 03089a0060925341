"""Training the drums that go with the GAN's phrases: `python -m models.training.train gan-drums --data DIR --out DIR`.

No free data joins drums to melodies, so these are learned from drums alone (groove.zip, drumpatterns.zip): the accents
they are written to are, in training, the drums' own, some of them left out. Losses as in `models.training.gan`.
"""

from __future__ import annotations

import argparse
import csv
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models import checkpoint
from models.drum_grid import DRUMS
from models.gan_drums import ENGINE, fitted
from models.gan_drums_network import DrumCritic, DrumReader, DrumsConfig, DrumWriter, hit
from models.training.drum_set import DrumSet, drum_set
from models.training.gan import descend
from models.training.progress import export
from models.training.sheets import curves, drum_sheet, write_png

BATCH = 64
SHEET_STEPS = 1000
LOSSES = ("critic", "writer", "given_back", "latent_nats")
_MOST_HIDDEN, _ALL_HIDDEN = 0.6, 0.1  # share of the accents left out, at most; how often all are
_AVERAGE = 0.998
_LEAN_RISES, _STEEPER, _STEEPEST = 1500, 4000, 2.0  # steps
_FITTED = 2000  # patterns to whose accents the writer's scores are fitted
_STATES = ("writer", "critic", "reader", "average", "making", "judging")


def train_gan_drums(args: argparse.Namespace) -> None:
    """Train within `--minutes`, counted over all runs into the same `--out`; the first `--warm` without the critic."""
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    data, held_out = drum_set(args.data, "train"), drum_set(args.data, "valid")
    trainer = _Trainer(DrumsConfig(), data, args.seed, args.lean, args.rate_gan)
    trainer.resume(args.out / "state.pt")
    print(f"{len(data)} patterns to learn, {len(held_out)} to look at; from step {trainer.steps} on", flush=True)
    began = time.monotonic() - trainer.seconds
    saved = time.monotonic()
    with (args.out / "losses.csv").open("a", newline="") as file:
        log = csv.writer(file)
        if not trainer.steps:
            log.writerow(["step", "seconds", *LOSSES])
        while trainer.seconds < args.minutes * 60:
            losses = trainer.step(trainer.seconds >= args.warm * 60 or not args.lean)
            trainer.seconds = time.monotonic() - began
            log.writerow([trainer.steps, f"{trainer.seconds:.0f}", *(f"{value:.4f}" for value in losses)])
            if trainer.steps % SHEET_STEPS == 0:
                file.flush()
                _draw(args.out, trainer, held_out)
                print(f"{trainer.seconds / 60:5.1f} min, step {trainer.steps}: " + ", ".join(
                    f"{name} {value:.3f}" for name, value in zip(LOSSES, losses, strict=True)), flush=True)  # fmt: skip
            if time.monotonic() - saved > 60:
                trainer.save(args.out / "state.pt")
                saved = time.monotonic()
    trainer.save(args.out / "state.pt")
    trainer.export(args.out / "gan_drums.safetensors")
    _draw(args.out, trainer, held_out)
    export(args.out / "gan_drums.safetensors", args.export)


class _Trainer:
    """The networks, their optimisers and the data they are shown."""

    def __init__(self, config: DrumsConfig, data: DrumSet, seed: int, lean: float, rate: float) -> None:
        torch.manual_seed(seed)
        self.config, self.data, self.lean, self.seed = config, data, lean, seed
        self.writer, self.critic, self.reader = DrumWriter(config), DrumCritic(config), DrumReader(config)
        self.average = DrumWriter(config)
        self.average.load_state_dict(self.writer.state_dict())
        made = [*self.writer.parameters(), *self.reader.parameters()]
        self.making = torch.optim.Adam(made, rate, betas=(0.5, 0.99))
        self.judging = torch.optim.Adam(self.critic.parameters(), rate, betas=(0.0, 0.99))
        self.random = np.random.default_rng(seed)
        self.steps, self.seconds = 0, 0.0

    def step(self, adversarial: bool) -> list[float]:
        """One batch for the critic and one for writer and reader; the values of LOSSES."""
        real, accents = self._batch()
        latent = torch.randn(BATCH, self.config.latent)
        slope = min(1 + self.steps / _STEEPER, _STEEPEST)
        values = dict.fromkeys(LOSSES, 0.0)
        total = torch.zeros(())
        if self.lean:
            mean, log_variance = self.reader(real, accents)
            there = mean + torch.randn_like(mean) * (log_variance / 2).exp()
            scores = self.writer(there, accents)
            given_back = F.binary_cross_entropy_with_logits(scores, real, reduction="none").sum((1, 2)).mean()
            nats = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
            total = total + self.lean * (given_back + min(self.steps / _LEAN_RISES, 1.0) * nats)
            values |= {"given_back": float(given_back.detach()), "latent_nats": float(nats.detach())}
        if adversarial:
            written = hit(self.writer(latent, accents), slope)
            for_real, for_written = self.critic(real, accents), self.critic(written.detach(), accents)
            loss = F.relu(1 - for_real).mean() + F.relu(1 + for_written).mean()
            descend(self.judging, loss, self.critic)
            fooled = -self.critic(written, accents).mean()
            total = total + fooled
            values |= {"critic": float(loss.detach()), "writer": float(fooled.detach())}
        descend(self.making, total, self.writer, self.reader)
        keep = min(_AVERAGE, self.steps / (self.steps + 10))
        with torch.no_grad():
            for mine, newest in zip(self.average.parameters(), self.writer.parameters(), strict=True):
                mine.lerp_(newest, 1 - keep)
        self.steps += 1
        return [values[name] for name in LOSSES]

    def _batch(self) -> tuple[Tensor, Tensor]:
        rows = self.random.choice(len(self.data), BATCH, p=self.data.chances)
        hidden = self.random.random((BATCH, 1)) * _MOST_HIDDEN
        hidden[self.random.random(BATCH) < _ALL_HIDDEN] = 1
        accents = self.data.accents[rows]
        shown = np.where(self.random.random(accents.shape) < hidden, 0, accents).astype(np.float32)
        return torch.from_numpy(self.data.hits[rows].astype(np.float32)), torch.from_numpy(shown)

    def save(self, path: Path) -> None:
        """All that is needed to go on."""
        parts = {name: getattr(self, name).state_dict() for name in _STATES}
        unfinished = path.with_suffix(".tmp")
        torch.save(parts | {"steps": self.steps, "seconds": self.seconds}, unfinished)
        unfinished.replace(path)

    def resume(self, path: Path) -> None:
        """Go on from save(), where there is something."""
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        for name in _STATES:
            getattr(self, name).load_state_dict(state[name])
        self.steps, self.seconds = state["steps"], state["seconds"]
        self.random = np.random.default_rng([self.seed, self.steps])

    def export(self, path: Path) -> None:
        """The averaged writer as the engine reads it, fitted to the data's hits on eighths and between them."""
        random = np.random.default_rng([self.seed, 23])
        rows = random.choice(len(self.data), _FITTED, p=self.data.chances)
        latent = random.standard_normal((_FITTED, self.config.latent), np.float32)
        often = self.data.hits[rows].reshape(-1, 2, DRUMS).mean(0)
        weights = dict(self.average.state_dict()) | {
            "often": torch.from_numpy(fitted(self.average, latent, self.data.accents[rows], often))
        }
        checkpoint.save(path, weights, ENGINE, asdict(self.config))


def _draw(out: Path, trainer: _Trainer, held_out: DrumSet) -> None:
    """A sheet of sixteen patterns to the accents of held-out drums, and both losses so far."""
    rows = np.arange(0, len(held_out), max(len(held_out) // 16, 1))[:16]
    latent = torch.randn(len(rows), trainer.config.latent, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        hits = trainer.average(latent, torch.from_numpy(held_out.accents[rows])).numpy() > 0
    write_png(out / "sheets" / f"{trainer.steps:06}.png", drum_sheet(hits, held_out.accents[rows]))
    losses = np.genfromtxt(out / "losses.csv", delimiter=",", skip_header=1, invalid_raise=False)
    if losses.ndim == 2:
        playing = losses[losses[:, 2] != 0]
        write_png(out / "losses.png", curves([playing[:, 2], playing[:, 3]]))
