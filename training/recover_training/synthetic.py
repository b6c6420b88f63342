"""Pictures made by rule: dead leaves with texture, rendered words, printed dots. Free diversity.

Dead leaves (Lee, Mumford, Huang 2001): overlapping shapes whose sizes follow a power law have the
edge statistics of photographs. Each leaf gets its own colour, shading and texture.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from torch import Tensor

_WORDS = (
    "the of and Recover street 1925 bakery hotel open Sunday photograph grandmother harbour number 27 exit "
    "library Madrid coffee quiet river school 1,380 please window garden left fresh daily museum signal"
).split()
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")


def fonts() -> list[Path]:
    """TrueType fonts of this system; may be empty."""
    return [path for folder in _FONT_FOLDERS for path in sorted(Path(folder).rglob("*.ttf"))]


def _texture(size: int, random: np.random.Generator) -> np.ndarray:
    """(size, size) field of unit variance: noise with a 1/f^a spectrum, sometimes with a direction."""
    spectrum = np.fft.rfft2(random.normal(size=(size, size)))
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]
    if random.random() < 0.4:
        angle, squeeze = random.uniform(0, math.pi), random.uniform(2, 8)
        fx, fy = fx * math.cos(angle) + fy * math.sin(angle), squeeze * (fy * math.cos(angle) - fx * math.sin(angle))
    radius = np.sqrt(fx**2 + fy**2)
    radius[0, 0] = 1
    field = np.fft.irfft2(spectrum / radius ** random.uniform(0.3, 1.6), s=(size, size))
    return (field - field.mean()) / max(field.std(), 1e-6)


def dead_leaves(size: int, random: np.random.Generator) -> Image.Image:
    """Leaves drawn at twice the size and shrunk, so that their edges are as soft as a lens makes them."""
    big = 2 * size
    canvas = np.full((big, big, 3), random.uniform(0.2, 0.8, 3), np.float32)
    textures = [_texture(big, random) for _ in range(4)]
    yy, xx = np.mgrid[:big, :big].astype(np.float32) / big - 0.5
    for _ in range(int(random.integers(120, 420))):
        radius = big * 0.02 / max(random.random(), 0.01) ** 0.7
        box = [int(random.uniform(-radius, big)) for _ in range(2)]
        mask = Image.new("L", (big, big), 0)
        pen = ImageDraw.Draw(mask)
        if random.random() < 0.6:
            pen.ellipse((box[0], box[1], box[0] + 2 * radius, box[1] + 2 * radius * random.uniform(0.3, 1)), fill=255)
        else:
            turn, corners = random.uniform(0, 2 * math.pi), int(random.integers(3, 7))
            angles = [turn + 2 * math.pi * k / corners for k in range(corners)]
            centre = (box[0] + radius, box[1] + radius)
            pen.polygon([(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles], fill=255)
        inside = np.asarray(mask) > 0
        colour = random.uniform(0, 1, 3) ** random.uniform(0.6, 1.6)
        slope = random.normal(size=2) * 0.4
        shade = 1 + slope[0] * xx[inside] + slope[1] * yy[inside]
        grain = 1 + random.uniform(0, 0.25) * textures[int(random.integers(4))][inside]
        canvas[inside] = colour[None] * (shade * grain)[:, None]
    picture = Image.fromarray((canvas.clip(0, 1) * 255).round().astype(np.uint8))
    return picture.resize((size, size), Image.BOX)


def words(size: int, random: np.random.Generator, faces: list[Path]) -> Image.Image:
    """Lines of words in several sizes on a plain or shaded ground; drawn at twice the size."""
    big = 2 * size
    ground = np.full((big, big, 3), random.uniform(0.5, 1, 3)) * (1 + 0.03 * _texture(big, random))[..., None]
    picture = Image.fromarray((ground.clip(0, 1) * 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    y = 4
    while y < big:
        height = int(random.integers(18, 64))
        font = ImageFont.truetype(str(faces[int(random.integers(len(faces)))]), height)
        line = " ".join(random.choice(_WORDS, 14))
        ink = tuple(int(v) for v in random.uniform(0, 110, 3))
        pen.text((int(random.integers(-40, 20)), y), line, fill=ink, font=font)
        y += int(height * random.uniform(1.1, 1.7))
    return picture.resize((size, size), Image.BOX)


def printed_dots(size: int, random: np.random.Generator) -> Image.Image:
    """Leaves behind a soft dot screen, as in a printed photograph scanned well."""
    leaves = np.asarray(dead_leaves(size, random).filter(ImageFilter.GaussianBlur(1)), np.float32) / 255
    yy, xx = np.mgrid[:size, :size]
    angle, period = random.uniform(0, math.pi / 2), random.uniform(5, 9)
    u, v = xx * math.cos(angle) + yy * math.sin(angle), yy * math.cos(angle) - xx * math.sin(angle)
    screen = np.cos(2 * math.pi * u / period) + np.cos(2 * math.pi * v / period)
    dots = 1 / (1 + np.exp(-4 * (leaves.mean(2) * 4 - 2 + screen)))
    return Image.fromarray((dots[..., None].repeat(3, 2) * 255).round().astype(np.uint8))


def pictures(count: int, size: int, seed: int) -> list[Tensor]:
    """`count` pictures as uint8 (3, size, size): leaves, words where fonts are there, a few dots."""
    random = np.random.default_rng(seed)
    faces = fonts()
    made = []
    for _ in range(count):
        kind = random.random()
        if kind < 0.3 and faces:
            picture = words(size, random, faces)
        elif kind < 0.36:
            picture = printed_dots(size, random)
        else:
            picture = dead_leaves(size, random)
        made.append(torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).contiguous())
    return made
