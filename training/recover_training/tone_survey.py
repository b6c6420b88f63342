"""What tones photographs have, and what the same photographs have once faded or made sepia: the figures
that the thresholds of src/image/tone_rows.cc come from.

    python -m recover_training.tone_survey --data DATA
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from recover_training import jpeg, old_photo
from recover_training.data import load_shards

_LUMA = np.array([0.2126, 0.7152, 0.0722])


def tones(picture: np.ndarray) -> tuple[float, float, float]:
    """(H, W, 3) in [0, 1] to the 0.5 % and 99.5 % luma and the share of variance beside one line of colours."""
    samples = picture.reshape(-1, 3)[::7]
    values = np.linalg.eigvalsh(np.cov(samples.T))
    low, high = np.quantile(samples @ _LUMA, (0.005, 0.995))
    return float(low), float(high), float(1 - values[-1] / max(values.sum(), 1e-9))


def sepia(picture: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """(1, 3, H, W) to one tint with grain of 6/255 and JPEG of quality 60."""
    grey = (picture * picture.new_tensor([0.299, 0.587, 0.114]).reshape(1, 3, 1, 1)).sum(1, keepdim=True)
    tinted = grey * picture.new_tensor([1.0, 0.9, 0.72]).reshape(1, 3, 1, 1)
    grain = torch.randn(grey.shape, generator=generator) * 6 / 255
    return jpeg.jpeg((tinted + grain).clamp(0, 1), torch.tensor([60.0]))


def main() -> None:
    """Command line entry."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    pictures = load_shards([data / f"photos/photos-0{i}.tar" for i in (0, 3, 5)])[::2]
    generator = torch.Generator().manual_seed(1)
    rows: dict[str, list[tuple[float, float, float]]] = {"as they are": [], "faded": [], "sepia": []}
    for uint8 in pictures:
        picture = uint8[None].float() / 255
        for name, made in (
            ("as they are", picture), ("faded", old_photo.tone(picture, generator)), ("sepia", sepia(picture, generator)),
        ):  # fmt: skip
            rows[name].append(tones(made[0].permute(1, 2, 0).numpy()))
    shares = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    for name, values in rows.items():
        black, white, beside = np.array(values).T
        print(f"{len(values)} photographs, {name}; quantiles {shares}")
        for what, column in (("black", black), ("white", white), ("beside the line", beside)):
            print(f"  {what:16}", np.quantile(column, shares).round(4))
        print(f"  black > 0.03: {(black > 0.03).mean():.3f}; black > 0.12 and white < 0.88: {((black > 0.12) & (white < 0.88)).mean():.3f}; "
              f"one tint (< 0.007) and black > 0.06: {((beside < 0.007) & (black > 0.06)).mean():.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
