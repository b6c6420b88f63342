"""Sensor noise, grain and quantisation, one strength a sample. Pictures are (N, 3, H, W) in [0, 1]."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def _normal(shape: tuple[int, ...], like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(shape, device=like.device, generator=generator)


def gaussian(x: Tensor, sigma_255: Tensor, grey: Tensor, generator: torch.Generator) -> Tensor:
    """Adds white noise of (N,) sigma in units of 1/255; where (N,) `grey` is true all channels share it."""
    n, c, h, w = x.shape
    colour = _normal((n, c, h, w), x, generator)
    noise = torch.where(grey[:, None, None, None], colour[:, :1], colour)
    return x + noise * (sigma_255 / 255)[:, None, None, None]


def poisson(x: Tensor, strength: Tensor, generator: torch.Generator) -> Tensor:
    """Signal-dependent noise: sigma = strength/255 x sqrt(value x 2), equal to Gaussian at mid grey."""
    scale = (x.clamp(0, 1) * 2).sqrt() * (strength / 255)[:, None, None, None]
    return x + _normal(tuple(x.shape), x, generator) * scale


def grain(x: Tensor, sigma_255: Tensor, size_px: float, generator: torch.Generator) -> Tensor:
    """Film grain: grey noise smoothed to `size_px` pixels, strongest in the mid tones."""
    n, _, h, w = x.shape
    field = _normal((n, 1, max(4, int(h / size_px)), max(4, int(w / size_px))), x, generator)
    field = F.interpolate(field, size=(h, w), mode="bicubic", align_corners=False)
    field = field / field.std(dim=(2, 3), keepdim=True).clamp(min=1e-3)
    luma = x.mean(1, keepdim=True).clamp(0, 1)
    return x + field * (0.4 + 2.4 * luma * (1 - luma)) * (sigma_255 / 255)[:, None, None, None]


def to_8_bit(x: Tensor) -> Tensor:
    """Clamped and rounded to steps of 1/255, as a stored picture is."""
    return torch.round(x.clamp(0, 1) * 255) / 255
