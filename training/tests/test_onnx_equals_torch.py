"""The exported network gives in the program's engine what it gives in torch."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from recover_training import export
from recover_training.network import DIAL_COUNT, NOISE_CHANNELS, PROMPT_SIZE, NetworkConfig, RestorationNetwork

ROOT = Path(__file__).resolve().parents[2]


def _probe() -> Path:
    named = os.environ.get("RECOVER_PROBE")
    built = [Path(named)] if named else sorted(ROOT.glob("build/*/tests/probe/onnx_probe"))
    for path in built:
        if path.is_file():
            return path
    pytest.skip("onnx_probe is not built: cmake --build --preset release")


@pytest.mark.parametrize("size", [(64, 64), (80, 208)])
def test_engine_equals_torch(size: tuple[int, int], tmp_path: Path, generator: torch.Generator) -> None:
    probe = _probe()
    torch.manual_seed(4)
    network = RestorationNetwork(NetworkConfig((16, 32, 48), (1, 1, 1, 1, 2))).eval()
    torch.nn.init.normal_(network.tail.weight, std=0.05)
    for condition in network.conditions:
        torch.nn.init.normal_(condition.noise.weight, std=0.3)
    height, width = size
    inputs = (
        torch.rand(1, 3, height, width, generator=generator),
        torch.randn(1, NOISE_CHANNELS, height // 4, width // 4, generator=generator),
        torch.rand(1, DIAL_COUNT, generator=generator),
        torch.randn(1, PROMPT_SIZE, generator=generator),
    )
    with torch.no_grad():
        expected = network(*inputs)[0].numpy()
    assert np.abs(expected - inputs[0][0].numpy()).max() > 0.05
    model = export.to_onnx(network)
    for stored_as_fp16, tolerance in ((False, 1e-4), (True, 5e-3)):
        if stored_as_fp16:
            export.store_weights_as_fp16(model)
        (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
        (tmp_path / "in.raw").write_bytes(b"".join(x.numpy().astype(np.float32).tobytes() for x in inputs))
        command = [str(probe), str(tmp_path / "net.onnx"), str(height), str(width)]
        subprocess.run([*command, str(tmp_path / "in.raw"), str(tmp_path / "out.raw")], check=True)
        got = np.fromfile(tmp_path / "out.raw", np.float32).reshape(3, height, width)
        assert np.abs(got - expected).max() < tolerance
