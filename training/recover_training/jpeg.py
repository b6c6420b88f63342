"""JPEG in batches on any device: 4:2:0 or 4:4:4, one quality a sample, rounding as in a decoder.

The quantisation tables are those of ITU-T T.81 annex K, scaled as libjpeg does. Upsampling of
chroma is the triangle filter ("fancy") of libjpeg. A 4x4 variant stands for WebP's smaller
transforms: blocks of 4 with a soft deblocking between them.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
    51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121,
    120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
)  # fmt: skip


def _dct_matrix(size: int) -> Tensor:
    k = torch.arange(size, dtype=torch.float32)
    matrix = torch.cos(math.pi * (2 * k[None] + 1) * k[:, None] / (2 * size)) * math.sqrt(2 / size)
    matrix[0] /= math.sqrt(2)
    return matrix


def quantisation_table(base: tuple[int, ...], quality: Tensor) -> Tensor:
    """(N,) quality 1..100 to (N, 8, 8) steps as libjpeg scales them."""
    quality = quality.clamp(1, 100)
    factor = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    table = torch.tensor(base, device=quality.device, dtype=torch.float32).reshape(1, 8, 8)
    return ((table * factor[:, None, None] + 50) / 100).floor().clamp(1, 255)


def _code_plane(plane: Tensor, steps: Tensor) -> Tensor:
    """(N, H, W) in 0..255, sides multiples of the block; steps (N, b, b). Returns the decoded plane."""
    n, h, w = plane.shape
    b = steps.shape[-1]
    dct = _dct_matrix(b).to(plane)
    blocks = (plane - 128).reshape(n, h // b, b, w // b, b).permute(0, 1, 3, 2, 4)
    levels = torch.round(dct @ blocks @ dct.t() / steps[:, None, None])
    decoded = dct.t() @ (levels * steps[:, None, None]) @ dct
    return decoded.permute(0, 1, 3, 2, 4).reshape(n, h, w) + 128


def _to_ycc(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    r, g, b = x.unbind(1)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return y, (b - y) * 0.564334 + 128, (r - y) * 0.713267 + 128


def _from_ycc(y: Tensor, cb: Tensor, cr: Tensor) -> Tensor:
    cb, cr = cb - 128, cr - 128
    return torch.stack((y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb), 1)


def jpeg(x: Tensor, quality: Tensor, subsample: bool = True) -> Tensor:
    """(N, 3, H, W) in [0, 1] and (N,) quality 1..100 to the decoded picture in [0, 1], in steps of 1/255."""
    h, w = x.shape[2:]
    padded = F.pad(x, (0, -w % 16, 0, -h % 16), mode="replicate")
    y, cb, cr = _to_ycc(torch.round(padded.clamp(0, 1) * 255))
    y = _code_plane(y, quantisation_table(_LUMA, quality))
    steps = quantisation_table(_CHROMA, quality)
    if subsample:
        chroma = F.avg_pool2d(torch.stack((cb, cr), 1), 2)
        chroma = torch.stack((_code_plane(chroma[:, 0], steps), _code_plane(chroma[:, 1], steps)), 1)
        chroma = F.interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False)
        cb, cr = chroma.unbind(1)
    else:
        cb, cr = _code_plane(cb, steps), _code_plane(cr, steps)
    return torch.round(_from_ycc(y, cb, cr))[:, :, :h, :w].clamp(0, 255) / 255


def webp_like(x: Tensor, quality: Tensor) -> Tensor:
    """As `jpeg` with 4x4 blocks and a deblocking blur where the step is coarse: the look of lossy WebP."""
    h, w = x.shape[2:]
    padded = F.pad(x, (0, -w % 16, 0, -h % 16), mode="replicate")
    planes = list(_to_ycc(torch.round(padded.clamp(0, 1) * 255)))
    luma = quantisation_table(_LUMA, quality)[:, ::2, ::2]
    coded = _code_plane(planes[0], luma)
    soft = F.avg_pool2d(F.pad(coded[:, None], (1, 1, 1, 1), mode="reflect"), 3, 1)[:, 0]
    flat = torch.exp(-((coded - soft).abs() / (0.25 * luma.mean(dim=(1, 2)))[:, None, None]))
    planes[0] = coded + flat * (soft - coded)
    steps = quantisation_table(_CHROMA, quality)[:, ::2, ::2]
    chroma = F.avg_pool2d(torch.stack(planes[1:], 1), 2)
    chroma = torch.stack((_code_plane(chroma[:, 0], steps), _code_plane(chroma[:, 1], steps)), 1)
    cb, cr = F.interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False).unbind(1)
    return torch.round(_from_ycc(planes[0], cb, cr))[:, :, :h, :w].clamp(0, 255) / 255
