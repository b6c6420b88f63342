"""Synthetic pictures have the statistics they are made for, and are the same for the same seed."""

from __future__ import annotations

import numpy as np
import torch
from recover_training import synthetic


def test_same_seed_same_pictures() -> None:
    a, b, c = synthetic.pictures(2, 96, 5), synthetic.pictures(2, 96, 5), synthetic.pictures(2, 96, 6)
    assert all(torch.equal(x, y) for x, y in zip(a, b))
    assert not torch.equal(a[0], c[0])
    assert all(p.shape == (3, 96, 96) and p.dtype == torch.uint8 for p in a)


def test_leaves_have_edges_and_flats() -> None:
    picture = np.asarray(synthetic.dead_leaves(128, np.random.default_rng(1)), np.float32).mean(2)
    steps = np.abs(np.diff(picture, axis=1))
    assert np.percentile(steps, 50) < 8 and np.percentile(steps, 99) > 25
    spectrum = np.abs(np.fft.fft2(picture - picture.mean())) ** 2
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128)))
    low, high = spectrum[(radius > 0.02) & (radius < 0.06)].mean(), spectrum[(radius > 0.2) & (radius < 0.3)].mean()
    assert 1.2 < np.log(low / high) / np.log(0.25 / 0.04) < 3.5  # photographs: about 2


def test_printed_dots_have_one_period() -> None:
    picture = np.asarray(synthetic.printed_dots(160, np.random.default_rng(2)), np.float32).mean(2)
    spectrum = np.abs(np.fft.rfft2(picture - picture.mean()))
    radius = np.hypot(np.fft.fftfreq(160)[:, None], np.fft.rfftfreq(160)[None])
    peak = radius.flatten()[np.where(radius > 0.08, spectrum, 0).argmax()]
    assert 1 / 9.5 < peak < 1 / 4.5
