"""NIQE: how far a picture's small-scale statistics are from those of good photographs; no truth is needed.

Mittal, Soundararajan, Bovik 2013, "Making a completely blind image quality analyzer": 36 features of
locally normalised luma at two scales, block by block, a Gaussian over the blocks, and its distance
from the Gaussian of pristine photographs. The model here is our own, fitted on training photographs
(niqe_pristine.npz), so figures compare with one another, not with those of other programs:

    python -m recover_training.niqe fit --data DATA
"""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from recover_training.data import load_shards
from recover_training.metrics import luma_255

BLOCK = 96
_MODEL = Path(__file__).with_name("niqe_pristine.npz")


def _gamma(x: Tensor) -> Tensor:
    return torch.lgamma(x).exp()


@cache
def _shapes() -> tuple[Tensor, Tensor]:
    """Shapes of a generalised Gaussian and, for each, the ratio E[|x|]^2 / E[x^2] that tells it."""
    shapes = torch.arange(0.2, 10.001, 0.001, dtype=torch.float64)
    return shapes, _gamma(2 / shapes) ** 2 / (_gamma(1 / shapes) * _gamma(3 / shapes))


@cache
def _window() -> Tensor:
    axis = torch.arange(7, dtype=torch.float64) - 3
    line = torch.exp(-(axis**2) / (2 * (7 / 6) ** 2))
    window = line[:, None] * line[None]
    return (window / window.sum())[None, None]


def normalised(luma: Tensor) -> tuple[Tensor, Tensor]:
    """(H, W) luma 0..255 to (x - mean) / (deviation + 1) and the deviation, over 7x7 Gaussian windows."""
    x = F.pad(luma[None, None].double(), (3, 3, 3, 3), mode="replicate")
    mean = F.conv2d(x, _window())
    deviation = (F.conv2d(x * x, _window()) - mean * mean).clamp(min=0).sqrt()
    return ((luma - mean[0, 0]) / (deviation[0, 0] + 1)), deviation[0, 0]


def _asymmetric_gaussian(blocks: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Shape, left and right scale of (B, n) samples: moment matching (Lasmar et al. 2009); (B,) each."""
    negative, positive = blocks < 0, blocks > 0

    def deviation(where: Tensor) -> Tensor:
        return ((blocks.square() * where).sum(1) / where.sum(1).clamp(min=1)).sqrt().clamp(min=1e-6)

    left, right = deviation(negative), deviation(positive)
    skew = left / right
    ratio = blocks.abs().mean(1).square() / blocks.square().mean(1).clamp(min=1e-12)
    ratio = ratio * (skew**3 + 1) * (skew + 1) / (skew**2 + 1).square()
    shapes, ratios = _shapes()
    alpha = shapes[(ratios[None] - ratio[:, None]).abs().argmin(1)]
    scale = (_gamma(1 / alpha) / _gamma(3 / alpha)).sqrt()
    return alpha, left * scale, right * scale


def _blocks(x: Tensor, side: int) -> Tensor:
    h, w = x.shape[0] // side, x.shape[1] // side
    return x[: h * side, : w * side].reshape(h, side, w, side).transpose(1, 2).reshape(h * w, side * side)


def _features_at(x: Tensor, side: int) -> Tensor:
    """(H, W) normalised luma to (B, 18)."""
    alpha, left, right = _asymmetric_gaussian(_blocks(x, side))
    columns = [alpha, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        alpha, left, right = _asymmetric_gaussian(_blocks(x * torch.roll(x, shift, (0, 1)), side))
        mean = (right - left) * _gamma(2 / alpha) / _gamma(1 / alpha)
        columns += [alpha, mean, left, right]
    return torch.stack(columns, 1)


def features(picture: Tensor) -> tuple[Tensor, Tensor]:
    """(3, H, W) in [0, 1], at least 96 px on both sides, to (B, 36) features and (B,) sharpness of its blocks."""
    luma = luma_255(picture).double()
    h, w = luma.shape[0] // BLOCK * BLOCK, luma.shape[1] // BLOCK * BLOCK
    if not h or not w:
        raise ValueError(f"NIQE needs {BLOCK} px on both sides, not {tuple(luma.shape)}")
    luma = luma[:h, :w]
    fine, deviation = normalised(luma)
    half = F.interpolate(luma[None, None], scale_factor=0.5, mode="bicubic", align_corners=False, antialias=True)[0, 0]
    coarse, _ = normalised(half)
    sharpness = _blocks(deviation, BLOCK).mean(1)
    return torch.cat((_features_at(fine, BLOCK), _features_at(coarse, BLOCK // 2)), 1), sharpness


def niqe(picture: Tensor) -> float:
    """(3, H, W) in [0, 1]: distance from pristine photographs; lower is more natural."""
    with np.load(_MODEL) as model:
        mean, covariance = model["mean"], model["covariance"]
    found = features(picture)[0].numpy()
    own = np.cov(found.T) if len(found) > 1 else np.zeros_like(covariance)
    difference = found.mean(0) - mean
    return float(np.sqrt(difference @ np.linalg.pinv((covariance + own) / 2) @ difference))


def fit(pictures: list[Tensor]) -> tuple[np.ndarray, np.ndarray]:
    """Mean (36,) and covariance (36, 36) of the sharp blocks (above 0.75 of each picture's sharpest)."""
    rows = []
    for picture in pictures:
        if min(picture.shape[1:]) < BLOCK:
            continue
        found, sharpness = features(picture.float() / 255)
        rows.append(found[sharpness > 0.75 * sharpness.max()].numpy())
    table = np.concatenate(rows)
    return table.mean(0), np.cov(table.T)


def main() -> None:
    """Command line entry."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["fit"])
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    mean, covariance = fit(load_shards([data / f"photos/photos-0{i}.tar" for i in range(7)])[::4])
    np.savez_compressed(_MODEL, mean=mean.astype(np.float32), covariance=covariance.astype(np.float32))
    print(f"{_MODEL.name}: {_MODEL.stat().st_size} bytes")


if __name__ == "__main__":
    main()
