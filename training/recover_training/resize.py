"""Separable resampling by matrices, in the convention of Pillow and of the C++ resampler.

Half-pixel centres; the kernel is widened by the factor when shrinking (antialias); weights are
normalised over the samples that lie inside. Lanczos has a = 3, bicubic a = -0.5.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor


def _sinc(x: float) -> float:
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / 3) if -3 < x < 3 else 0.0


def _bicubic(x: float) -> float:
    x, a = abs(x), -0.5
    if x < 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0


def _bilinear(x: float) -> float:
    return max(0.0, 1 - abs(x))


def _box(x: float) -> float:
    return 1.0 if -0.5 < x <= 0.5 else 0.0


_KERNELS = {"lanczos": (_lanczos, 3.0), "bicubic": (_bicubic, 2.0), "bilinear": (_bilinear, 1.0), "box": (_box, 0.5)}
KERNEL_NAMES = tuple(_KERNELS)


@functools.lru_cache(maxsize=4096)
def _matrix(size_in: int, size_out: int, kernel: str) -> Tensor:
    function, support = _KERNELS[kernel]
    scale = size_in / size_out
    widen = max(scale, 1.0)
    matrix = torch.zeros(size_out, size_in)
    for i in range(size_out):
        centre = (i + 0.5) * scale
        low = max(0, int(centre - support * widen + 0.5))
        high = min(size_in, int(centre + support * widen + 0.5))
        weights = [function((j - centre + 0.5) / widen) for j in range(low, high)]
        total = sum(weights) or 1.0
        for j, weight in zip(range(low, high), weights):
            matrix[i, j] = weight / total
    return matrix


def resize(x: Tensor, height: int, width: int, kernel: str) -> Tensor:
    """(N, C, h, w) to (N, C, height, width); `kernel` is one of KERNEL_NAMES. Not clamped."""
    rows = _matrix(x.shape[2], height, kernel).to(x)
    columns = _matrix(x.shape[3], width, kernel).to(x)
    return torch.matmul(torch.matmul(rows, x), columns.t())
