"""Hands a trained state over: ONNX with fp16 weights, manifest and card, ready for models/.

    python -m recover_training.export --run RUN --name general-fast --out ../models \\
        --creativity-table 0 0 0 0 0 0 0 0 0 --figures REPORT.md --about ABOUT.md

Weights are stored as fp16 behind Cast nodes, which the engine folds to fp32 once at load.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import io
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from recover_training import checkpoint
from recover_training.evaluate import load_network
from recover_training.network import (
    DIAL_COUNT,
    DIALS,
    MULTIPLE,
    NOISE_CHANNELS,
    PATCH,
    PROMPT_SIZE,
    NetworkConfig,
    RestorationNetwork,
    parameter_count,
    receptive_field_radius_px,
    tflop_per_mp,
)

OPSET = 16
DEFAULT_TILE_PX = 1024
INPUTS = ("image", "noise", "dials", "prompt")


def to_onnx(network: RestorationNetwork) -> onnx.ModelProto:
    """The network as ONNX with free height and width, fp32 weights."""
    h = w = 4 * MULTIPLE
    example = (
        torch.rand(1, 3, h, w),
        torch.randn(1, NOISE_CHANNELS, h // PATCH, w // PATCH),
        torch.zeros(1, DIAL_COUNT),
        torch.zeros(1, PROMPT_SIZE),
    )
    options = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), example, buffer, input_names=list(INPUTS), output_names=["restored"], opset_version=OPSET,
            do_constant_folding=False,  # every weight keeps its name; the engine folds at load
            dynamic_axes={"image": {2: "H", 3: "W"}, "noise": {2: "H4", 3: "W4"}, "restored": {2: "H", 3: "W"}},
            **options,
        )  # fmt: skip
    return onnx.load_from_string(buffer.getvalue())


def store_weights_as_fp16(model: onnx.ModelProto) -> None:
    """Replaces each fp32 weight of rank >= 2 by an fp16 one and a Cast to fp32, in place."""
    graph = model.graph
    casts = []
    for index, value in enumerate(graph.initializer):
        if value.data_type != TensorProto.FLOAT or len(value.dims) < 2:
            continue
        array = numpy_helper.to_array(value)
        if np.abs(array).max(initial=0) > 6e4:
            raise ValueError(f"weight {value.name} does not fit fp16")
        name = value.name
        graph.initializer[index].CopyFrom(numpy_helper.from_array(array.astype(np.float16), name + "_fp16"))
        casts.append(helper.make_node("Cast", [name + "_fp16"], [name], name=name + "_cast", to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)


def activation_bytes_per_px(config: NetworkConfig) -> int:
    """What the engine holds per pixel of a tile while it runs, rounded up: eight maps of the finest level
    (measured on 48/96/128 channels: 74 bytes, the formula gives 96)."""
    return 8 * config.channels[0] * 4 // PATCH**2


def manifest_of(network: RestorationNetwork, name: str, version: str, data: bytes, table: list[float]) -> dict[str, object]:
    """The manifest that the program reads; units ride in the names."""
    return {
        "name": name,
        "version": version,
        "kind": "general",
        "file": f"{name}.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": "Apache-2.0",
        "card": f"{name}.md",
        "parameters": parameter_count(network),
        "tflop_per_mp": round(tflop_per_mp(network.config, DEFAULT_TILE_PX), 4),
        "receptive_field_radius_px": receptive_field_radius_px(network.config),
        "multiple_px": MULTIPLE,
        "default_tile_px": DEFAULT_TILE_PX,
        "activation_bytes_per_px": activation_bytes_per_px(network.config),
        "noise_channels": NOISE_CHANNELS,
        "prompt_size": PROMPT_SIZE,
        "dials": [
            {"name": dial, "index": index, "default": default, "min": low, "max": high}
            for index, (dial, default, low, high) in enumerate(DIALS)
        ],
        "creativity_table": table,
    }


def card_of(manifest: dict[str, object], about: str, figures: str) -> str:
    """The model card: what it is, how it was made, how good it is."""
    return (
        f"# {manifest['name']} {manifest['version']}\n\n{about.strip()}\n\n## Facts\n\n"
        f"- Weights: our own, {manifest['licence']}; {manifest['parameters']:,} parameters, {manifest['bytes']:,} bytes, fp16 at rest.\n"
        f"- Cost: {manifest['tflop_per_mp']} TFLOP per output megapixel, overlap of the default tile counted.\n"
        f"- Receptive field: a radius of {manifest['receptive_field_radius_px']} output pixels.\n\n"
        f"## Figures\n\nPSNR-Y dB / SSIM-Y / feature distance (lower is nearer), means over the 48 held-out pictures of each set.\n\n"
        f"{figures.strip()}\n"
    )


def main() -> None:
    """Command line entry."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--creativity-table", type=float, nargs=9, required=True)
    parser.add_argument("--about", type=Path, required=True)
    parser.add_argument("--figures", type=Path, required=True)
    args = parser.parse_args()
    network = load_network(checkpoint.load(args.run / "state.pt"))
    model = to_onnx(network)
    store_weights_as_fp16(model)
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    folder = args.out / args.name
    folder.mkdir(parents=True, exist_ok=True)
    manifest = manifest_of(network, args.name, args.version, data, args.creativity_table)
    (folder / f"{args.name}.onnx").write_bytes(data)
    (folder / f"{args.name}.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    card = card_of(manifest, args.about.read_text(encoding="utf-8"), args.figures.read_text(encoding="utf-8"))
    (folder / f"{args.name}.md").write_text(card, encoding="utf-8")
    print(f"{folder}: {len(data):,} bytes")


if __name__ == "__main__":
    main()
