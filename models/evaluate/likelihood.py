"""Bits a note: how well the LSTM, and the n-gram beside it, foretell real melodies. Teacher-forced, whole pieces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from models import lstm
from models.evaluate import ngram
from models.music.detect import detect_key
from models.tokens import Encoded, encode
from models.training.corpus import Piece
from models.training.dataset import Dataset, build

FIELDS = ("onset", "pitch", "duration", "velocity")
BASELINE = lstm.WEIGHTS.with_name("ngram.npz")


def encode_piece(piece: Piece) -> Encoded:
    """The piece in its own key; detected where none is known."""
    phrase = piece.phrase
    return encode(phrase, phrase.key or detect_key(phrase.notes))


@torch.inference_mode()
def lstm_bits(network: lstm.Network, data: Dataset) -> dict[str, float]:
    """Mean bits a note of each field over the data set; advance and position together are the onset."""
    sums, count = dict.fromkeys(lstm.FIELDS, 0.0), 0.0
    pieces = sorted(range(len(data.starts) - 1), key=lambda i: data.starts[i + 1] - data.starts[i])
    for first in range(0, len(pieces), 16):
        batch = data.batch([data.piece(i) for i in pieces[first : first + 16]])
        weight = batch["weight"][:, 1:]
        for name, logs in network(batch).items():
            sums[name] -= float(torch.where(weight > 0, logs, 0).sum()) / math.log(2)
        count += float(weight.sum())
    bits = {name: value / max(count, 1) for name, value in sums.items()}
    return {
        "onset": bits["advance"] + bits["position"],
        "pitch": bits["pitch"],
        "duration": bits["duration"],
        "velocity": bits["velocity"],
    }


def ngram_bits(path: Path, pieces: Sequence[Encoded]) -> dict[str, float]:
    """Mean bits a note of each field under the n-gram at `path`, over the same notes."""
    tables, discounts = ngram.load(path)
    data = ngram.columns(pieces)
    counted = data["counts0"] > 0
    return {
        field: float(-np.log2(ngram.probabilities(tables[field], discounts[field], data, field))[counted].mean())
        for field in FIELDS
    }


def likelihood(pieces: Sequence[Piece], weights: Path = lstm.WEIGHTS, baseline: Path = BASELINE) -> dict[str, float]:
    """The figures of one table: `bits_FIELD`, `bits_FIELD_ngram`, their sums, notes and `unrepresentable`."""
    encoded = [each for each in map(encode_piece, pieces) if len(each)]
    kept, dropped = sum(map(len, encoded)), sum(each.dropped for each in encoded)
    engine = lstm.load(weights)
    own = lstm_bits(engine.network, build(encoded))
    other = ngram_bits(baseline, encoded)
    figures = {f"bits_{field}": own[field] for field in FIELDS}
    figures["bits_note"] = sum(own.values())
    figures |= {f"bits_{field}_ngram": other[field] for field in FIELDS}
    figures["bits_note_ngram"] = sum(other.values())
    return figures | {"notes": kept, "pieces": len(encoded), "unrepresentable": dropped / max(kept + dropped, 1)}
