"""Which damage a training sample gets: draws a recipe, applies it, tells what was done.

The mix follows the project's plan: second-order (Real-ESRGAN, arXiv 2107.10833), half of it in milder
ranges; shuffled (BSRGAN, arXiv 2103.14006); old photographs; repeated JPEG and WebP at the sizes of
social media; out of focus and motion; light and almost clean. Light and almost clean together stay at
or above 30 %: identity must hold.

A batch is worked in groups that share a recipe and a scale, so that everything runs in batches on the
training device; strengths are drawn per sample.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import torch
from torch import Tensor

from recover_training import jpeg as codec
from recover_training import kernels, noise, old_photo
from recover_training.network import DIAL_COUNT, DIAL_INDEX
from recover_training.resize import KERNEL_NAMES, resize

RECIPES = ("second_heavy", "second_mild", "shuffled", "old", "social", "blur", "light", "clean")


@dataclass
class Randomness:
    """Two sources: numbers per sample are drawn on the training device, choices for a whole group on
    the host, so that no draw waits for the device."""

    device: torch.Generator
    host: random.Random


@dataclass(frozen=True)
class RecipeConfig:
    """Shares of the recipes (normalised when drawn) and of the scales 1x, 2x, 4x and 8x; the rest of the
    scales is log-uniform in 1..8. Whole scales keep the source's pixels in step with the 4x4 patches,
    which a short training learns many times sooner (measured: training/NOTES.md)."""

    shares: dict[str, float] = field(
        default_factory=lambda: {
            "second_heavy": 0.22, "second_mild": 0.20, "shuffled": 0.16, "old": 0.14, "social": 0.08,
            "blur": 0.06, "light": 0.08, "clean": 0.06,
        }
    )  # fmt: skip
    scale_shares: tuple[float, float, float, float] = (0.28, 0.12, 0.25, 0.05)
    group_size: int = 4
    estimates_known: float = 0.3


@dataclass
class Truth:
    """What was done to each of N samples, in the units of the dials (each about 0..1)."""

    noise: Tensor
    blur: Tensor
    jpeg: Tensor
    old: Tensor
    scale: float


@dataclass
class Degraded:
    """image, target: (N, 3, P, P) in [0, 1]; dials: (N, 16)."""

    image: Tensor
    target: Tensor
    dials: Tensor


class _Draw:
    """Random numbers for a group of n samples."""

    def __init__(self, n: int, device: torch.device, randomness: Randomness) -> None:
        self.n, self.device, self.g, self.host = n, device, randomness.device, randomness.host

    def uniform(self, low: float, high: float) -> Tensor:
        """(N,) on the training device."""
        return torch.rand(self.n, device=self.device, generator=self.g) * (high - low) + low

    def one(self, low: float, high: float) -> float:
        """One number for the whole group."""
        return self.host.uniform(low, high)

    def chance(self, p: float) -> bool:
        return self.host.random() < p

    def choice(self, items: tuple[str, ...]) -> str:
        return self.host.choice(items)


def draw_scale(config: RecipeConfig, draw: _Draw) -> float:
    """1, 2, 4 or 8 by their shares, else log-uniform in 1..8."""
    at = draw.one(0, 1)
    for scale, share in zip((1.0, 2.0, 4.0, 8.0), config.scale_shares):
        if at < share:
            return scale
        at -= share
    return 2.0 ** draw.one(0, 3)


def _blur(x: Tensor, sigma: Tensor, draw: _Draw) -> Tensor:
    """Gaussian of (N,) sigma px, sometimes oblong or generalised."""
    oblong = draw.uniform(0.5, 1.0) if draw.chance(0.4) else torch.ones_like(sigma)
    power = draw.uniform(0.6, 2.0) if draw.chance(0.2) else torch.ones_like(sigma)
    return kernels.apply(x, kernels.gaussian(sigma, sigma * oblong, draw.uniform(0, math.pi), power))


def _noise(x: Tensor, sigma: Tensor, draw: _Draw) -> Tensor:
    if draw.chance(0.25):
        return noise.poisson(x, sigma, draw.g)
    return noise.gaussian(x, sigma, draw.uniform(0, 1) < 0.4, draw.g)


def _shrink(x: Tensor, size: int, draw: _Draw) -> Tensor:
    return resize(x, size, size, draw.choice(("bicubic", "box", "bilinear", "bicubic")))


def _compress(x: Tensor, quality: Tensor, draw: _Draw) -> Tensor:
    if draw.chance(0.12):
        return codec.webp_like(x, quality)
    return codec.jpeg(x, quality, subsample=not draw.chance(0.15))


def _first_order(x: Tensor, low: int, draw: _Draw, sigma: tuple[float, float], noise_255: tuple[float, float],
                 quality: tuple[float, float], truth: Truth) -> Tensor:  # fmt: skip
    """Blur, shrink to `low`, noise, JPEG. sigma is in pixels of the small picture.

    The blur is made at twice the small picture's size at most, where its kernel stays short.
    """
    middle = min(x.shape[-1], 2 * low)
    if middle < x.shape[-1]:
        x = resize(x, middle, middle, "box" if draw.chance(0.5) else "bicubic")
    strength = draw.uniform(*sigma)
    x = _blur(x, strength * (middle / low), draw)
    if low < middle:
        x = _shrink(x, low, draw)
    level, q = draw.uniform(*noise_255), draw.uniform(*quality)
    truth.blur, truth.noise, truth.jpeg = strength / 4, level / 32, 1 - q / 100
    return _compress(_noise(x, level, draw), q, draw)


def _second_heavy(x: Tensor, low: int, draw: _Draw, truth: Truth) -> Tensor:
    between = max(low, min(x.shape[-1], int(low * draw.one(1.0, 1.8))))
    x = _first_order(x, between, draw, (0.2, 1.3), (1, 22), (30, 92), truth)
    if draw.chance(0.7):
        x = _blur(x, draw.uniform(0.1, 0.9), draw)
    if between != low:
        x = _shrink(x, low, draw)
    extra = draw.uniform(0, 14)
    x = _noise(x, extra, draw)
    truth.noise = (truth.noise**2 + (extra / 32) ** 2).sqrt()
    if draw.chance(0.2):
        x = kernels.apply(x, kernels.ringing(draw.uniform(math.pi / 2.2, math.pi)))
    return _compress(x, draw.uniform(30, 90), draw)


def _second_mild(x: Tensor, low: int, draw: _Draw, truth: Truth) -> Tensor:
    x = _first_order(x, low, draw, (0.08, 0.7), (0, 8), (60, 96), truth)
    return _compress(x, draw.uniform(70, 95), draw) if draw.chance(0.3) else x


def _shuffled(x: Tensor, low: int, draw: _Draw, truth: Truth) -> Tensor:
    """Blur, shrink, noise and JPEG in any order, the last of them JPEG."""
    sigma, level, q = draw.uniform(0.1, 1.1), draw.uniform(0, 18), draw.uniform(35, 95)
    truth.blur, truth.noise, truth.jpeg = sigma / 4, level / 32, 1 - q / 100

    def shrink(y: Tensor) -> Tensor:
        return _shrink(y, low, draw) if y.shape[-1] != low else y

    def blur(y: Tensor) -> Tensor:
        return _blur(y, sigma * min(2.5, y.shape[-1] / low), draw)

    steps = [shrink, blur, lambda y: _noise(y, level, draw), lambda y: _compress(y, draw.uniform(50, 95), draw)]
    for step in draw.host.sample(steps, len(steps)):
        x = step(x)
    return _compress(x, q, draw)


def _old(x: Tensor, low: int, draw: _Draw, truth: Truth) -> Tensor:
    sigma = draw.uniform(0.4, 1.7)
    x = _shrink(x, low, draw) if low != x.shape[-1] else x
    x = _blur(x, sigma, draw)
    if draw.chance(0.08):
        x = old_photo.halftone(x, draw.one(3, 7), draw.one(0, math.pi / 2))
    level = draw.uniform(2, 16)
    x = noise.grain(x, level, draw.one(0.9, 2.2), draw.g)
    x = old_photo.marks(x, draw.g, draw.host)
    q = draw.uniform(55, 95)
    truth.blur, truth.noise, truth.jpeg, truth.old = sigma / 4, level / 32, 1 - q / 100, torch.ones_like(q)
    return _compress(x, q, draw)


def _social(x: Tensor, low: int, draw: _Draw, truth: Truth) -> Tensor:
    """Saved again and again, sometimes shrunk or enlarged a little between."""
    x = _shrink(x, low, draw) if low != x.shape[-1] else x
    q = draw.uniform(8, 60)
    x = _compress(x, q, draw)
    if draw.chance(0.4):
        other = max(16, int(low * draw.one(0.7, 1.25)))
        x = resize(resize(x, other, other, draw.choice(KERNEL_NAMES[:3])), low, low, draw.choice(KERNEL_NAMES[:3]))
    last = draw.uniform(20, 75)
    truth.jpeg = 1 - torch.minimum(q, last) / 100
    return _compress(x, last, draw)


def _out_of_focus(x: Tensor, low: int, draw: _Draw, truth: Truth) -> Tensor:
    x = _shrink(x, low, draw) if low != x.shape[-1] else x
    if draw.chance(0.6):
        radius = draw.uniform(0.7, 5.0)
        kernel = kernels.defocus(radius)
    else:
        radius = draw.uniform(3, 15)
        kernel = kernels.motion(radius, draw.uniform(0, math.pi))
        radius = radius / 3
    level, q = draw.uniform(0, 4), draw.uniform(75, 97)
    truth.blur, truth.noise, truth.jpeg = radius / 8, level / 32, 1 - q / 100
    return _compress(_noise(kernels.apply(x, kernel), level, draw), q, draw)


def _light(x: Tensor, low: int, draw: _Draw, truth: Truth) -> Tensor:
    x = _shrink(x, low, draw) if low != x.shape[-1] else x
    level, q = draw.uniform(0, 4.5), draw.uniform(58, 95)
    truth.noise, truth.jpeg = level / 32, 1 - q / 100
    return _compress(_noise(x, level, draw), q, draw)


def _clean(x: Tensor, low: int, draw: _Draw, truth: Truth) -> Tensor:
    return _shrink(x, low, draw) if low != x.shape[-1] else x


_APPLY = {
    "second_heavy": _second_heavy, "second_mild": _second_mild, "shuffled": _shuffled, "old": _old,
    "social": _social, "blur": _out_of_focus, "light": _light, "clean": _clean,
}  # fmt: skip


def degrade_group(clean: Tensor, recipe: str, scale: float, config: RecipeConfig, randomness: Randomness) -> Degraded:
    """(N, 3, P, P) clean pictures in [0, 1] through one recipe at one scale, back on the output grid."""
    n, _, p, _ = clean.shape
    draw = _Draw(n, clean.device, randomness)
    if recipe == "old":
        clean = old_photo.tone(clean, draw.g) if draw.chance(0.85) else clean
        scale = scale if scale < 2.5 else 1.0
    if recipe == "blur" or (recipe in ("social", "light") and draw.chance(0.5)):
        scale = 1.0  # such pictures are mostly restored at their own size
    low = max(12, round(p / scale))
    zero = torch.zeros(n, device=clean.device)
    truth = Truth(zero, zero, zero, zero, p / low)
    small = noise.to_8_bit(_APPLY[recipe](clean, low, draw, truth))
    image = resize(small, p, p, "lanczos") if low != p else small
    return Degraded(image.clamp(0, 1), clean, _dials(truth, config, draw))


def _dials(truth: Truth, config: RecipeConfig, draw: _Draw) -> Tensor:
    """The dials of a group: the scale always; the estimates for a share of the samples, a little wrong."""
    dials = torch.zeros(draw.n, DIAL_COUNT, device=draw.device)
    dials[:, DIAL_INDEX["log2_scale"]] = math.log2(truth.scale)
    known = (draw.uniform(0, 1) < config.estimates_known).float()
    dials[:, DIAL_INDEX["estimates_known"]] = known
    for name, value in (("noise_sigma", truth.noise), ("blur_sigma", truth.blur), ("jpeg_loss", truth.jpeg)):
        wrong = 1 + 0.15 * torch.randn(draw.n, device=draw.device, generator=draw.g)
        dials[:, DIAL_INDEX[name]] = (value * wrong).clamp(0, 1) * known
    dials[:, DIAL_INDEX["old"]] = truth.old * known
    return dials


def degrade_batch(clean: Tensor, config: RecipeConfig, randomness: Randomness) -> Degraded:
    """(N, 3, P, P) clean pictures, group by group, each group with its own recipe and scale."""
    names, weights = list(config.shares), list(config.shares.values())
    parts = []
    for group in clean.split(config.group_size):
        (recipe,) = randomness.host.choices(names, weights)
        scale = draw_scale(config, _Draw(1, clean.device, randomness))
        parts.append(degrade_group(group, recipe, scale, config, randomness))
    return Degraded(
        torch.cat([part.image for part in parts]),
        torch.cat([part.target for part in parts]),
        torch.cat([part.dials for part in parts]),
    )
