"""Training pictures: decoded once from the shards to uint8, cropped on the training device."""

from __future__ import annotations

import csv
import io
import itertools
import random
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor


class DataError(Exception):
    """A file of the data is missing or broken; the message names it."""


def load_shards(paths: list[Path], limit: int = 0) -> list[Tensor]:
    """Pictures of the tars, in their order: uint8 (3, H, W) each. `limit` > 0 stops early.

    Decoded by as many threads as there are cores: where a device is lent by the minute, one thread
    would spend the first of them.
    """
    found = list(itertools.islice(_files(paths), limit or None))
    if not found:
        raise DataError(f"no pictures in {[str(p) for p in paths]}")
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_decode, found))


def _files(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    """(where it is, content) of each picture in the tars."""
    for path in paths:
        with tarfile.open(path) as shard:
            for member in shard:
                if member.name.endswith(".webp") and (file := shard.extractfile(member)):
                    yield f"{path}: {member.name}", file.read()


def _decode(file: tuple[str, bytes]) -> Tensor:
    where, content = file
    try:
        rgb = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    except OSError as error:
        raise DataError(f"{where}: {error}") from error
    return torch.from_numpy(rgb.copy()).permute(2, 0, 1).contiguous()


def halved(picture: Tensor) -> Tensor:
    """uint8 (3, H, W) to half the size by 2x2 means: sharper per pixel than the original."""
    h, w = picture.shape[1] // 2 * 2, picture.shape[2] // 2 * 2
    means = picture[:, :h, :w].float().reshape(3, h // 2, 2, w // 2, 2).mean(dim=(2, 4))
    return means.round().to(torch.uint8)


@dataclass
class CropSampler:
    """Random crops with the eight flips and turns. Pictures stay uint8 on `device`.

    `random` may be shared with other draws of the same run; `state` covers it.
    """

    pictures: list[Tensor]
    crop_px: int
    halved_share: float
    device: torch.device
    seed: int

    def __post_init__(self) -> None:
        fits = [p for p in self.pictures if min(p.shape[1:]) >= self.crop_px]
        small = [halved(p) for p in fits if min(p.shape[1:]) >= 2 * self.crop_px]
        if not fits:
            raise DataError(f"no picture is at least {self.crop_px} px on both sides")
        self._full = [p.to(self.device) for p in fits]
        self._half = [p.to(self.device) for p in small]
        self.random = random.Random(self.seed)

    def batch(self, count: int) -> Tensor:
        """(count, 3, P, P) float in [0, 1]."""
        crops = [self._crop() for _ in range(count)]
        return torch.stack(crops).float() / 255

    def state(self) -> tuple[object, ...]:
        """For an exact resume."""
        return self.random.getstate()

    def set_state(self, state: tuple[object, ...]) -> None:
        """Back to a state of `state()`."""
        self.random.setstate(state)  # type: ignore[arg-type]

    def _crop(self) -> Tensor:
        r = self.random
        pool = self._half if self._half and r.random() < self.halved_share else self._full
        picture = r.choice(pool)
        y = r.randrange(picture.shape[1] - self.crop_px + 1)
        x = r.randrange(picture.shape[2] - self.crop_px + 1)
        crop = picture[:, y : y + self.crop_px, x : x + self.crop_px]
        if r.random() < 0.5:
            crop = crop.flip(2)
        return torch.rot90(crop, r.randrange(4), (1, 2))


def held_out_overlap(data: Path) -> list[str]:
    """Names in training lists whose source file is also a validation picture's: must be empty.

    Compares (source, path) of photos.tsv rows, and persons of faces.tsv.
    """
    clashes: list[str] = []
    with open(data / "photos" / "photos.tsv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    held_out = {(row["source"], row["path"]) for row in rows if row["name"].startswith("val-")}
    clashes += [r["name"] for r in rows if not r["name"].startswith("val-") and (r["source"], r["path"]) in held_out]
    with open(data / "faces" / "faces.tsv", newline="", encoding="utf-8") as file:
        faces = list(csv.DictReader(file, delimiter="\t"))
    persons = {row["person"] for row in faces if row["set"] != "train"}
    clashes += [row["name"] for row in faces if row["set"] == "train" and row["person"] in persons]
    with open(data / "words" / "words.tsv", newline="", encoding="utf-8") as file:
        words = list(csv.DictReader(file, delimiter="\t"))
    if words and {"source", "path", "split", "name"} <= set(words[0]):
        told = {(row["source"], row["path"]) for row in words if row["split"] == "val"}
        clashes += [r["name"] for r in words if r["split"] == "train" and (r["source"], r["path"]) in told | held_out]
    return clashes
