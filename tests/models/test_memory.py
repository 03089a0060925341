"""What the memory recalls note by note is what the network recalls over the whole part."""

from __future__ import annotations

import numpy as np
import torch

from models.lstm_network import ABOUT
from models.memory import VOTED, WINDOW, Memory, Recaller
from models.recall import Recall

HIDDEN, HEADS, NOTES, HEARD, TAKES = 24, 3, WINDOW + 90, WINDOW - 20, 3
TOLERANCE = 1e-4


def test_takes_recall_what_the_network_recalls() -> None:
    torch.manual_seed(2)
    random = np.random.default_rng(2)
    recall = Recall(HIDDEN, HEADS, ABOUT)
    with torch.no_grad():
        for values in recall.parameters():
            values.normal_(0, 0.4)
    widths = {"position": 16, "pitch": 24, "interval": 12, "duration": 12}
    tables = {
        name: random.normal(size=(size, width)).astype(np.float32)
        for size, (name, width) in zip(VOTED, widths.items(), strict=True)
    }
    marks = np.stack([random.integers(size, size=NOTES + 1) for size in VOTED])
    bar = np.sort(random.integers(60, size=NOTES + 1))
    hidden = random.normal(size=(NOTES + 1, HIDDEN)).astype(np.float32)
    kept = dict(zip(widths, marks, strict=True))
    about = np.concatenate([tables[name][kept[name]] for name in ("pitch", "interval", "duration", "position")], 1)
    with torch.inference_mode():
        inputs = (torch.from_numpy(each)[None] for each in (hidden, about, bar, marks.T))
        wanted, voted = (each[0].numpy() for each in recall(*inputs))

    weights = {f"recall.{name}": values.numpy() for name, values in recall.state_dict().items()}
    # Heads that read the whole state, so that it can be looked at.
    recaller = Recaller(
        weights | {f"{name}.weight": table for name, table in tables.items()}, np.eye(HIDDEN, dtype=np.float32)
    )
    matrix, bias = recaller.readers
    heard = recaller.heard(hidden[: HEARD + 1], bar[1 : HEARD + 1], marks[:, 1 : HEARD + 1])
    memory = Memory(recaller, heard, TAKES)
    takes = TAKES
    for note in range(HEARD, NOTES + 1):
        rows = np.repeat((hidden[note] @ matrix.T + bias)[None], takes, 0)
        if note > HEARD:
            memory.add(rows, np.full(takes, bar[note]), list(np.repeat(marks[:, note, None], takes, 1)))
        if note == HEARD + 40:  # one take ends earlier than the others
            memory.keep(np.array([True, False, True]))
            takes, rows = 2, rows[:2]
        got, votes = np.split(memory.recall(rows, np.full(takes, bar[note])), [HIDDEN], 1)
        assert np.abs(got - wanted[note]).max() < TOLERANCE
        assert np.abs(votes - voted[note]).max() < TOLERANCE
    assert np.abs(wanted - hidden).max() > 0.1


def test_a_new_memory_changes_nothing() -> None:
    recall = Recall(HIDDEN, HEADS, ABOUT)
    h = torch.randn(2, 9, HIDDEN)
    with torch.inference_mode():
        found, votes = recall(
            h, torch.randn(2, 9, ABOUT), torch.zeros(2, 9, dtype=torch.int64), torch.ones(2, 9, 4, dtype=torch.int64)
        )
    assert torch.equal(found, h)
    assert not votes.any()
