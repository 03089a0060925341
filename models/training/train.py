"""Training from the command line: `python -m models.training.train lstm --data DIR --out DIR`.

Writes a resumable state, the loss curve and the best weights so far into `--out`; `--export` copies the best weights
with their config where the program finds them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from models.evaluate import ngram
from models.evaluate.copying import save_index
from models.evaluate.likelihood import encode_piece
from models.training.beats import train_beats
from models.training.chords import train_chords
from models.training.corpus import load_corpus
from models.training.drums import train_drums
from models.training.frames import train_frames
from models.training.gan import train_gan
from models.training.gan_drums import train_gan_drums
from models.training.groove import train_groove
from models.training.harmony import train_harmony
from models.training.lstm import train_lstm, train_transformer
from models.training.pieces import split
from models.training.touch import train_touch
from models.training.vae import train_vae


def fit_ngram(args: argparse.Namespace) -> None:
    """Count the n-gram baseline on the training pieces, tune its discounts on the validation pieces and export it."""
    pieces = load_corpus(args.data, tuple(args.sources), args.cache)
    columns = {
        name: ngram.columns(
            [encoded for encoded in (encode_piece(piece) for piece in pieces if split(piece) == name) if len(encoded)]
        )
        for name in ("train", "valid")
    }
    tables = ngram.fit(columns["train"])
    discounts = ngram.tune(tables, columns["valid"])
    for field in ngram.FIELDS:
        odds = ngram.probabilities(tables[field], discounts[field], columns["valid"], field)
        print(f"{field:9} {-np.log2(odds).mean():.3f} bits a note, discounts {discounts[field]}")
    ngram.save(args.export or args.out / "ngram.npz", tables, discounts)


def index_runs(args: argparse.Namespace) -> None:
    """Write the index of the runs of notes in the training pieces, by which copying is found out."""
    pieces = load_corpus(args.data, args.sources, args.cache)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.export or args.out / "runs.npz"
    print(f"{save_index(path, (piece for piece in pieces if split(piece) == 'train')):,} runs in {path}")


_ENGINES = {
    "lstm": train_lstm,
    "transformer": train_transformer,
    "ngram": fit_ngram,
    "harmony": train_harmony,
    "runs": index_runs,
    "beats": train_beats,
    "frames": train_frames,
    "gan": train_gan,
    "gan-drums": train_gan_drums,
    "vae": train_vae,
    "groove": train_groove,
    "drums": train_drums,
    "chords": train_chords,
    "touch": train_touch,
}


def main(argv: list[str] | None = None) -> int:
    """The command line; exit status 0 when the training ended as asked."""
    parser = argparse.ArgumentParser(prog="python -m models.training.train", description=__doc__)
    parser.add_argument("engine", choices=list(_ENGINES))
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets, as zips or unpacked")
    parser.add_argument("--out", type=Path, default=Path("runs/lstm"), help="state, loss curve and best weights")
    parser.add_argument("--cache", type=Path, help="folder where the parsed corpus is kept between runs")
    parser.add_argument(
        "--sources", nargs="+", default=["pop909", "nottingham", "openewld", "lieder", "quartets", "chorales"]
    )
    parser.add_argument("--export", type=Path, help="copy the best weights here at the end")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=60.0, help="training time; the learning rate falls over it")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--decay", type=float, default=0.02, help="weight decay")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--dropout", type=float, default=0.25)
    parser.add_argument("--recall", type=int, default=4, help="lstm: heads of the memory of its own notes")
    parser.add_argument("--start", type=Path, help="lstm, chords: weights to begin with (lstm: without its memory)")
    parser.add_argument("--contrast", type=float, default=0.0, help="lstm: weight of telling truth from foil")
    parser.add_argument("--half", action="store_true", help="lstm: multiply in bfloat16, where the processor can")
    parser.add_argument("--set", default="jsb_chorales", help="frames: the set of piano rolls")
    parser.add_argument("--segment", type=int, default=256, help="frames: the longest part that is learned at once")
    parser.add_argument(
        "--batch",
        type=int,
        help="parts a step, in each process (lstm: 24, frames: 6, vae and chords: 256, groove and drums: 128)",
    )
    parser.add_argument("--shards", type=Path, help="lstm: where the corpus lies in shards (OUT/shards)")
    parser.add_argument("--kept", type=int, default=64, help="lstm: shards that stay in memory")
    parser.add_argument("--channels", type=int, default=96, help="gan: width of the convolutions")
    parser.add_argument("--lean", type=float, default=0.02, help="gan: weight of giving phrases back (0: none)")
    parser.add_argument("--beta-kl", type=float, default=1.0, help="gan: what a nat of the latent points costs")
    parser.add_argument("--rate-gan", type=float, default=4e-4, help="gan: learning rate of both sides")
    parser.add_argument("--warm", type=float, default=8.0, help="gan: minutes before the critic joins")
    parser.add_argument("--beta", type=float, default=0.35, help="vae, chords: what a nat of the latent points costs")
    parser.add_argument("--hide", type=float, default=0.3, help="vae, chords: share of steps that the net does not see")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(argv)
    _ENGINES[args.engine](args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
