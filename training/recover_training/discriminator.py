"""The critic of stage B: a U-Net with spectral norm that is told the creativity and the scale.

Judges every pixel (Real-ESRGAN, arXiv 2107.10833, section 3.4); what it is told enters as a scale and
a shift per channel where a level begins. Differentiable augmentation (Zhao et al. 2020, arXiv
2006.10738) keeps it from learning the few photographs by heart.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

KNOWLEDGE = 2  # creativity, log2 of the scale / 3


class _Level(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        size, padding = (4, 1) if stride == 2 else (3, 1)
        self.convolution = spectral_norm(nn.Conv2d(channels_in, channels_out, size, stride, padding))
        self.film = nn.Linear(KNOWLEDGE, 2 * channels_out)
        nn.init.normal_(self.film.weight, std=0.05)
        nn.init.zeros_(self.film.bias)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.film(told)[:, :, None, None].chunk(2, dim=1)
        return F.leaky_relu(self.convolution(x) * (1 + scale) + shift, 0.2)


class Discriminator(nn.Module):
    """forward(x, told) -> (logits (N, 1, H, W), features): x (N, 3, H, W) in [0, 1], told (N, 2).

    `features` are the activations of the way down, for feature matching.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        w = width
        self.enter = _Level(3, w, 1)
        self.down = nn.ModuleList((_Level(w, 2 * w, 2), _Level(2 * w, 4 * w, 2), _Level(4 * w, 8 * w, 2)))
        self.up = nn.ModuleList((_Level(8 * w, 4 * w, 1), _Level(4 * w, 2 * w, 1), _Level(2 * w, w, 1)))
        self.leave = spectral_norm(nn.Conv2d(w, 1, 3, padding=1))

    def forward(self, x: Tensor, told: Tensor) -> tuple[Tensor, list[Tensor]]:
        levels = [self.enter(x * 2 - 1, told)]
        for down in self.down:
            levels.append(down(levels[-1], told))
        y = levels[-1]
        for up, skip in zip(self.up, reversed(levels[:-1])):
            y = up(F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False), told) + skip
        return self.leave(y), levels


def augment(pair: Tensor, generator: torch.Generator) -> Tensor:
    """The same random brightness, shift and cut-out for all of (N, C, H, W); differentiable.

    Call it once on real and made pictures stacked along the channels, so that both are treated alike.
    """
    n, _, h, w = pair.shape

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(n, 1, 1, 1, device=pair.device, generator=generator) * (high - low) + low

    pair = (pair - 0.5) * uniform(0.8, 1.2) + 0.5 + uniform(-0.1, 0.1)
    dy, dx = (int(torch.randint(-s // 8, s // 8 + 1, (1,), device=pair.device, generator=generator)) for s in (h, w))
    pair = torch.roll(pair, (dy, dx), (2, 3))
    y = torch.arange(h, device=pair.device)[None, None, :, None]
    x = torch.arange(w, device=pair.device)[None, None, None]
    hole = (y - uniform(0, h)).abs().lt(h / 8) & (x - uniform(0, w)).abs().lt(w / 8)
    return pair * (~hole)


def critic_loss(discriminator: Discriminator, real: Tensor, made: Tensor, told: Tensor) -> Tensor:
    """Hinge loss of the critic on pictures of equal shape."""
    return F.relu(1 - discriminator(real, told)[0]).mean() + F.relu(1 + discriminator(made, told)[0]).mean()


def gradient_penalty(discriminator: Discriminator, real: Tensor, told: Tensor) -> Tensor:
    """R1 (Mescheder et al. 2018): the mean squared gradient of the logits at real pictures, per pixel."""
    real = real.detach().requires_grad_(True)
    logits = discriminator(real, told)[0].float().mean(dim=(1, 2, 3)).sum()
    (gradient,) = torch.autograd.grad(logits, real, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean() * real.shape[2] * real.shape[3]
