"""Makes the package importable from a checkout, and finds the data, which may be missing."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
torch.set_num_threads(2)


@pytest.fixture()
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


@pytest.fixture()
def randomness(generator: torch.Generator) -> "Randomness":
    from recover_training.recipes import Randomness

    return Randomness(generator, random.Random(7))


@pytest.fixture()
def data() -> Path:
    folder = ROOT.parents[1] / "shared" / "data"
    if not (folder / "photos" / "photos.tsv").exists():
        pytest.skip("the training data folder is not beside this checkout")
    return folder


@pytest.fixture()
def pictures() -> list[torch.Tensor]:
    """Four pictures with edges, gradients and texture, made here: uint8 (3, 200, 220)."""
    random = torch.Generator().manual_seed(3)
    made = []
    for index in range(4):
        y = torch.linspace(0, 1, 200)[:, None]
        x = torch.linspace(0, 1, 220)[None]
        base = torch.stack([0.5 + 0.4 * torch.sin((6 + 5 * c + index) * (x + y * (c + 1))) for c in range(3)])
        base = torch.where(((x * 9).floor() + (y * 7).floor()) % 2 == 0, base, 1 - base)
        base = base + 0.03 * torch.randn(base.shape, generator=random)
        made.append((base.clamp(0, 1) * 255).to(torch.uint8))
    return made
