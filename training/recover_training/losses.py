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
    """1 / (RMS error of the input + 0.012), scaled to a mean of 1 over the batch; (N,)."""
    rms = (image - target).square().mean(dim=(1, 2, 3)).sqrt()
    weight = 1 / (rms + 0.012)
    return weight / weight.mean()


def stage_a(restored: Tensor, image: Tensor, target: Tensor, fourier_weight: float) -> Tensor:
    """The loss of stage A for (N, 3, H, W) pictures; one number."""
    difference = restored.float() - target
    loss = charbonnier(difference)
    if fourier_weight:
        loss = loss + fourier_weight * fourier(difference)
    return (loss * damage_weight(image, target)).mean()


def low_pass(x: Tensor, factor: int = 16) -> Tensor:
    """Means over blocks of `factor` pixels: what the anchor compares."""
    return torch.nn.functional.avg_pool2d(x, factor)


def anchor(restored: Tensor, target: Tensor) -> Tensor:
    """L1 between the low frequencies: colour and tone may not drift; (N,)."""
    return (low_pass(restored.float()) - low_pass(target)).abs().mean(dim=(1, 2, 3))


def feature_matching(made: list[Tensor], real: list[Tensor]) -> Tensor:
    """Mean L1 between the critic's activations, relative to their size; (N,)."""
    total = 0.0
    for a, b in zip(made, real):
        b = b.detach().float()
        total = total + (a.float() - b).abs().mean(dim=(1, 2, 3)) / b.abs().mean().clamp(min=1e-3)
    return total / len(made)


def stage_b(
    restored: Tensor, image: Tensor, target: Tensor, creativity: Tensor, feature: Tensor, adversarial: Tensor,
    matching: Tensor, anchor_weight: float = 1.0,
) -> Tensor:  # fmt: skip
    """(1 - 0.8 c) L1 + c (feature + 0.1 GAN + 0.3 matching) x 0.1 + anchor; one number.

    creativity, feature, adversarial, matching: (N,). The faithful part is weighed as in stage A. The
    factor 0.1 brings the feature distance (0.2 .. 0.8) to the size of the L1 term (0.02 .. 0.08).
    """
    faithful = charbonnier(restored.float() - target) * damage_weight(image, target)
    inventive = 0.1 * (feature + 0.1 * adversarial + 0.3 * matching)
    loss = (1 - 0.8 * creativity) * faithful + creativity * inventive
    return (loss + anchor_weight * anchor(restored, target)).mean()
