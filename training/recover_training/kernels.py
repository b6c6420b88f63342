"""Blur kernels, one a sample, and their application. All kernels sum to 1.

Gaussian (round, oblong, turned, generalised), defocus disc, motion line, and the ringing low-pass
of over-sharpened pictures (Real-ESRGAN, arXiv 2107.10833, section 3.2).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def _grid(radius: int, like: Tensor) -> tuple[Tensor, Tensor]:
    axis = torch.arange(-radius, radius + 1, device=like.device, dtype=torch.float32)
    return axis[None, :, None], axis[None, None, :]


def _normalised(kernel: Tensor) -> Tensor:
    return kernel / kernel.sum(dim=(1, 2), keepdim=True)


def gaussian(sigma_x: Tensor, sigma_y: Tensor, angle: Tensor, power: Tensor) -> Tensor:
    """Generalised Gaussians: (N,) sigmas in pixels, angle in radians, power 1 = Gaussian; (N, k, k)."""
    radius = max(1, int(math.ceil(3 * float(torch.maximum(sigma_x, sigma_y).max()))))
    y, x = _grid(radius, sigma_x)
    c, s = angle.cos()[:, None, None], angle.sin()[:, None, None]
    u = (x * c + y * s) / sigma_x.clamp(min=0.05)[:, None, None]
    v = (y * c - x * s) / sigma_y.clamp(min=0.05)[:, None, None]
    return _normalised(torch.exp(-0.5 * (u * u + v * v + 1e-12) ** power[:, None, None]))


def defocus(radius_px: Tensor) -> Tensor:
    """Discs of (N,) radius in pixels with a soft rim one pixel wide; (N, k, k)."""
    radius = int(math.ceil(float(radius_px.max()))) + 1
    y, x = _grid(radius, radius_px)
    distance = (x * x + y * y).sqrt()
    return _normalised((radius_px[:, None, None] + 0.5 - distance).clamp(0, 1) + 1e-8)


def motion(length_px: Tensor, angle: Tensor) -> Tensor:
    """Straight lines of (N,) length in pixels at (N,) angle in radians, antialiased; (N, k, k)."""
    radius = int(math.ceil(float(length_px.max()) / 2)) + 1
    y, x = _grid(radius, length_px)
    c, s = angle.cos()[:, None, None], angle.sin()[:, None, None]
    along, across = x * c + y * s, y * c - x * s
    inside = (length_px[:, None, None] / 2 + 0.5 - along.abs()).clamp(0, 1)
    return _normalised(inside * (1 - across.abs()).clamp(0, 1) + 1e-8)


def ringing(cutoff: Tensor, radius: int = 6) -> Tensor:
    """Circular sinc low-pass with (N,) cutoff in radians a pixel (pi/3..pi): rings at edges; (N, k, k)."""
    y, x = _grid(radius, cutoff)
    distance = (x * x + y * y).sqrt().clamp(min=1e-4)
    w = cutoff[:, None, None]
    kernel = w * torch.special.bessel_j1(w * distance) / (2 * math.pi * distance)
    return _normalised(kernel)


def apply(x: Tensor, kernel: Tensor) -> Tensor:
    """Each sample of (N, C, H, W) with its own kernel of (N, k, k); reflected at the edges."""
    n, c, h, w = x.shape
    pad = min(kernel.shape[-1] // 2, h - 1, w - 1)
    cut = kernel.shape[-1] // 2 - pad
    if cut:
        kernel = _normalised(kernel[:, cut:-cut, cut:-cut])
    padded = F.pad(x, (pad, pad, pad, pad), mode="reflect")
    weight = kernel.to(x)[:, None].repeat_interleave(c, dim=0)
    return F.conv2d(padded.reshape(1, n * c, *padded.shape[2:]), weight, groups=n * c).reshape(n, c, h, w)
