"""What holds of every engine that ships, whatever it does: its keys, its seeds, and weights that are not its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from models import checkpoint, drummer, gan, groove, harmony, lstm, touch, vae
from models.constraints import verify
from models.engines import OFFERED
from models.errors import UserError
from models.music.theory import OWN_NOTES, SCALES, Key
from models.music.time import MetreMap, TempoMap
from models.request import Composer, Context, Controls, Request, Span, Verb, load_engine

KEYS = (
    *(Key(2, scale) for scale in SCALES),
    Key(9, OWN_NOTES, frozenset({9, 0, 4})),
    Key(1, OWN_NOTES, frozenset({1})),
)


@pytest.fixture(scope="module", params=OFFERED[Verb.FRESH])
def engine(request: pytest.FixtureRequest) -> Composer:
    return load_engine(request.param)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_fresh_phrase_stays_in_any_key_and_comes_again_by_its_seed(engine: Composer, key: Key) -> None:
    metres = MetreMap(480)
    request = Request(
        Verb.FRESH, Context((), (), 480, metres, TempoMap(480)), Span(0, 7680), Controls(key, 48, 84), seed=5, takes=2
    )
    takes, again = (engine.compose(request, lambda _line, _note: None, lambda: False) for _ in range(2))
    assert len(takes) == 2
    for take in takes:
        assert take.notes
        assert verify(take.notes, request, key.pitch_classes) == []
    assert takes == again


@pytest.mark.parametrize(
    ("name", "load", "config"),
    [
        ("lstm", lstm.load, lstm.Config().to_dict()),
        ("vae", vae.load, vae.Config().to_dict()),
        ("groove", groove.load, groove.GrooveConfig().to_dict()),
        ("chords", vae.load_chords, vae.ChordConfig().to_dict()),
        ("drums", lambda path: drummer.load(groove.load(), path), drummer.DrumConfig().to_dict()),
        ("touch", lambda path: touch.load(groove.load(), path), touch.TouchConfig().to_dict()),
        ("harmony", harmony.load, harmony.HarmonyConfig().to_dict()),
        ("gan", gan.load, {"latent": 8, "channels": 16}),
    ],
)
def test_weights_that_do_not_fit_cost_a_sentence(
    tmp_path: Path, name: str, load: Callable[[Path], object], config: dict[str, Any]
) -> None:
    path = tmp_path / "misfit.safetensors"
    checkpoint.save(path, {"a": torch.zeros(2)}, name, config)
    with pytest.raises(UserError, match="do not fit"):
        load(path)
