"""Losses of stage A: Charbonnier and Fourier, weighed so that light damage counts.

A plain mean lets the heavily damaged samples decide, and the network learns to touch good pictures
too. Each sample is therefore divided by how wrong its input is.
"""

from __future__ import annotations

import torch
from torch import Tensor


def charbonnier(difference: Tensor, epsilon: float = 0.01) -> Tensor:
    """Mean over all but the first axis of sqrt(d^2 + e^2) - e: quadratic below e, linear above; (N,)."""
    return ((difference * difference + epsilon * epsilon).sqrt() - epsilon).mean(dim=(1, 2, 3))


def fourier(difference: Tensor) -> Tensor:
    """Mean size of the Fourier coefficients of (N, C, H, W), orthonormal; (N,)."""
    return torch.fft.rfft2(difference.float(), norm="ortho").abs().mean(dim=(1, 2, 3))


def damage_weight(image: Tensor, target: Tensor) -> Tensor:
    """1 / (RMS error of the input + 0.02), scaled to a mean of 1 over the batch; (N,)."""
    rms = (image - target).square().mean(dim=(1, 2, 3)).sqrt()
    weight = 1 / (rms + 0.02)
    return weight / weight.mean()


def stage_a(restored: Tensor, image: Tensor, target: Tensor, fourier_weight: float) -> Tensor:
    """The loss of stage A for (N, 3, H, W) pictures; one number."""
    difference = restored.float() - target
    loss = charbonnier(difference)
    if fourier_weight:
        loss = loss + fourier_weight * fourier(difference)
    return (loss * damage_weight(image, target)).mean()
