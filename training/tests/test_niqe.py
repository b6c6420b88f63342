"""NIQE: the fit finds known shapes, and each kind of damage is farther from natural."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from recover_training import niqe


def test_normalised_luma_is_flat_where_the_picture_is() -> None:
    fine, deviation = niqe.normalised(torch.full((50, 60), 77.0, dtype=torch.float64))
    assert float(fine.abs().max()) < 1e-9 and float(deviation.max()) < 1e-4


@pytest.mark.parametrize("shape, draw", [(2.0, "normal"), (1.0, "laplace")])
def test_shape_and_scales_of_known_distributions(shape: float, draw: str) -> None:
    samples = torch.from_numpy(getattr(np.random.default_rng(2), draw)(0, 1, (1, 200_000)))
    alpha, left, right = niqe._asymmetric_gaussian(samples)
    assert float(alpha) == pytest.approx(shape, rel=0.03)
    expected = 2**0.5 if draw == "normal" else 1.0  # the scale of exp(-|x/b|^a)
    assert float(left) == pytest.approx(expected, rel=0.03) and float(right) == pytest.approx(expected, rel=0.03)


def test_a_lopsided_distribution_has_two_scales() -> None:
    samples = torch.from_numpy(np.random.default_rng(3).normal(0, 1, (1, 200_000)))
    samples = torch.where(samples > 0, samples * 2, samples)
    _, left, right = niqe._asymmetric_gaussian(samples)
    assert float(right / left) == pytest.approx(2, rel=0.02)


def test_damage_is_less_natural(data: Path) -> None:
    values: dict[str, list[float]] = {"truth": [], "noise": [], "blur": [], "jpeg": []}
    for path in sorted((data / "val").glob("*.webp"))[:8]:
        image = Image.open(path).convert("RGB")
        picture = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 255
        file = io.BytesIO()
        image.save(file, "JPEG", quality=8)
        coded = torch.from_numpy(np.asarray(Image.open(file)).copy()).permute(2, 0, 1).float() / 255
        noisy = (picture + 0.08 * torch.randn(picture.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
        blurred = torch.nn.functional.avg_pool2d(picture[None], 5, 1, 2, count_include_pad=False)[0]
        for name, made in (("truth", picture), ("noise", noisy), ("blur", blurred), ("jpeg", coded)):
            values[name].append(niqe.niqe(made))
    means = {name: float(np.mean(row)) for name, row in values.items()}
    assert all(means["truth"] < 0.8 * means[name] for name in ("noise", "blur", "jpeg")), means


def test_too_small_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="96"):
        niqe.features(torch.rand(3, 90, 200))
