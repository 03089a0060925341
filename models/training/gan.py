"""Training the phrase GAN: `python -m models.training.train gan --data DIR --out DIR [--export FILE]`.

Hinge losses (Lim and Ye, 2017) on phrases drawn from the prior, with the writer kept to the music by being a decoder as
well: reader and writer give back phrases of the data (Larsen et al., ICML 2016). `--lean 0` trains the GAN alone. Both
losses go to losses.csv, sample sheets to sheets/ as training goes on; it takes up where it left off. With `--export` a
sketch of every training phrase is written beside the weights, by which copying is found out.
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
from numpy.typing import NDArray
from torch import Tensor, nn

from models import checkpoint
from models.evaluate.gan import INDEX, save_sketches
from models.gan_network import Cells, Critic, GanConfig, Reader, Writer, one_hot
from models.roles import STYLES
from models.rolls import PARTS, Rolls, presence, slots_used
from models.training.corpus import load_corpus
from models.training.gan_leanings import find_leanings
from models.training.phrases import PhraseSet, cached_set
from models.training.pieces import split
from models.training.progress import export
from models.training.sheets import curves, sheet, write_png

BATCH = 32
SHEET_STEPS = 250
BANK = 1024  # wishes of training phrases that are kept with the weights, for where nothing is asked
_HIDE_STYLE, _HIDE_PART = 0.3, 0.1
_AVERAGE = 0.998  # of the writer's weights, which sounds better than the newest
_STYLE = slice(6, 6 + len(STYLES))
LOSSES = ("critic", "writer", "given_back", "latent_nats", "real", "written")


def train_gan(args: argparse.Namespace) -> None:
    """Train within `--minutes`, counted over all runs into the same `--out`."""
    torch.set_num_threads(args.threads)
    sources = [source for source in args.sources if source in ("pop909", "lieder", "openewld")]
    args.out.mkdir(parents=True, exist_ok=True)
    paths = {side: args.out / f"phrases.{side}.npz" for side in ("train", "valid")}
    pieces = [] if all(p.exists() for p in paths.values()) else load_corpus(args.data, sources, args.cache)
    data = cached_set(paths["train"], [piece for piece in pieces if split(piece) == "train"])
    held_out = cached_set(paths["valid"], [piece for piece in pieces if split(piece) == "valid"])
    config = GanConfig(channels=args.channels)
    trainer = _Trainer(config, data, args.seed, args.lean, args.beta_kl, args.rate_gan)
    trainer.resume(args.out / "state.pt")
    began = time.monotonic() - trainer.seconds
    saved = time.monotonic()
    with (args.out / "losses.csv").open("a", newline="") as file:
        log = csv.writer(file)
        if not trainer.steps:
            log.writerow(["step", "seconds", *LOSSES])
        while trainer.seconds < args.minutes * 60:
            # Alone the critic has nothing to wait for.
            adversarial = trainer.seconds >= args.warm * 60 or not args.lean
            losses = trainer.step(adversarial)
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
    trainer.export(args.out / "gan.safetensors")
    _draw(args.out, trainer, held_out)
    export(args.out / "gan.safetensors", args.export)
    if args.export:
        save_sketches(args.export.with_name(INDEX.name), data.rolls)


class _Trainer:
    """The networks, their optimisers and the data they are shown."""

    def __init__(self, config: GanConfig, data: PhraseSet, seed: int, lean: float, beta: float, rate: float) -> None:
        torch.manual_seed(seed)
        self.config, self.data, self.lean, self.beta = config, data, lean, beta
        self.random = np.random.default_rng(seed)
        self.writer, self.critic, self.reader = Writer(config), Critic(config), Reader(config)
        self.average = Writer(config)
        self.average.load_state_dict(self.writer.state_dict())
        made = [*self.writer.parameters(), *self.reader.parameters()]
        self.making = torch.optim.Adam(made, rate, betas=(0.5, 0.99))
        self.judging = torch.optim.Adam(self.critic.parameters(), rate, betas=(0.0, 0.99))
        self.steps, self.seconds, self._rate = 0, 0.0, rate

    def step(self, adversarial: bool) -> list[float]:
        """One batch for the critic and one for writer and reader; the values of LOSSES."""
        real, asked = self._batch()
        latent = torch.randn(len(real.melody), self.config.latent)
        slope = min(1.0 + self.steps / 4000, 2.0)
        values = dict.fromkeys(LOSSES, 0.0)
        with torch.autocast("cpu", torch.bfloat16):
            if adversarial:
                with torch.no_grad():
                    written = self.writer(latent, *asked).chosen(slope)
                for_real, for_written = self.critic(real, *asked).float(), self.critic(written, *asked).float()
                loss = F.relu(1 - for_real).mean() + F.relu(1 + for_written).mean()
                descend(self.judging, loss, self.critic)
                values |= {
                    "critic": float(loss.detach()),
                    "real": float(for_real.detach().mean()),
                    "written": float(for_written.detach().mean()),
                }
            total = torch.zeros(())
            if self.lean:
                mean, log_variance = self.reader(real, *asked)
                mean, log_variance = mean.float(), log_variance.float()
                there = mean + torch.randn_like(mean) * (log_variance / 2).exp()
                given_back = self._given_back(self.writer(there, *asked), real, asked)
                nats = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
                total = total + self.lean * (given_back + self.beta * min(self.steps / 1500, 1.0) * nats)
                values |= {"given_back": float(given_back.detach()), "latent_nats": float(nats.detach())}
            if adversarial:
                fooled = -self.critic(self.writer(latent, *asked).chosen(slope), *asked).float().mean()
                total = total + fooled
                values["writer"] = float(fooled.detach())
            descend(self.making, total, self.writer, self.reader)
        keep = min(_AVERAGE, self.steps / (self.steps + 10))
        with torch.no_grad():
            for mine, newest in zip(self.average.parameters(), self.writer.parameters(), strict=True):
                mine.lerp_(newest, 1 - keep)
        self.steps += 1
        return [values[name] for name in LOSSES]

    def _batch(self) -> tuple[Cells, tuple[Tensor, Tensor, Tensor]]:
        """Phrases of the data; now and then the style is not said, or a part is silent."""
        some = self.data.take(self.random.integers(len(self.data), size=BATCH))
        whole = some.wishes.whole.copy()
        whole[self.random.random(BATCH) < _HIDE_STYLE, _STYLE] = 0
        parts = len(PARTS)
        silent = self.random.random((BATCH, parts)) < _HIDE_PART
        silent[:, 0] &= presence(whole)[:, 1:].any(1) & ~silent[:, 1:].all(1)
        whole[:, -parts:][silent] = 0
        whole[:, -2 * parts : -parts][silent] = 0
        rolls = some.rolls
        real = one_hot(*(torch.from_numpy(each) for each in (rolls.melody, rolls.chords, rolls.bass)))
        return real, wishes(whole, some.wishes.halves)

    @staticmethod
    def _given_back(scores: Cells, real: Cells, asked: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Nats a phrase that the cells of the parts that play cost."""
        whole, _, used = asked
        present, inside = whole[:, -3:], used.float()
        lost = torch.zeros(len(whole))
        for part, (score, truth) in enumerate(
            ((scores.melody, real.melody), (scores.chords, real.chords), (scores.bass, real.bass))
        ):
            nats = -(torch.log_softmax(score.float(), 1) * truth).sum(1)
            if part == 1:
                nats = nats.sum(1)
            lost = lost + (nats * inside).sum(1) * present[:, part]
        return lost.mean()

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
        for optimiser in (self.making, self.judging):
            for group in optimiser.param_groups:
                group["lr"] = self._rate
        self.steps, self.seconds = state["steps"], state["seconds"]
        self.random = np.random.default_rng(self.steps)

    def export(self, path: Path) -> None:
        """The averaged writer with a bank of wishes, as the engine reads it."""
        chosen = np.random.default_rng(0).permutation(len(self.data))[:BANK]
        bank = self.data.wishes.take(chosen)
        weights = dict(self.average.state_dict()) | {
            "leanings": torch.from_numpy(find_leanings(self.average, self.data, 0)),
            "bank.whole": torch.from_numpy(bank.whole).half(),
            "bank.halves": torch.from_numpy(bank.halves).to(torch.uint8),
        }
        checkpoint.save(path, weights, "gan", asdict(self.config))


_STATES = ("writer", "critic", "reader", "average", "making", "judging")


def wishes(whole: NDArray[np.float32], halves: NDArray[np.float32]) -> tuple[Tensor, Tensor, Tensor]:
    """Wishes as the networks take them."""
    return torch.from_numpy(whole), torch.from_numpy(halves).float(), torch.from_numpy(slots_used(whole))


def descend(optimiser: torch.optim.Optimizer, loss: Tensor, *networks: nn.Module) -> None:
    """One step of `networks` down `loss`; gradients of other networks are left where they are."""
    for network in networks:
        network.zero_grad(set_to_none=True)
    loss.backward()
    for network in networks:
        torch.nn.utils.clip_grad_norm_(network.parameters(), 50.0)
    optimiser.step()


@torch.inference_mode()
def written(writer: Writer, whole: NDArray[np.float32], halves: NDArray[np.float32], seed: int) -> Rolls:
    """Phrases from the prior for these wishes, without any rule."""
    latent = torch.randn(len(whole), writer.config.latent, generator=torch.Generator().manual_seed(seed))
    scores = writer(latent, *wishes(whole, halves))
    melody, chords, bass = (
        each.argmax(1).to(torch.int8).numpy() for each in (scores.melody, scores.chords, scores.bass)
    )
    return Rolls(melody, chords.transpose(0, 2, 1).copy(), bass)


def _draw(out: Path, trainer: _Trainer, held_out: PhraseSet) -> None:
    """A sheet of sixteen phrases from the prior for wishes of held-out phrases, and both losses so far."""
    asked = held_out.wishes.take(np.arange(0, len(held_out), max(len(held_out) // 16, 1))[:16])
    rolls = written(trainer.average, asked.whole, asked.halves, 0)
    write_png(out / "sheets" / f"{trainer.steps:06}.png", sheet(rolls, presence(asked.whole)))
    rows = np.genfromtxt(out / "losses.csv", delimiter=",", skip_header=1, invalid_raise=False)
    if rows.ndim == 2:
        playing = rows[rows[:, 2] != 0]
        write_png(out / "losses.png", curves([playing[:, 2], playing[:, 3]]))
        write_png(out / "given_back.png", curves([rows[:, 4]]))
