"""Stage B of a small network beside a large one: what the teacher makes of the same picture, with the
same noise and the same dials, is a second target.

A small network alone must find out which of the many plausible details to draw; the teacher's answer is
one of them, drawn from what the small network is given too (Hinton et al. 2015, arXiv 1503.02531).
"""

from __future__ import annotations

from pathlib import Path

import torch

from recover_training import losses
from recover_training.adversarial import AdversarialTrainer
from recover_training.config import RunConfig
from recover_training.recipes import Degraded


class DistillingTrainer(AdversarialTrainer):
    """AdversarialTrainer with a teacher of the same signature, which is never changed.

    The teacher is no part of the state: a resumed run is given it again.
    """

    def __init__(
        self, config: RunConfig, pictures: list[torch.Tensor], device: torch.device, data: Path,
        teacher: torch.nn.Module, compiled: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(config, pictures, device, data, compiled)
        if config.distillation is None:
            raise ValueError("a teacher needs the [distillation] table")
        self.distillation = config.distillation
        self.teacher = teacher.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)

    def loss(self, restored: torch.Tensor, batch: Degraded, noise: torch.Tensor) -> torch.Tensor:
        """Stage B's loss and the distance to the teacher's result, weighed by damage as the truth's is."""
        with torch.no_grad():
            taught = self.restore(self.teacher, batch, noise)
        distance = losses.charbonnier(restored - taught) * losses.damage_weight(batch.image, batch.target)
        return super().loss(restored, batch, noise) + self.distillation.weight * distance.mean()
