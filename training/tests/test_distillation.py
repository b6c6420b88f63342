"""Distillation: the student comes nearer to its teacher, and the teacher stays as it is."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from recover_training.config import ConfigError, DistillationConfig, read_config
from recover_training.network import NetworkConfig, RestorationNetwork
from recover_training.train import Trainer, make_trainer

from test_stage_b import TINY_B

TINY_D = dataclasses.replace(TINY_B, distillation=DistillationConfig(weight=50.0))


def _teacher() -> RestorationNetwork:
    torch.manual_seed(3)
    teacher = RestorationNetwork(NetworkConfig((24, 16, 16), (1, 1, 1, 1, 1)))
    with torch.no_grad():  # far from the identity, so that there is something to learn
        teacher.tail.bias.add_(0.2)
    return teacher


def test_student_comes_nearer_and_teacher_stays(pictures: list[torch.Tensor], data: Path) -> None:
    teacher = _teacher()
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    trainer = make_trainer(TINY_D, pictures, torch.device("cpu"), data, teacher=teacher)
    batch = trainer.draw_batch()
    noise = trainer.draw_noise(batch)

    def distance() -> float:
        with torch.no_grad():
            taught = trainer.restore(teacher, batch, noise)
            return float((trainer.restore(trainer.network, batch, noise) - taught).abs().mean())

    first = distance()
    for _ in range(8):
        trainer.train_step()
    assert distance() < 0.8 * first
    assert all(torch.equal(before[name], value) for name, value in teacher.state_dict().items())
    assert "teacher" not in trainer.state()


def test_a_teacher_that_agrees_adds_nothing(pictures: list[torch.Tensor], data: Path) -> None:
    teacher = _teacher()
    trainer = make_trainer(TINY_D, pictures, torch.device("cpu"), data, teacher=teacher)
    plain = make_trainer(TINY_B, pictures, torch.device("cpu"), data)
    batch = trainer.draw_batch()
    noise = trainer.draw_noise(batch)
    with torch.no_grad():
        taught = trainer.restore(teacher, batch, noise)
    for each in (trainer, plain):  # the same augmentation on both sides
        each.generator.manual_seed(17)
        each.step = 1
    restored = taught.requires_grad_(True)
    with_teacher, without = (float(each.loss(restored, batch, noise).detach()) for each in (trainer, plain))
    assert with_teacher == pytest.approx(without, rel=1e-3)


def test_no_teacher_no_distillation(pictures: list[torch.Tensor], data: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--teacher"):
        make_trainer(TINY_D, pictures, torch.device("cpu"), data)
    alone = dataclasses.replace(TINY_D, adversarial=None)
    assert type(make_trainer(alone, pictures, torch.device("cpu"), data)) is Trainer
    config = tmp_path / "d.toml"
    config.write_text('name = "d"\nseed = 1\nshards = []\n[network]\nchannels = [16, 16, 16]\nblocks = [1, 1, 1, 1, 1]\n'
                      "[stage]\nsteps = 1\nbatch = 1\ncrop_px = 64\n[distillation]\nweight = 2.0\n")
    with pytest.raises(ConfigError, match="adversarial"):
        read_config(config)
