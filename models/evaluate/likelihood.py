"""Bits a note: how well the LSTM, and the n-gram beside it, foretell real melodies. Teacher-forced, whole pieces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from models.evaluate import ngram
from models.lstm_network import FIELDS as FIELDS_OF_NETWORK
from models.lstm_network import Network
from models.music.detect import detect_key
from models.tokens import Encoded, encode
from models.training.dataset import EVERYTHING, NOTHING, Dataset, Visible
from models.training.examples import melody_example
from models.training.pieces import Piece

FIELDS = ("onset", "pitch", "duration", "velocity")
_ENTRIES = 8192  # read at once, padded
BASELINE = Path(__file__).parents[2] / "resources" / "checkpoints" / "ngram.npz"


def encode_piece(piece: Piece) -> Encoded:
    """The piece in its own key; detected where none is known."""
    phrase = piece.phrase
    return encode(phrase, phrase.key or detect_key(phrase.notes))


@torch.inference_mode()
def lstm_bits(network: Network, data: Dataset, visible: Visible) -> dict[str, float]:
    """Mean bits a note of each field over whole parts; advance and position together are the onset."""
    sums, counts = dict.fromkeys(FIELDS_OF_NETWORK, 0.0), dict.fromkeys(FIELDS_OF_NETWORK, 0.0)
    order = sorted(range(len(data)), key=data.entries)
    while order:
        # Attention over the longest parts takes gigabytes where they are read side by side.
        size = min(max(_ENTRIES // max(data.entries(order[-1]), 1), 1), 8)
        batch = data.batch([data.whole(i, visible) for i in order[-size:]])
        del order[-size:]
        weight = batch["weight"][:, 1:]
        for name, logs in network(batch).items():
            sums[name] -= float(torch.where(weight > 0, logs, 0).sum()) / math.log(2)
            counts[name] += float(weight.sum())
    bits = {name: sums[name] / max(counts[name], 1) for name in sums}
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


def likelihood(
    network: Network, pieces: Sequence[Piece], baseline: Path = BASELINE, transformer: Network | None = None
) -> dict[str, float]:
    """The figures of one table: `bits_FIELD`, `bits_FIELD_ngram`, their sums, notes and `unrepresentable`; with a
    `transformer`, `bits_FIELD_transformer` too.

    The melodies are seen with their chord symbols and what other parts play, as the music stands. Where there are other
    parts, `bits_with_others` and `bits_without_others` tell what they are worth without chord symbols.
    """
    found = [melody_example(piece) for piece in pieces]
    found = [each for each in found if len(each.encoded)]
    kept, dropped = sum(len(each.encoded) for each in found), sum(each.encoded.dropped for each in found)
    own = lstm_bits(network, Dataset(found), EVERYTHING)
    other = ngram_bits(baseline, [each.encoded for each in found])
    figures = {f"bits_{field}": own[field] for field in FIELDS}
    figures["bits_note"] = sum(own.values())
    figures |= {f"bits_{field}_ngram": other[field] for field in FIELDS}
    figures["bits_note_ngram"] = sum(other.values())
    if transformer is not None:
        beside = lstm_bits(transformer, Dataset(found), EVERYTHING)
        figures |= {f"bits_{field}_transformer": beside[field] for field in FIELDS}
        figures["bits_note_transformer"] = sum(beside.values())
    accompanied = Dataset([each for each in found if each.around.rolls])
    if len(accompanied):
        seen = replace(NOTHING, parts=EVERYTHING.parts)
        figures["bits_with_others"] = sum(lstm_bits(network, accompanied, seen).values())
        figures["bits_without_others"] = sum(lstm_bits(network, accompanied, NOTHING).values())
    return figures | {"notes": kept, "pieces": len(found), "unrepresentable": dropped / max(kept + dropped, 1)}
