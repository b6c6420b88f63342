"""Each damage does what it says, by value."""

from __future__ import annotations

import io
import math
import random

import numpy as np
import pytest
import torch
from PIL import Image
from recover_training import jpeg, kernels, noise, old_photo
from recover_training.network import DIAL_INDEX
from recover_training.recipes import RECIPES, Randomness, RecipeConfig, degrade_batch, degrade_group
from recover_training.resize import resize


def _batch(pictures: list[torch.Tensor], size: int = 96) -> torch.Tensor:
    return torch.stack([p[:, :size, :size] for p in pictures]).float() / 255


def _psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(-10 * torch.log10((a - b).square().mean()))


@pytest.mark.parametrize("kernel,pil", [("lanczos", Image.LANCZOS), ("bicubic", Image.BICUBIC), ("box", Image.BOX)])
@pytest.mark.parametrize("size", [(37, 61), (200, 220), (411, 333), (1, 1)])
def test_resize_equals_pillow(pictures: list[torch.Tensor], kernel: str, pil: int, size: tuple[int, int]) -> None:
    plane = pictures[0][0].float()
    ours = resize(plane[None, None], *size, kernel)[0, 0]
    theirs = np.asarray(Image.fromarray(plane.numpy(), mode="F").resize((size[1], size[0]), pil))
    assert np.abs(ours.numpy() - theirs).max() < 0.01


def test_jpeg_is_near_the_real_codec(pictures: list[torch.Tensor]) -> None:
    batch = noise.to_8_bit(_batch(pictures))
    for quality in (15, 40, 75, 92):
        ours = jpeg.jpeg(batch, torch.full((4,), float(quality)))
        for picture, result in zip(batch, ours):
            array = (picture.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
            stream = io.BytesIO()
            Image.fromarray(array).save(stream, "JPEG", quality=quality, subsampling=2)
            real = torch.from_numpy(np.asarray(Image.open(stream)).copy()).permute(2, 0, 1).float() / 255
            assert _psnr(result, real) > _psnr(picture, real) + 4, quality


def test_jpeg_loss_falls_with_quality(pictures: list[torch.Tensor]) -> None:
    batch = _batch(pictures)
    psnr = [_psnr(jpeg.jpeg(batch, torch.full((4,), float(q))), batch) for q in (5, 20, 50, 80, 95)]
    assert psnr == sorted(psnr)


def test_webp_like_keeps_the_picture(pictures: list[torch.Tensor]) -> None:
    batch = _batch(pictures)
    psnr = [_psnr(jpeg.webp_like(batch, torch.full((4,), q)), batch) for q in (10.0, 50.0, 90.0)]
    assert psnr == sorted(psnr) and psnr[0] > 18 and psnr[2] > 21


def test_kernels_sum_to_one_and_have_their_width(generator: torch.Generator) -> None:
    sigma = torch.tensor([0.8, 1.5, 3.0])
    made = kernels.gaussian(sigma, sigma, torch.zeros(3), torch.ones(3))
    assert torch.allclose(made.sum(dim=(1, 2)), torch.ones(3))
    axis = torch.arange(made.shape[-1]) - made.shape[-1] // 2
    variance = (made.sum(1) * axis**2).sum(1)
    assert torch.allclose(variance.sqrt(), sigma, rtol=0.05)
    disc = kernels.defocus(torch.tensor([4.0]))[0]
    assert int((disc > disc.max() / 2).sum()) == pytest.approx(math.pi * 16, rel=0.35)
    line = kernels.motion(torch.tensor([9.0]), torch.tensor([0.0]))[0]
    assert int((line.sum(0) > 0.02).sum()) in (9, 10, 11) and int((line.sum(1) > 0.02).sum()) <= 3
    for kernel in (disc, line, kernels.ringing(torch.tensor([1.5]))[0]):
        assert float(kernel.sum()) == pytest.approx(1, abs=1e-5)


def test_blur_keeps_constants(generator: torch.Generator) -> None:
    flat = torch.full((2, 3, 40, 40), 0.3)
    out = kernels.apply(flat, kernels.defocus(torch.tensor([2.0, 5.0])))
    assert torch.allclose(out, flat, atol=1e-5)


def test_noise_has_its_sigma(generator: torch.Generator) -> None:
    flat = torch.full((2, 3, 128, 128), 0.5)
    sigma = torch.tensor([4.0, 16.0])
    for make in (
        lambda: noise.gaussian(flat, sigma, torch.tensor([True, False]), generator),
        lambda: noise.poisson(flat, sigma, generator),
        lambda: noise.grain(flat, sigma, 1.3, generator),
    ):
        measured = (make() - flat).std(dim=(1, 2, 3)) * 255
        assert torch.allclose(measured, sigma, rtol=0.1)


def test_old_tone_narrows_the_range_and_marks_are_sparse(pictures: list[torch.Tensor], generator: torch.Generator) -> None:
    batch = _batch(pictures)
    for _ in range(10):
        toned = old_photo.tone(batch, generator)
        assert float(toned.min()) >= -1e-4 and float(toned.max()) <= 1.01
        marked = old_photo.marks(batch, generator, random.Random(1))
        changed = ((marked - batch).abs().amax(1) > 0.2).float().mean()
        assert 0 <= float(changed) < 0.35
    flat = torch.full((1, 3, 64, 64), 0.5)
    spectrum = torch.fft.rfft2(old_photo.halftone(flat, 4.0, 0.0)[0, 0] - 0.5).abs()
    assert int(spectrum.flatten().argmax()) in (16, 16 * 33)  # period 4 of 64 samples


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("scale", [1.0, 2.0, 3.3, 4.0, 8.0])
def test_recipes_keep_size_range_and_place(
    pictures: list[torch.Tensor], randomness: Randomness, recipe: str, scale: float
) -> None:
    made = degrade_group(_batch(pictures), recipe, scale, RecipeConfig(), randomness)
    assert made.image.shape == made.target.shape == (4, 3, 96, 96)
    assert torch.isfinite(made.image).all() and 0 <= float(made.image.min()) and float(made.image.max()) <= 1
    # low frequencies stay where they are: damage never shifts, mirrors or recolours the picture
    small = [resize(x, 3, 3, "box") for x in (made.image, made.target)]
    assert float((small[0] - small[1]).abs().mean()) < (0.12 if recipe == "old" else 0.06)


def test_clean_at_1x_is_the_identity(pictures: list[torch.Tensor], randomness: Randomness) -> None:
    batch = noise.to_8_bit(_batch(pictures))
    made = degrade_group(batch, "clean", 1.0, RecipeConfig(), randomness)
    assert torch.equal(made.image, made.target)


def test_batch_shares_and_dials(pictures: list[torch.Tensor], randomness: Randomness) -> None:
    config = RecipeConfig(estimates_known=0.5)
    light = sum(config.shares[name] for name in ("light", "clean", "second_mild")) / sum(config.shares.values())
    assert light >= 0.3
    dials = torch.cat([degrade_batch(_batch(pictures), config, randomness).dials for _ in range(60)])
    scale = dials[:, DIAL_INDEX["log2_scale"]]
    assert float(scale.min()) == 0 and 2.5 < float(scale.max()) <= 3.01
    known = dials[:, DIAL_INDEX["estimates_known"]]
    assert 0.35 < float(known.mean()) < 0.65
    estimates = dials[:, [DIAL_INDEX[n] for n in ("noise_sigma", "blur_sigma", "jpeg_loss", "old")]]
    assert float(estimates[known == 0].abs().max()) == 0 and float(estimates.max()) <= 1
