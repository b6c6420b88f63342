"""Stage B: one network whose loss depends on the creativity it is given (multi-realism).

Agustsson et al. 2023 (arXiv 2212.13824) and FxSR (arXiv 2201.04898): at c = 0 the faithful loss of
stage A, at c = 1 features, critic and feature matching, and a mixture between.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from recover_training import losses
from recover_training.config import RunConfig
from recover_training.discriminator import Discriminator, augment, critic_loss, gradient_penalty
from recover_training.features import FeatureNetwork
from recover_training.network import DIAL_INDEX
from recover_training.recipes import Degraded
from recover_training.train import Trainer, learning_rate


class AdversarialTrainer(Trainer):
    """Trainer with a critic; the state holds the critic and its optimiser too."""

    def __init__(
        self, config: RunConfig, pictures: list[torch.Tensor], device: torch.device, data: Path, compiled: bool = False
    ) -> None:
        super().__init__(config, pictures, device, compiled)
        if config.adversarial is None:
            raise ValueError("stage B needs the [adversarial] table")
        self.options = config.adversarial
        self.features = FeatureNetwork(data / "feature_net" / "squeezenet_v1.1_fp16.onnx").to(device).eval()
        self.critic = Discriminator(self.options.critic_width).to(device)
        self.critic_optimiser = torch.optim.AdamW(
            self.critic.parameters(), lr=self.options.critic_rate, betas=(0.0, 0.99), weight_decay=0.0
        )

    def draw_batch(self) -> Degraded:
        """A batch whose dials carry a creativity: exact 0, exact 1, or between."""
        batch = super().draw_batch()
        n = batch.dials.shape[0]
        at = torch.rand(n, device=self.device, generator=self.generator)
        creativity = torch.rand(n, device=self.device, generator=self.generator)
        creativity = torch.where(at < self.options.faithful_share, torch.zeros_like(at), creativity)
        creativity = torch.where(at > 1 - self.options.inventive_share, torch.ones_like(at), creativity)
        batch.dials[:, DIAL_INDEX["creativity"]] = creativity
        return batch

    def loss(self, restored: torch.Tensor, batch: Degraded, noise: torch.Tensor) -> torch.Tensor:
        """Steps the critic on this batch, then gives the network's loss."""
        creativity = batch.dials[:, DIAL_INDEX["creativity"]]
        told = torch.stack((creativity, batch.dials[:, DIAL_INDEX["log2_scale"]] / 3), 1)
        self._step_critic(restored.detach(), batch.target, told)

        pair = augment(torch.cat((restored, batch.target), 1), self.generator)
        for parameter in self.critic.parameters():
            parameter.requires_grad_(False)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            logits, made = self.critic(pair[:, :3], told)
            with torch.no_grad():
                _, real = self.critic(pair[:, 3:], told)
            feature = self.features.distance(restored, batch.target)
        for parameter in self.critic.parameters():
            parameter.requires_grad_(True)
        adversarial = -logits.float().mean(dim=(1, 2, 3))
        matching = losses.feature_matching(made, real)
        return losses.stage_b(
            restored, batch.image, batch.target, creativity, feature.float(), adversarial, matching,
            self.options.anchor_weight,
        )  # fmt: skip

    def _step_critic(self, made: torch.Tensor, real: torch.Tensor, told: torch.Tensor) -> None:
        pair = augment(torch.cat((made, real), 1), self.generator)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            loss = critic_loss(self.critic, pair[:, 3:], pair[:, :3], told)
        if self.step % self.options.penalty_every == 0:
            penalty = gradient_penalty(self.critic, pair[:, 3:], told)
            loss = loss + self.options.penalty_weight * self.options.penalty_every * penalty
        rate = learning_rate(self.config.stage, self.step) / self.config.stage.rate
        for group in self.critic_optimiser.param_groups:
            group["lr"] = self.options.critic_rate * rate
        self.critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_optimiser.step()

    def state(self) -> dict[str, Any]:
        """Everything that decides how the run goes on."""
        return {
            **super().state(),
            "critic": self.critic.state_dict(),
            "critic_optimiser": self.critic_optimiser.state_dict(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Back to a state of `state()`."""
        super().set_state(state)
        self.critic.load_state_dict(state["critic"])
        self.critic_optimiser.load_state_dict(state["critic_optimiser"])
