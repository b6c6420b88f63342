"""Damage of old photographs: tone (fading, sepia, grey) and marks (scratches, dust, creases, stains, halftone).

Tone is applied to the target too: undoing it is the tone stage's business, not the network's.
Marks are drawn as coverage maps in [0, 1] that blend a mark's colour over the picture.
"""

from __future__ import annotations

import math
import random

import torch
import torch.nn.functional as F
from torch import Tensor


def _uniform(n: int, low: float, high: float, like: Tensor, g: torch.Generator) -> Tensor:
    return torch.rand(n, device=like.device, generator=g) * (high - low) + low


def tone(x: Tensor, g: torch.Generator) -> Tensor:
    """Grey, sepia or faded colour with raised blacks and dull whites: (N, 3, H, W) to the same."""
    n = x.shape[0]
    grey = (x * x.new_tensor([0.299, 0.587, 0.114]).reshape(1, 3, 1, 1)).sum(1, keepdim=True).expand_as(x)
    kind = torch.rand(n, device=x.device, generator=g)[:, None, None, None]
    tint = torch.stack(
        (torch.ones(n, device=x.device), _uniform(n, 0.84, 0.97, x, g), _uniform(n, 0.62, 0.88, x, g)), 1
    )[:, :, None, None]
    mix = _uniform(n, 0.2, 0.9, x, g)[:, None, None, None]
    coloured = torch.where(kind < 0.4, grey * tint, torch.where(kind < 0.75, grey, x + mix * (grey * tint - x)))
    low = _uniform(n, 0.0, 0.28, x, g)[:, None, None, None]
    high = _uniform(n, 0.66, 1.0, x, g)[:, None, None, None]
    return low * tint.clamp(min=0.8) + coloured * (high - low)


def _lines(n: int, size: tuple[int, int], count: int, width: tuple[float, float], like: Tensor, g: torch.Generator) -> Tensor:
    """Coverage of `count` wavering lines a sample: (N, 1, H, W) in [0, 1]."""
    h, w = size
    y = torch.arange(h, device=like.device, dtype=torch.float32)[None, :, None]
    x = torch.arange(w, device=like.device, dtype=torch.float32)[None, None, :]
    cover = torch.zeros(n, h, w, device=like.device)
    for _ in range(count):
        angle = math.pi / 2 + 0.5 * torch.randn(n, device=like.device, generator=g)
        c, s = angle.cos()[:, None, None], angle.sin()[:, None, None]
        px, py = _uniform(n, 0, w, like, g)[:, None, None], _uniform(n, 0, h, like, g)[:, None, None]
        along, across = (x - px) * c + (y - py) * s, (y - py) * c - (x - px) * s
        period, swing = _uniform(n, 20, 120, like, g), _uniform(n, 0, 3, like, g)
        across = across + swing[:, None, None] * torch.sin(along / period[:, None, None])
        half = _uniform(n, *width, like, g)[:, None, None] / 2
        length = _uniform(n, 0.15, 1.2, like, g)[:, None, None] * h / 2
        line = (half + 0.5 - across.abs()).clamp(0, 1) * (length - along.abs()).clamp(0, 1)
        cover = torch.maximum(cover, line * _uniform(n, 0.3, 1.0, like, g)[:, None, None])
    return cover[:, None]


def _specks(n: int, size: tuple[int, int], count: int, radius: tuple[float, float], like: Tensor, g: torch.Generator) -> Tensor:
    """Coverage of `count` round specks a sample: (N, 1, H, W) in [0, 1]."""
    h, w = size
    y = torch.arange(h, device=like.device, dtype=torch.float32)[None, None, :]
    x = torch.arange(w, device=like.device, dtype=torch.float32)[None, None, :]
    cy = torch.rand(n, count, 1, device=like.device, generator=g) * h
    cx = torch.rand(n, count, 1, device=like.device, generator=g) * w
    r = torch.rand(n, count, 1, device=like.device, generator=g) * (radius[1] - radius[0]) + radius[0]
    strength = torch.rand(n, count, 1, device=like.device, generator=g) * 0.6 + 0.4
    # a squared-distance bump separates into rows and columns, so that a matrix product draws all specks
    rows = torch.exp(-(((y - cy) / r) ** 4)) * strength
    columns = torch.exp(-(((x - cx) / r) ** 4))
    return torch.bmm(rows.transpose(1, 2), columns)[:, None].clamp(0, 1)


def marks(x: Tensor, g: torch.Generator, host: random.Random) -> Tensor:
    """Scratches, dust, creases and stains over (N, 3, H, W)."""
    n, _, h, w = x.shape
    area = h * w / 256**2
    cover = _lines(n, (h, w), host.randint(1, max(2, int(5 * area) + 2)), (0.6, 2.5), x, g)
    dust = host.randint(3, max(6, int(40 * area)))
    cover = torch.maximum(cover, _specks(n, (h, w), dust, (0.5, 2.8), x, g))
    if host.random() < 0.25:
        cover = torch.maximum(cover, 0.8 * _lines(n, (h, w), 1, (2.0, 6.0), x, g))
    present = (torch.rand(n, 1, 1, 1, device=x.device, generator=g) < 0.85).float()
    cover = F.avg_pool2d(F.pad(cover, (1, 1, 1, 1), mode="replicate"), 3, 1) * 0.6 + cover * 0.4
    bright = torch.where(torch.rand(n, device=x.device, generator=g) < 0.8, 0.92, 0.1)[:, None, None, None]
    out = x + cover * present * (bright - x)
    if host.random() < 0.3:
        blotch = torch.randn(n, 1, 4, 4, device=x.device, generator=g)
        stain = F.interpolate(blotch, size=(h, w), mode="bicubic", align_corners=False).clamp(0, 1)
        out = out * (1 - stain * _uniform(n, 0.0, 0.18, x, g)[:, None, None, None])
    return out


def halftone(x: Tensor, period_px: float, angle: float) -> Tensor:
    """A printed dot screen of the given period over the grey of (N, 3, H, W), softened as a scan is."""
    h, w = x.shape[2:]
    y = torch.arange(h, device=x.device, dtype=torch.float32)[:, None]
    u = torch.arange(w, device=x.device, dtype=torch.float32)[None]
    c, s = math.cos(angle), math.sin(angle)
    screen = torch.cos(2 * math.pi * (u * c + y * s) / period_px) + torch.cos(2 * math.pi * (y * c - u * s) / period_px)
    grey = x.mean(1, keepdim=True)
    dots = torch.sigmoid((grey * 4 - 2 + screen) * 3)
    return 0.35 * x + 0.65 * dots.expand_as(x)
