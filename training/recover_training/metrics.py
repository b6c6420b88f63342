"""PSNR and SSIM on luma. Pictures are (3, H, W) float in [0, 1]; luma is the 8-bit studio Y of BT.601."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def luma_255(x: Tensor) -> Tensor:
    """(3, H, W) in [0, 1] to BT.601 studio luma (H, W) in 16..235."""
    r, g, b = x.unbind(0)
    return 16 + 65.481 * r + 128.553 * g + 24.966 * b


def grey(x: Tensor) -> Tensor:
    """(3, H, W) to its full-range luma in all three channels."""
    r, g, b = x.unbind(0)
    return (0.299 * r + 0.587 * g + 0.114 * b).expand(3, -1, -1)


def psnr_y(a: Tensor, b: Tensor) -> float:
    """Peak signal-to-noise ratio in dB on luma, peak 255."""
    error = (luma_255(a) - luma_255(b)).double().square().mean().clamp(min=1e-10)
    return float(10 * torch.log10(255.0**2 / error))


def ssim_y(a: Tensor, b: Tensor) -> float:
    """Structural similarity on luma (Wang et al. 2004): Gaussian window 11, sigma 1.5, valid part."""
    axis = torch.arange(11, dtype=torch.float64) - 5
    window = torch.exp(-(axis**2) / (2 * 1.5**2))
    window = window / window.sum()

    def smooth(x: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(x[None, None], window[None, None, :, None]), window[None, None, None, :])[0, 0]

    x, y = luma_255(a).double(), luma_255(b).double()
    mx, my = smooth(x), smooth(y)
    vx, vy = smooth(x * x) - mx * mx, smooth(y * y) - my * my
    cov = smooth(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * mx * my + c1) * (2 * cov + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2))).mean())
