"""The network is what its manifest will say it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from recover_training import export
from recover_training.config import ConfigError, read_config
from recover_training.network import (
    DIAL_COUNT,
    DIAL_INDEX,
    NOISE_CHANNELS,
    PROMPT_SIZE,
    NetworkConfig,
    RestorationNetwork,
    parameter_count,
    receptive_field_radius_px,
    tflop_per_mp,
)
from recover_training.shipped import ShippedError, read_network

CONFIGS = Path(__file__).resolve().parents[1] / "configs"


def _inputs(size: int, generator: torch.Generator) -> tuple[torch.Tensor, ...]:
    return (
        torch.rand(1, 3, size, size, generator=generator),
        torch.randn(1, NOISE_CHANNELS, size // 4, size // 4, generator=generator),
        torch.zeros(1, DIAL_COUNT),
        torch.zeros(1, PROMPT_SIZE),
    )


def _excited(config: NetworkConfig) -> RestorationNetwork:
    """A network whose every path carries something."""
    torch.manual_seed(2)
    network = RestorationNetwork(config).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network


def test_untrained_is_the_identity(generator: torch.Generator) -> None:
    inputs = _inputs(64, generator)
    assert torch.equal(RestorationNetwork(NetworkConfig())(*inputs), inputs[0])


def test_creativity_zero_ignores_the_noise(generator: torch.Generator) -> None:
    network = _excited(NetworkConfig())
    image, noise, dials, prompt = _inputs(64, generator)
    assert torch.equal(network(image, noise, dials, prompt), network(image, -noise, dials, prompt))
    dials[0, DIAL_INDEX["creativity"]] = 1
    assert not torch.allclose(network(image, noise, dials, prompt), network(image, -noise, dials, prompt))


@pytest.mark.parametrize("blocks", [(2, 1, 1, 1, 3), (1, 2, 0, 1, 1)])
def test_receptive_field_is_as_stated(blocks: tuple[int, ...], generator: torch.Generator) -> None:
    config = NetworkConfig((16, 16, 16), blocks)  # type: ignore[arg-type]
    network = _excited(config)
    radius = receptive_field_radius_px(config)
    size = (2 * radius + 64) // 16 * 16 + 16
    image, noise, dials, prompt = _inputs(size, generator)
    reach = 0
    for at in (size // 2 // 16 * 16, size // 2 // 16 * 16 + 15):
        changed = image.clone()
        changed[:, :, at, at] += 10
        difference = (network(changed, noise, dials, prompt) - network(image, noise, dials, prompt)).abs().amax((0, 1))
        rows = torch.nonzero(difference.amax(1) > 0).flatten()
        reach = max(reach, int((rows - at).abs().max()))
    assert radius - 20 <= reach <= radius


def test_shipped_sizes_keep_their_limits() -> None:
    limits = {"general-fast": (1_500_000, 0.07), "general": (8_000_000, 0.30)}
    paths = sorted(CONFIGS.glob("*.toml"))
    assert len(paths) >= 4
    for path in paths:
        run = read_config(path)
        parameters, tflop = limits[run.name]
        assert parameter_count(RestorationNetwork(run.network)) <= parameters, path
        assert tflop_per_mp(run.network, export.DEFAULT_TILE_PX) <= tflop, path
        assert receptive_field_radius_px(run.network) <= 112, path


def test_flop_count_equals_hooks(generator: torch.Generator) -> None:
    config = NetworkConfig()
    network = RestorationNetwork(config)
    counted = 0

    def count(module: torch.nn.Conv2d, _inputs: object, output: torch.Tensor) -> None:
        nonlocal counted
        counted += output[0].numel() * module.weight[0].numel()

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    network(*_inputs(64, generator))
    from recover_training.network import multiply_adds_per_pixel

    assert multiply_adds_per_pixel(config) == pytest.approx(counted / 64**2, rel=0.01)


def test_export_keeps_signature_and_weights(generator: torch.Generator) -> None:
    network = _excited(NetworkConfig((16, 16, 16), (1, 1, 1, 1, 1)))
    model = export.to_onnx(network)
    before = {v.name: numpy_helper.to_array(v) for v in model.graph.initializer}
    export.store_weights_as_fp16(model)
    onnx.checker.check_model(model)
    assert [i.name for i in model.graph.input] == list(export.INPUTS)
    assert [o.name for o in model.graph.output] == ["restored"]
    stored = {v.name: numpy_helper.to_array(v) for v in model.graph.initializer}
    halves = [name for name in stored if name.endswith("_fp16")]
    assert len(halves) > 15
    for name in halves:
        original = before[name[: -len("_fp16")]]
        assert np.abs(stored[name].astype(np.float32) - original).max() < 1e-3


def test_an_exported_network_is_read_back(tmp_path: Path, generator: torch.Generator) -> None:
    network = _excited(NetworkConfig((16, 32, 48), (1, 2, 1, 0, 3)))
    for condition in network.conditions:
        torch.nn.init.zeros_(condition.noise.weight)
    torch.nn.init.zeros_(network.prompt_code.weight)
    model = export.to_onnx(network)
    export.store_weights_as_fp16(model)
    onnx.save(model, str(tmp_path / "net.onnx"))
    back = read_network(tmp_path / "net.onnx")
    assert back.config == network.config
    inputs = _inputs(64, generator)
    with torch.no_grad():
        difference = (back(*inputs) - network(*inputs)).abs().max()
        assert difference < 2e-3 * network(*inputs).abs().max()  # fp16 has 11 bits
    model.graph.initializer.remove(next(v for v in model.graph.initializer if v.name == "stem.weight_fp16"))
    onnx.save(model, str(tmp_path / "cut.onnx"))
    with pytest.raises(ShippedError, match="stem.weight"):
        read_network(tmp_path / "cut.onnx")


def test_shipped_networks_are_read_back() -> None:
    paths = sorted((CONFIGS.parents[1] / "models").glob("general*/*.onnx"))
    assert paths
    for path in paths:
        manifest = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert parameter_count(read_network(path)) == manifest["parameters"]


def test_config_errors_name_the_key(tmp_path: Path) -> None:
    text = (CONFIGS / "general-fast.toml").read_text()
    bad = tmp_path / "bad.toml"
    bad.write_text(text.replace("batch = 12", "bach = 12"))
    with pytest.raises(ConfigError, match="bach"):
        read_config(bad)
    bad.write_text(text.replace("social =", "sozial ="))
    with pytest.raises(ConfigError, match="sozial"):
        read_config(bad)
