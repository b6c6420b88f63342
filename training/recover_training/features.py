"""The given feature network as a distance and a loss: SqueezeNet v1.1 run from its ONNX file in torch.

distance(a, b): the mean over 9 taps (conv1 after ReLU and the 8 fire outputs) of the squared
distance between channel-normalised features, averaged over positions; lower is nearer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import Tensor, nn

_MEAN_BGR = (103.94, 116.78, 123.68)
_LAST_TAP = "fire9/concat_1"


class FeatureNetwork(nn.Module):
    """forward(x): (N, 3, H, W) RGB in [0, 1] to the list of 9 feature maps, finest first."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        graph = onnx.load(str(path)).graph
        self._steps: list[tuple[str, list[str], str, dict[str, list[int]]]] = []
        for node in graph.node:
            attributes = {a.name: list(a.ints) for a in node.attribute if a.ints}
            self._steps.append((node.op_type, list(node.input), node.output[0], attributes))
            if node.output[0] == _LAST_TAP:
                break
        self._weights: dict[str, str] = {}
        for value in graph.initializer:
            name = "w_" + value.name.replace("/", "_")
            self._weights[value.name] = name
            self.register_buffer(name, torch.from_numpy(numpy_helper.to_array(value).astype(np.float32)))
        self.register_buffer("_mean", torch.tensor(_MEAN_BGR).reshape(1, 3, 1, 1))

    def forward(self, x: Tensor) -> list[Tensor]:
        values = {"data_0": x.flip(1) * 255 - self._mean}
        taps = []
        for kind, inputs, output, attributes in self._steps:
            first = values[inputs[0]]
            if kind == "Conv":
                weight, bias = (getattr(self, self._weights[name]) for name in inputs[1:])
                pads = attributes["pads"]
                values[output] = F.conv2d(first, weight, bias, stride=attributes["strides"], padding=pads[:2])
            elif kind == "Relu":
                values[output] = F.relu(first)
            elif kind == "MaxPool":
                values[output] = F.max_pool2d(first, attributes["kernel_shape"], attributes["strides"])
            elif kind == "Concat":
                values[output] = torch.cat([values[name] for name in inputs], 1)
            elif kind == "Dropout":
                values[output] = first
            else:
                raise ValueError(f"feature network: unknown operator {kind}")
            if output == "conv1_2" or output.endswith("concat_1"):
                taps.append(values[output])
        return taps

    def distance(self, a: Tensor, b: Tensor) -> Tensor:
        """(N, 3, H, W) pairs to (N,) distances. Differentiable."""
        total = 0.0
        taps = list(zip(self(a), self(b)))
        for x, y in taps:
            x = x / (x.square().sum(1, keepdim=True) + 1e-10).sqrt()
            y = y / (y.square().sum(1, keepdim=True) + 1e-10).sqrt()
            total = total + (x - y).square().sum(1).mean(dim=(1, 2))
        return total / len(taps)
