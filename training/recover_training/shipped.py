"""Reads an exported network back: to compare a new state with it, or to train on from it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from recover_training.network import NetworkConfig, RestorationNetwork


class ShippedError(Exception):
    """The file is no network of ours; the message says what is missing."""


def _config(shapes: dict[str, tuple[int, ...]]) -> NetworkConfig:
    """Channels and blocks, from the shapes and names of the weights."""
    try:
        channels = (shapes["stem.weight"][0], shapes["down1.weight"][0], shapes["down2.weight"][0])
    except KeyError as error:
        raise ShippedError(f"the network has no weight {error}") from error
    counts = [0] * 5
    for name in shapes:
        if match := re.fullmatch(r"level([1-5])\.(\d+)\.first\.weight", name):
            level = int(match[1]) - 1
            counts[level] = max(counts[level], int(match[2]) + 1)
    return NetworkConfig(channels, tuple(counts))  # type: ignore[arg-type]


def read_network(path: Path) -> RestorationNetwork:
    """The network of an ONNX file that `export` wrote, with its weights in fp32.

    The exporter keeps one copy of equal weights, and only zeros are ever equal: a missing weight is
    zero, and a zero weight must be in the file for it.
    """
    initializers = onnx.load(str(path)).graph.initializer
    values = {v.name.removesuffix("_fp16"): numpy_helper.to_array(v).astype(np.float32) for v in initializers}
    network = RestorationNetwork(_config({name: value.shape for name, value in values.items()}))
    weights: dict[str, Tensor] = {}
    has_zeros = any(not value.any() for value in values.values() if value.ndim >= 2)
    for name, like in network.state_dict().items():
        if name in values:
            weights[name] = torch.from_numpy(values[name].copy())
        elif has_zeros:
            weights[name] = torch.zeros_like(like)
        else:
            raise ShippedError(f"{path}: no weight {name}")
    network.load_state_dict(weights)
    return network.eval()
