"""The packed numpy steps give what the torch network gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.desk import Floats
from models.lstm_network import Network
from models.products import Product
from models.stepper import Stepper
from tests.models.stepping import course, small_network, start, steps, weights_of

TOLERANCE = 3e-4


def unrounded(matrix: Floats, bias: Floats) -> Product:
    """A product that rounds nothing, so that all else is held to the network closely."""
    return lambda states: states @ matrix.T + bias


@pytest.fixture(scope="module", params=[0, 2], ids=["without memory", "with memory"])
def network(request: pytest.FixtureRequest) -> Network:
    return small_network(request.param)


@pytest.mark.parametrize("region", [0, 3])
@pytest.mark.parametrize("part", [0, 1])
def test_steps_equal_the_network_on_every_field(network: Network, part: int, region: int) -> None:
    way = course(network, part, region)
    x = {name: value[:, :-1] for name, value in way.batch.items()}
    y = {name: value[:, 1:] for name, value in way.batch.items()}
    with torch.inference_mode():
        h, votes = network.remember(network.read(x)[0], x)
        behind = network.walls(way.batch)
        expected = {name: value[0].numpy() for name, value in network.scores(h, x, y, behind, votes).items()}

    stepper = Stepper(weights_of(network), 2, unrounded)
    bar_steps = way.batch["bar_steps"][0].numpy()
    for t, got in enumerate(steps(stepper, start(stepper, way), way)):
        for name, logits in got.items():
            wanted = expected[name][t]
            finite = np.isfinite(wanted)  # what is impossible beside what is written already is the caller's to forbid
            assert finite.any()
            assert np.abs(logits[:, finite] - wanted[finite]).max() < TOLERANCE, f"{name} of note {t}"
            if name == "position":
                assert np.isneginf(logits[:, bar_steps[t + 1] :]).all()
