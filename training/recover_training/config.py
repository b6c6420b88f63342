"""The configuration of a run: frozen dataclasses read from TOML and copied into the run's folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recover_training.network import NetworkConfig, network_config_from_dict
from recover_training.recipes import RECIPES, RecipeConfig

try:
    import tomllib
except ModuleNotFoundError:  # Python before 3.11
    import tomli as tomllib  # type: ignore[no-redef]


@dataclass(frozen=True)
class StageConfig:
    """Length, batch and step sizes of a stage. Learning rate: linear warm-up, then cosine to
    `final_rate` at `steps`, so that a run cut into several visits follows one curve."""

    steps: int
    batch: int
    crop_px: int
    rate: float = 1e-3
    final_rate: float = 1e-6
    warmup_steps: int = 50
    weight_decay: float = 1e-4
    ema_decay: float = 0.999
    fourier_weight: float = 0.05
    clip_norm: float = 1.0
    halved_share: float = 0.25
    synthetic_count: int = 0


@dataclass(frozen=True)
class AdversarialConfig:
    """Stage B: the critic and how creativity is drawn (share of exact 0, of exact 1, the rest uniform)."""

    critic_width: int = 32
    critic_rate: float = 2e-4
    penalty_weight: float = 1e-4
    penalty_every: int = 16
    faithful_share: float = 0.3
    inventive_share: float = 0.2
    anchor_weight: float = 1.0


@dataclass(frozen=True)
class DistillationConfig:
    """A second target beside the truth: what a larger network makes of the same picture with the same
    noise and dials. `weight` of the distance to it, against the faithful part's 1."""

    weight: float = 1.0


@dataclass(frozen=True)
class RunConfig:
    """One network, one stage: A without [adversarial], B with it, and B with [distillation] beside a
    teacher."""

    name: str
    seed: int
    shards: tuple[str, ...]
    network: NetworkConfig
    stage: StageConfig
    recipes: RecipeConfig = field(default_factory=RecipeConfig)
    adversarial: AdversarialConfig | None = None
    distillation: DistillationConfig | None = None


class ConfigError(Exception):
    """A key of the TOML is missing, unknown or out of range; the message names it."""


def _build(kind: type, values: dict[str, Any], table: str) -> Any:
    unknown = set(values) - set(kind.__dataclass_fields__)
    if unknown:
        raise ConfigError(f"[{table}]: unknown {sorted(unknown)}; allowed: {sorted(kind.__dataclass_fields__)}")
    try:
        return kind(**values)
    except TypeError as error:
        raise ConfigError(f"[{table}]: {error}") from error


def read_config(path: Path) -> RunConfig:
    """Raises ConfigError naming the table and key, OSError when the file cannot be read."""
    with open(path, "rb") as file:
        values = tomllib.load(file)
    recipes = dict(values.get("recipes", {}))
    if "scale_shares" in recipes:
        recipes["scale_shares"] = tuple(recipes["scale_shares"])
    unknown = set(recipes.get("shares", {})) - set(RECIPES)
    if unknown:
        raise ConfigError(f"[recipes.shares]: unknown {sorted(unknown)}; allowed: {RECIPES}")
    if "distillation" in values and "adversarial" not in values:
        raise ConfigError(f"{path}: [distillation] goes with [adversarial]: the teacher's creativity is learnt with it")
    for key in ("name", "seed", "shards", "network", "stage"):
        if key not in values:
            raise ConfigError(f"{path}: '{key}' is missing")
    return RunConfig(
        name=values["name"],
        seed=int(values["seed"]),
        shards=tuple(values["shards"]),
        network=network_config_from_dict(values["network"]),
        stage=_build(StageConfig, values["stage"], "stage"),
        recipes=_build(RecipeConfig, recipes, "recipes"),
        adversarial=_build(AdversarialConfig, values["adversarial"], "adversarial") if "adversarial" in values else None,
        distillation=_build(DistillationConfig, values["distillation"], "distillation") if "distillation" in values else None,
    )
