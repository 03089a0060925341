"""Training in several processes: started by `torchrun`, they share the work; started alone, there is one.

DistributedDataParallel over nccl where there are GPUs, one to a process, and over gloo otherwise.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

_PATIENCE = timedelta(hours=2)  # what one process may do alone while the others wait: reading files, judging


@dataclass(frozen=True)
class World:
    """The processes that train together, and which of them this is."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def leads(self) -> bool:
        """Whether this process reads, judges, saves and tells."""
        return self.rank == 0

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network as it is trained: its gradients are the mean over all processes."""
        if self.size == 1:
            return network
        devices = [self.device] if self.device.type == "cuda" else None
        # What reads behind a gap is not used in a batch without one.
        return DistributedDataParallel(network, device_ids=devices, find_unused_parameters=True)

    def total(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes, not differentiated."""
        values = values.detach().clone()
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            dist.barrier()


@contextmanager
def joined() -> Iterator[World]:
    """The world that `torchrun` describes in the environment; a world of one where it does not."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if size == 1:
        yield World(device=device)
        return
    if cuda:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if cuda else "gloo", timeout=_PATIENCE)
    try:
        yield World(dist.get_rank(), size, device)
        dist.barrier()  # none leaves while another still talks to it
    finally:
        # The wrapped network stands in reference cycles that hold the group; one that is left to the interpreter's end
        # aborts the process there, since its threads still run.
        gc.collect()
        dist.destroy_process_group()
