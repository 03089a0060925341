"""What the engine's speed is judged beside does what its name says."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from models.compiled import Compiled
from models.evaluate.rates import CachedTransformer, bandwidth, lstm_rate, transformer_rate, weight_bytes
from models.kernel import kernels
from models.lstm_network import Config, Network

SMALL = Config(hidden=32, layers=2, head=24, place=8, behind=8)


def _whole(transformer: CachedTransformer, notes: torch.Tensor) -> torch.Tensor:
    """All notes at once, each seeing those before it."""
    x = notes
    for number, (attend, out, up, down) in enumerate(transformer.blocks):  # pyright: ignore[reportGeneralTypeIssues]
        parts = attend(transformer.norms[2 * number](x)).chunk(3, -1)
        query, key, value = (part.unflatten(-1, (4, -1)).transpose(1, 2) for part in parts)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + out(mixed.transpose(1, 2).flatten(2))
        x = x + down(F.gelu(up(transformer.norms[2 * number + 1](x))))
    return x


def test_the_cached_transformer_says_what_one_says_that_reads_everything_anew() -> None:
    torch.manual_seed(0)
    network = Network(SMALL)
    transformer = CachedTransformer(network.lstm)
    notes = torch.randn(1, 20, transformer.width)
    with torch.inference_mode():
        for _ in range(2):  # the second time after forgetting the first
            transformer.forget()
            stepped = torch.cat([transformer(notes[:, at : at + 1]) for at in range(20)], 1)
            assert torch.allclose(stepped, _whole(transformer, notes), atol=1e-5)


def test_the_transformer_is_of_the_lstms_size() -> None:
    like = Network(Config()).lstm
    mine = sum(values.numel() for values in CachedTransformer(like).parameters())
    assert 0.9 < mine / sum(values.numel() for values in like.parameters()) < 1.1


@pytest.mark.parametrize("recall", [0, 4])
def test_the_bytes_of_a_note_are_those_that_lie_in_memory(recall: int) -> None:
    network = Network(Config(recall=recall)).eval()
    stepper = Compiled(kernels()[-1], {name: values.numpy() for name, values in network.state_dict().items()}, 2)
    lying = sum(codes.matrix.inputs * codes.matrix.outputs for codes in stepper._codes)
    lying += sum(second.nbytes for second, _ in stepper._seconds.values())
    lying += stepper._recall_arrays[0].nbytes if recall else 0
    assert 0.85 * lying < weight_bytes(network) <= lying  # strips are filled up


def test_rates_and_the_limit_by_memory_are_of_this_world() -> None:
    network = Network(SMALL).eval()
    assert 1e8 < bandwidth() < 1e12
    assert lstm_rate(network) > 1
    assert transformer_rate(network, CachedTransformer(network.lstm).eval()) > 1
