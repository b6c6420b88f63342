"""Training state on disk: everything that a resumed run needs to go on as if unbroken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO

import torch


def save(path: Path, state: dict[str, Any]) -> None:
    """Writes whole or not at all."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load(path: Path | BinaryIO) -> dict[str, Any]:
    """Raises FileNotFoundError with the path when it is missing."""
    if "weights_only" in torch.load.__code__.co_varnames:
        return torch.load(path, map_location="cpu", weights_only=False)
    return torch.load(path, map_location="cpu")


class Ema:
    """Exponential moving average of a network's parameters; `decay` warms up from 0."""

    def __init__(self, network: torch.nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.values = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: torch.nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in network.state_dict().items():
            self.values[name].lerp_(value, 1 - decay)

    def state(self) -> dict[str, Any]:
        return {"values": self.values, "steps": self.steps}

    def set_state(self, state: dict[str, Any]) -> None:
        self.steps = state["steps"]
        for name, value in state["values"].items():
            self.values[name].copy_(value)
