"""Stage B: the critic learns to tell, the losses follow creativity, the state goes in small parts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from recover_training import losses, state_parts
from recover_training.config import AdversarialConfig
from recover_training.discriminator import Discriminator, augment, critic_loss, gradient_penalty
from recover_training.network import DIAL_INDEX
from recover_training.train import Trainer, make_trainer

from test_training import TINY

TINY_B = dataclasses.replace(TINY, adversarial=AdversarialConfig(critic_width=8, penalty_every=2))


def test_critic_learns_to_tell_noise_from_flat(generator: torch.Generator) -> None:
    torch.manual_seed(1)
    critic = Discriminator(8)
    optimiser = torch.optim.Adam(critic.parameters(), lr=2e-3, betas=(0.0, 0.99))
    told = torch.zeros(4, 2)
    first = last = 0.0
    for step in range(25):
        real = torch.rand(4, 3, 32, 32, generator=generator)
        made = torch.full((4, 3, 32, 32), 0.5)
        loss = critic_loss(critic, real, made, told)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        first, last = (float(loss.detach()) if step == 0 else first), float(loss.detach())
    assert last < 0.5 * first


def test_augment_treats_both_halves_alike(generator: torch.Generator) -> None:
    x = torch.rand(3, 3, 40, 40, generator=generator)
    out = augment(torch.cat((x, x), 1), generator)
    assert torch.equal(out[:, :3], out[:, 3:]) and not torch.equal(out[:, :3], x)


def test_gradient_penalty_is_finite_and_differentiable(generator: torch.Generator) -> None:
    critic = Discriminator(8)
    penalty = gradient_penalty(critic, torch.rand(2, 3, 32, 32, generator=generator), torch.zeros(2, 2))
    penalty.backward()
    assert float(penalty.detach()) >= 0
    assert all(torch.isfinite(p.grad).all() for p in critic.parameters() if p.grad is not None)


def test_stage_b_at_zero_creativity_is_faithful(generator: torch.Generator) -> None:
    image = torch.rand(2, 3, 32, 32, generator=generator)
    target = torch.rand(2, 3, 32, 32, generator=generator)
    restored = torch.rand(2, 3, 32, 32, generator=generator)
    huge, none = torch.full((2,), 100.0), torch.zeros(2)
    zero = torch.zeros(2)
    assert float(losses.stage_b(restored, image, target, zero, huge, huge, huge)) == pytest.approx(
        float(losses.stage_b(restored, image, target, zero, none, none, none))
    )
    one = torch.ones(2)
    difference = losses.stage_b(restored, image, target, one, huge, none, none) - losses.stage_b(
        restored, image, target, one, none, none, none
    )
    assert float(difference) == pytest.approx(10.0, rel=1e-4)


def test_anchor_sees_colour_not_detail() -> None:
    target = torch.full((1, 3, 32, 32), 0.5)
    checker = target + 0.2 * ((torch.arange(32)[:, None] + torch.arange(32)[None]) % 2 * 2 - 1)
    assert float(losses.anchor(checker, target)) == pytest.approx(0, abs=1e-6)
    assert float(losses.anchor(target + 0.1, target)) == pytest.approx(0.1, abs=1e-6)


def test_a_dry_run_of_stage_b_steps_and_resumes(pictures: list[torch.Tensor], data: Path, tmp_path: Path) -> None:
    trainer = make_trainer(TINY_B, pictures, torch.device("cpu"), data)
    stage_a = Trainer(TINY, pictures, torch.device("cpu"))
    stage_a.train_step()
    trainer.start_from(stage_a.state()["ema"]["values"])
    before = trainer.network.tail.weight.detach().clone()
    values = [trainer.train_step() for _ in range(3)]
    assert all(value == value for value in values)
    assert not torch.equal(before, trainer.network.tail.weight)
    creativity = trainer.draw_batch().dials[:, DIAL_INDEX["creativity"]]
    assert 0 <= float(creativity.min()) and float(creativity.max()) <= 1
    state_parts.pack(trainer.state(), tmp_path / "parts", part_mib=0.25)
    again = make_trainer(TINY_B, pictures, torch.device("cpu"), data)
    again.set_state(state_parts.unpack(tmp_path / "parts"))
    assert again.step == 3 and torch.allclose(again.critic.leave.bias, trainer.critic.leave.bias, atol=1e-3)
    value = again.train_step()
    assert value == value and again.step == 4


def test_parts_keep_weights_and_moments(pictures: list[torch.Tensor], tmp_path: Path) -> None:
    trainer = Trainer(TINY, pictures, torch.device("cpu"))
    for _ in range(3):
        trainer.train_step()
    state = trainer.state()
    paths = state_parts.pack(state, tmp_path, part_mib=0.02)
    assert len(paths) > 1 and all(path.stat().st_size <= 0.02 * 2**20 for path in paths)
    back = state_parts.unpack(tmp_path)
    for name, value in state["network"].items():
        assert torch.allclose(back["network"][name], value, atol=2e-3, rtol=1e-3), name
    for index, moments in state["optimiser"]["state"].items():
        restored = back["optimiser"]["state"][index]
        limit = float(moments["exp_avg"].abs().max()) / 120
        assert torch.allclose(restored["exp_avg"], moments["exp_avg"], atol=max(limit, 1e-12))
        assert (restored["exp_avg_sq"] >= moments["exp_avg_sq"] * 0.998).all()
    paths[1].unlink()
    with pytest.raises(state_parts.PartsError, match="state.001"):
        state_parts.unpack(tmp_path)


def test_resuming_from_parts_goes_on_as_unbroken(pictures: list[torch.Tensor], tmp_path: Path) -> None:
    unbroken = Trainer(TINY, pictures, torch.device("cpu"))
    for _ in range(3):
        unbroken.train_step()
    state_parts.pack(unbroken.state(), tmp_path, part_mib=8)
    resumed = Trainer(TINY, pictures, torch.device("cpu"))
    resumed.set_state(state_parts.unpack(tmp_path))
    expected = [unbroken.train_step() for _ in range(4)]
    assert [resumed.train_step() for _ in range(4)] == pytest.approx(expected, rel=0.03)


def test_too_large_a_state_is_refused(tmp_path: Path) -> None:
    with pytest.raises(state_parts.PartsError, match="MiB"):
        state_parts.pack({"network": {"w": torch.zeros(2**20)}}, tmp_path, part_mib=1, whole_mib=1)
    assert not list(tmp_path.iterdir())
