"""Training lowers the loss, resumes exactly, and never sees a held-out picture."""

from __future__ import annotations

import dataclasses
import io
import random
import tarfile
from pathlib import Path

import pytest
import torch
from PIL import Image
from recover_training import checkpoint, losses, metrics
from recover_training.config import RunConfig, StageConfig
from recover_training.data import CropSampler, DataError, held_out_overlap, load_shards
from recover_training.network import NetworkConfig
from recover_training.recipes import Randomness, RecipeConfig
from recover_training.train import Trainer, learning_rate

TINY = RunConfig(
    name="tiny",
    seed=5,
    shards=(),
    network=NetworkConfig((16, 16, 16), (1, 1, 1, 1, 1)),
    stage=StageConfig(steps=12, batch=4, crop_px=64, warmup_steps=2, rate=2e-3),
    recipes=RecipeConfig(group_size=2),
)


def _trainer(pictures: list[torch.Tensor]) -> Trainer:
    return Trainer(TINY, pictures, torch.device("cpu"))


def test_two_steps_on_one_batch_lower_the_loss(pictures: list[torch.Tensor]) -> None:
    torch.manual_seed(0)
    from recover_training.network import DIAL_COUNT, NOISE_CHANNELS, PROMPT_SIZE, RestorationNetwork
    from recover_training.recipes import degrade_group

    network = RestorationNetwork(TINY.network)
    clean = torch.stack([p[:, :64, :64] for p in pictures]).float() / 255
    made = degrade_group(clean, "clean", 4.0, TINY.recipes, Randomness(torch.Generator().manual_seed(1), random.Random(1)))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    values = []
    for _ in range(3):
        out = network(made.image, torch.zeros(4, NOISE_CHANNELS, 16, 16), made.dials, torch.zeros(4, PROMPT_SIZE))
        loss = losses.stage_a(out, made.image, made.target, 0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        values.append(float(loss.detach()))
    assert made.dials.shape == (4, DIAL_COUNT)
    assert values[2] < values[1] < values[0]


def _shard(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as shard:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            shard.addfile(member, io.BytesIO(content))


def _grey_webp(value: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), (value,) * 3).save(file, "WEBP", lossless=True)
    return file.getvalue()


def test_pictures_come_in_the_order_of_the_shards(tmp_path: Path) -> None:
    values = list(range(0, 200, 5))
    _shard(tmp_path / "a.tar", {f"{v}.webp": _grey_webp(v) for v in values[:20]} | {"list.tsv": b"no picture"})
    _shard(tmp_path / "b.tar", {f"{v}.webp": _grey_webp(v) for v in values[20:]})
    paths = [tmp_path / "a.tar", tmp_path / "b.tar"]
    assert [int(p[0, 0, 0]) for p in load_shards(paths)] == values
    assert [int(p[0, 0, 0]) for p in load_shards(paths, limit=23)] == values[:23]


def test_a_broken_picture_stops_the_run_with_its_name(tmp_path: Path) -> None:
    _shard(tmp_path / "a.tar", {"good.webp": _grey_webp(1), "bad.webp": b"RIFF of nothing"})
    with pytest.raises(DataError, match=r"a\.tar: bad\.webp"):
        load_shards([tmp_path / "a.tar"])


def test_resumed_equals_unbroken(pictures: list[torch.Tensor], tmp_path: Path) -> None:
    unbroken = _trainer(pictures)
    expected = [unbroken.train_step() for _ in range(6)]
    first = _trainer(pictures)
    got = [first.train_step() for _ in range(3)]
    checkpoint.save(tmp_path / "state.pt", first.state())
    second = _trainer(pictures)
    second.set_state(checkpoint.load(tmp_path / "state.pt"))
    got += [second.train_step() for _ in range(3)]
    assert got == pytest.approx(expected, rel=1e-5)
    for a, b in zip(unbroken.ema.values.values(), second.ema.values.values()):
        assert torch.allclose(a, b, atol=1e-6)


def test_rate_warms_up_and_ends_low() -> None:
    stage = dataclasses.replace(TINY.stage, steps=100, warmup_steps=10)
    rates = [learning_rate(stage, step) for step in range(101)]
    assert rates[0] == pytest.approx(stage.rate / 10)
    assert max(rates) == pytest.approx(stage.rate, rel=0.01)
    assert rates[100] == pytest.approx(stage.final_rate)
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_losses_by_value() -> None:
    difference = torch.full((2, 3, 8, 8), 0.03)
    assert float(losses.charbonnier(difference, 0.04)[0]) == pytest.approx(0.05 - 0.04, abs=1e-6)
    assert float(losses.fourier(difference)[0]) == pytest.approx(0.03 * 8 / (8 * 5), rel=1e-4)
    image, target = torch.zeros(2, 3, 8, 8), torch.zeros(2, 3, 8, 8)
    target[1] += 0.1
    weight = losses.damage_weight(image, target)
    assert float(weight[0] / weight[1]) == pytest.approx(0.112 / 0.012, rel=1e-4)
    assert float(weight.mean()) == pytest.approx(1)


def test_metrics_by_value() -> None:
    a = torch.zeros(3, 32, 32)
    b = torch.full((3, 32, 32), 10 / 219)
    assert metrics.psnr_y(a, b) == pytest.approx(20 * 1.4065402 + 0, abs=0.01)  # 20 log10(255/10) = 28.13
    assert metrics.ssim_y(b, b) == pytest.approx(1)
    assert metrics.ssim_y(a, b) < 1


def test_sampler_covers_flips_and_keeps_its_state(pictures: list[torch.Tensor]) -> None:
    sampler = CropSampler(pictures, 64, 0.5, torch.device("cpu"), 1)
    state = sampler.state()
    first = sampler.batch(8)
    sampler.set_state(state)
    assert torch.equal(first, sampler.batch(8))
    assert first.shape == (8, 3, 64, 64) and 0 <= float(first.min()) and float(first.max()) <= 1
    with pytest.raises(DataError, match="999"):
        CropSampler(pictures, 999, 0.5, torch.device("cpu"), 1)


def test_no_held_out_picture_is_trained_on(data: Path) -> None:
    assert held_out_overlap(data) == []


def test_given_lines_are_reproduced(data: Path, tmp_path: Path) -> None:
    """Our metrics and resampling give the published bicubic and Lanczos lines of x4-clean."""
    from recover_training.evaluate import _enlarged, read_picture
    from recover_training.features import FeatureNetwork
    from PIL import Image

    features = FeatureNetwork(data / "feature_net" / "squeezenet_v1.1_fp16.onnx").eval()
    paths = sorted((data / "val").glob("*.webp"))
    scores = []
    for path in paths:
        truth = read_picture(path)
        side = min(truth.shape[1:]) // 32 * 32
        whole = Image.open(path).convert("RGB").crop((0, 0, side, side))
        whole.resize((side // 4, side // 4), Image.BICUBIC).save(tmp_path / "small.png")
        lanczos = _enlarged(read_picture(tmp_path / "small.png"), (side, side), "lanczos")
        truth = truth[:, :side, :side]
        with torch.no_grad():
            far = float(features.distance(lanczos[None], truth[None]))
        scores.append((metrics.psnr_y(lanczos, truth), metrics.ssim_y(lanczos, truth), far))
    psnr, ssim, far = torch.tensor(scores).mean(0).tolist()
    assert psnr == pytest.approx(26.80, abs=0.03)
    assert ssim == pytest.approx(0.7463, abs=0.003)
    assert far == pytest.approx(0.4569, abs=0.01)


def test_missing_shard_names_the_path(tmp_path: Path) -> None:
    with pytest.raises((DataError, FileNotFoundError), match="none.tar"):
        load_shards([tmp_path / "none.tar"])
