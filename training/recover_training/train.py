"""Trains a stage for a number of minutes and leaves a state to go on from.

    python -m recover_training.train --config configs/general-fast.toml --data DATA --run RUN \\
        --minutes 50 [--resume]

The state is RUN/state.pt (network, EMA, optimiser, random generators, step): a resumed run draws the
same crops and the same damage as an unbroken one. RUN/log.jsonl has a line every 50 steps.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recover_training import checkpoint, losses, synthetic
from recover_training.config import RunConfig, StageConfig, read_config
from recover_training.data import CropSampler, load_shards
from recover_training.network import (
    NOISE_CHANNELS,
    PATCH,
    PROMPT_SIZE,
    RestorationNetwork,
    multiply_adds_per_pixel,
    network_config_to_dict,
    parameter_count,
)
from recover_training.recipes import Degraded, Randomness, degrade_batch, degrade_group
from recover_training.shipped import read_network


def matrix_peak_gflop_per_s(device: torch.device) -> float:
    """The best rate of a square bf16 matrix product on this device, measured now."""
    n = 8192 if device.type == "cuda" else 1024
    a = torch.randn(n, n, device=device, dtype=torch.bfloat16)
    best = float("inf")
    for _ in range(6):
        start = time.perf_counter()
        b = a @ a
        float(b[0, 0])  # waits for the device
        best = min(best, time.perf_counter() - start)
    return 2 * n**3 / best / 1e9


def learning_rate(stage: StageConfig, step: int) -> float:
    """Linear warm-up, then cosine down to final_rate at the stage's last step."""
    if step < stage.warmup_steps:
        return stage.rate * (step + 1) / stage.warmup_steps
    done = min(1.0, (step - stage.warmup_steps) / max(1, stage.steps - stage.warmup_steps))
    return stage.final_rate + (stage.rate - stage.final_rate) * 0.5 * (1 + math.cos(math.pi * done))


class Trainer:
    """One stage of one network on one device."""

    def __init__(
        self, config: RunConfig, pictures: list[torch.Tensor], device: torch.device, compiled: bool = False
    ) -> None:
        torch.manual_seed(config.seed)
        self.config, self.device = config, device
        self.network = RestorationNetwork(config.network).to(device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=config.stage.rate, betas=(0.9, 0.99), weight_decay=config.stage.weight_decay
        )
        self.ema = checkpoint.Ema(self.network, config.stage.ema_decay)
        self.sampler = CropSampler(pictures, config.stage.crop_px, config.stage.halved_share, device, config.seed)
        self.generator = torch.Generator(device=device).manual_seed(config.seed)
        self.randomness = Randomness(self.generator, self.sampler.random)
        self.step = 0
        if compiled:
            self.network.forward = torch.compile(self.network.forward)  # type: ignore[method-assign]

    def train_step(self) -> float:
        """One update; returns the loss."""
        stage = self.config.stage
        batch = self.draw_batch()
        noise = self.draw_noise(batch)
        loss = self.loss(self.restore(self.network, batch, noise), batch, noise)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(stage, self.step)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), stage.clip_norm)
        self.optimiser.step()
        self.ema.update(self.network)
        self.step += 1
        return float(loss.detach())

    def draw_batch(self) -> Degraded:
        """The next crops, damaged; on the training device."""
        return degrade_batch(self.sampler.batch(self.config.stage.batch), self.config.recipes, self.randomness)

    def draw_noise(self, batch: Degraded) -> torch.Tensor:
        """The noise input of a batch: (N, 4, P/4, P/4), unit Gaussian."""
        n, _, h, w = batch.image.shape
        shape = (n, NOISE_CHANNELS, h // PATCH, w // PATCH)
        return torch.randn(shape, device=self.device, generator=self.generator)

    def restore(self, network: torch.nn.Module, batch: Degraded, noise: torch.Tensor) -> torch.Tensor:
        """The network's result for a batch: (N, 3, P, P)."""
        image = batch.image.contiguous(memory_format=torch.channels_last)
        prompt = torch.zeros(len(image), PROMPT_SIZE, device=self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            return network(image, noise, batch.dials, prompt).float()

    def loss(self, restored: torch.Tensor, batch: Degraded, noise: torch.Tensor) -> torch.Tensor:
        """Stage A: faithful. `noise` is what `restored` was made with."""
        return losses.stage_a(restored, batch.image, batch.target, self.config.stage.fourier_weight)

    @torch.no_grad()
    def check(self) -> dict[str, float]:
        """PSNR gained in dB on fixed patches, recipe by recipe, at creativity 0: a run that breaks or
        learns nothing shows in its first minute."""
        network = RestorationNetwork(self.config.network).to(self.device)
        network.load_state_dict(self.ema.values)
        gains = {}
        crop = min(128, self.config.stage.crop_px)
        for recipe, scale in (("clean", 4.0), ("second_mild", 4.0), ("second_heavy", 4.0), ("social", 1.0), ("light", 1.0)):
            randomness = Randomness(torch.Generator(device=self.device).manual_seed(9), random.Random(9))
            sampler = CropSampler(self.sampler.pictures[:64], crop, 0.0, self.device, 9)
            made = degrade_group(sampler.batch(16), recipe, scale, self.config.recipes, randomness)
            noise = torch.zeros(16, NOISE_CHANNELS, crop // PATCH, crop // PATCH, device=self.device)
            restored = network(made.image, noise, made.dials, torch.zeros(16, PROMPT_SIZE, device=self.device))
            errors = [(x - made.target).square().mean(dim=(1, 2, 3)) for x in (made.image, restored.clamp(0, 1))]
            gains[recipe] = round(float(10 * torch.log10(errors[0] / errors[1]).mean()), 3)
        return gains

    def state(self) -> dict[str, Any]:
        """Everything that decides how the run goes on."""
        return {
            "network_config": network_config_to_dict(self.config.network),
            "network": self.network.state_dict(),
            "ema": self.ema.state(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "torch_random": torch.get_rng_state(),
            "sampler": self.sampler.state(),
            "step": self.step,
        }

    def start_from(self, weights: dict[str, torch.Tensor]) -> None:
        """Begins with another run's weights; everything else starts anew."""
        self.network.load_state_dict(weights)
        self.ema = checkpoint.Ema(self.network, self.config.stage.ema_decay)

    def set_state(self, state: dict[str, Any]) -> None:
        """Back to a state of `state()`."""
        self.network.load_state_dict(state["network"])
        self.ema.set_state(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch_random"])
        self.sampler.set_state(state["sampler"])
        self.step = state["step"]


def make_trainer(
    config: RunConfig, pictures: list[torch.Tensor], device: torch.device, data: Path, compiled: bool = False,
    teacher: torch.nn.Module | None = None,
) -> Trainer:  # fmt: skip
    """The trainer of the configured stage. `data` holds the feature network that stage B needs,
    `teacher` is whom a configuration with [distillation] learns from."""
    if config.adversarial is None:
        return Trainer(config, pictures, device, compiled)
    from recover_training.adversarial import AdversarialTrainer
    from recover_training.distillation import DistillingTrainer

    if config.distillation is None:
        return AdversarialTrainer(config, pictures, device, data, compiled)
    if teacher is None:
        raise ValueError(f"{config.name}: [distillation] needs a teacher: --teacher general.onnx")
    return DistillingTrainer(config, pictures, device, data, teacher, compiled)


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The averaged weights of a run's state.pt, or those of a shipped .onnx."""
    if path.suffix == ".onnx":
        return read_network(path).state_dict()
    return checkpoint.load(path)["ema"]["values"]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder that the shards' paths start from")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run's state and log")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this long, leaving a state")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--start-from", type=Path, help="begin with the averaged weights of another run's state.pt, or a shipped .onnx")
    parser.add_argument("--teacher", type=Path, help="the shipped .onnx that a configuration with [distillation] learns from")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--compile", action="store_true", help="torch.compile the network (PyTorch 2)")
    parser.add_argument("--limit", type=int, default=0, help="load this many pictures only (dry runs)")
    return parser.parse_args()


def main() -> None:
    """Command line entry."""
    args = _parse()
    if args.threads:
        torch.set_num_threads(args.threads)
    config = read_config(args.config)
    random.seed(config.seed)
    np.random.seed(config.seed)
    args.run.mkdir(parents=True, exist_ok=True)
    shutil.copy(args.config, args.run / "config.toml")
    pictures = load_shards([args.data / shard for shard in config.shards], args.limit)
    if config.stage.synthetic_count and not args.limit:
        pictures += synthetic.pictures(config.stage.synthetic_count, 448, config.seed)
    teacher = read_network(args.teacher) if args.teacher else None
    trainer = make_trainer(config, pictures, torch.device(args.device), args.data, args.compile, teacher)
    if args.start_from:
        trainer.start_from(read_weights(args.start_from))
    if args.resume:
        trainer.set_state(checkpoint.load(args.run / "state.pt"))
    peak = matrix_peak_gflop_per_s(trainer.device)
    print(f"matrix peak measured here: {peak:.0f} GFLOP/s in bf16")
    flop = 6 * multiply_adds_per_pixel(config.network) * config.stage.crop_px**2 * config.stage.batch
    print(f"{config.name}: {parameter_count(trainer.network)} parameters, step {trainer.step} of {config.stage.steps}")
    with open(args.run / "log.jsonl", "a", encoding="utf-8") as log:
        _train(trainer, args, flop, peak, log)
    checkpoint.save(args.run / "state.pt", trainer.state())


def _train(trainer: Trainer, args: argparse.Namespace, flop: float, peak: float, log: Any) -> None:
    """Steps until the stage's end or the minutes are up; a line every 50 steps, a state every 5 minutes."""
    start = marked = saved = time.monotonic()
    total, count = 0.0, 0
    while trainer.step < trainer.config.stage.steps and time.monotonic() - start < args.minutes * 60:
        total, count = total + trainer.train_step(), count + 1
        if trainer.step % 50 == 0 or trainer.step < 4:
            now = time.monotonic()
            rate = count / (now - marked)
            row = {
                "step": trainer.step, "loss": round(total / count, 6), "steps_per_s": round(rate, 3),
                "patches_per_s": round(rate * trainer.config.stage.batch, 1), "gflop_per_s": round(rate * flop / 1e9, 1),
                "share_of_peak": round(rate * flop / 1e9 / peak, 3),
                "rate": learning_rate(trainer.config.stage, trainer.step), "minutes": round((now - start) / 60, 2),
            }  # fmt: skip
            if trainer.step in (50, 200) or trainer.step % 1000 == 0:
                row["gained_db"] = trainer.check()
            print(json.dumps(row), file=log, flush=True)
            print(row, flush=True)
            marked, total, count = now, 0.0, 0
            if not math.isfinite(row["loss"]):
                raise SystemExit(f"the loss is {row['loss']} at step {trainer.step}: the run is broken, stopping")
        if time.monotonic() - saved > 300:
            checkpoint.save(args.run / "state.pt", trainer.state())
            saved = time.monotonic()


if __name__ == "__main__":
    main()
