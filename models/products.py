"""Products with a fixed matrix in whole numbers of eight bits, the same to the last bit whatever multiplies them.

States of an LSTM lie between -1 and 1. They are rounded to 255 levels, and each output's weights to 255 of its own
(symmetric, per channel: Jacob et al., "Quantization and training of neural networks for efficient
integer-arithmetic-only inference", 2018). Sums of their products stay below 2**24, so that float32 holds them exactly,
too: one take is multiplied in floats, which costs least for a vector, several in integers; a take comes out the same
either way.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import torch

from models.desk import Floats

LEVELS = 127  # on either side of 0
_ZERO = 128  # what stands for 0 among the kernel's bytes
_MOST_INPUTS = (1 << 24) // LEVELS**2

Product = Callable[[Floats], Floats]


class Rounded:
    """x ↦ `matrix` x + `bias`, for `matrix` (outputs, inputs) and states x (takes, inputs) in [-1, 1]."""

    def __init__(self, matrix: Floats, bias: Floats) -> None:
        if matrix.shape[1] > _MOST_INPUTS:
            raise ValueError(f"sums over {matrix.shape[1]} inputs would not be exact")
        whole, self._step = rounded(matrix)
        self._columns = np.ascontiguousarray(whole.T)
        self._bias = bias.astype(np.float32)
        self._packed = _Kernel(whole) if _kernel_is_exact() else None

    def __call__(self, states: Floats) -> Floats:
        levels = states * np.float32(LEVELS)
        np.rint(levels, out=levels)
        # Between all else that a step does, the kernel takes twice as long for one row as floats do.
        packed = None if len(levels) == 1 else self._packed
        out = levels @ self._columns if packed is None else packed(levels)
        out *= self._step
        out += self._bias
        return out


def rounded(matrix: Floats) -> tuple[Floats, Floats]:
    """The whole numbers for `matrix` (outputs, inputs), and by output what makes their products with states' levels
    those of the matrix with the states."""
    largest = np.abs(matrix).max(axis=1)
    step = np.where(largest > 0, largest / LEVELS, 1).astype(np.float32)
    return np.rint(matrix / step[:, None]), step / np.float32(LEVELS)


class _Kernel:
    """Whole numbers times whole numbers by FBGEMM (Khudia et al. 2021)."""

    def __init__(self, whole: Floats) -> None:
        ones, zeros = torch.ones(len(whole), dtype=torch.double), torch.zeros(len(whole), dtype=torch.long)
        with warnings.catch_warnings():
            # Its tensors are to leave torch one day. Where they are gone, floats do the work.
            warnings.filterwarnings("ignore", "torch.quantize_per_tensor", UserWarning)
            codes = torch.quantize_per_channel(torch.from_numpy(whole), ones, zeros, 0, torch.qint8)
        self._weights = torch.ops.quantized.linear_prepack(codes, None)
        self._multiply = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32.default

    def __call__(self, levels: Floats) -> Floats:
        """(takes, inputs) of whole numbers within LEVELS of 0 to (takes, outputs)."""
        return self._multiply(torch.from_numpy(levels), 1.0, _ZERO, self._weights).numpy()


@cache
def _kernel_is_exact() -> bool:
    """Whether this processor's kernel is right at the limits; before VNNI some add pairs in sixteen bits and saturate.

    Where there is none, floats do the work, with the same results.
    """
    random = np.random.default_rng(0)
    matrix = random.choice([-LEVELS, LEVELS], (32, 256)).astype(np.float32)
    matrix[0], matrix[1] = LEVELS, -LEVELS
    states = random.choice([-LEVELS, LEVELS], (4, 256)).astype(np.float32)
    states[0], states[1] = LEVELS, -LEVELS
    try:
        return np.array_equal(_Kernel(matrix)(states), states @ matrix.T)
    except (AttributeError, NotImplementedError, RuntimeError):  # torch is built without it
        return False
