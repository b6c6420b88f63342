#!/usr/bin/env python3
"""Makes the tiny networks of the unit tests: NAME/NAME.onnx with manifest and card.

Run with numpy and onnx (Debian's python3-onnx 1.12 will do) in this folder:

    python3 make_tiny_models.py

All have the signature of the shipped networks: image (1,3,H,W), noise (1,4,H/4,W/4),
dials (1,16), prompt (1,64) -> restored (1,3,H,W), H and W multiples of 16.
The weights are drawn from a fixed seed, so a second run writes the same bytes.
"""

import hashlib
import json
import pathlib

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
OPSET = 13
IR_VERSION = 7
WIDTH = 16  # channels inside; a multiple of 16 so that the engine's blocked kernels are used

SIGNATURE = {
    "image": [1, 3, "H", "W"],
    "noise": [1, 4, "h", "w"],
    "dials": [1, 16],
    "prompt": [1, 64],
}


class Graph:
    """Collects nodes and initialisers; each method returns the name of its output."""

    def __init__(self):
        self.nodes = []
        self.initializers = []

    def constant(self, value: np.ndarray) -> str:
        name = f"w{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def node(self, op: str, *inputs: str, output: str = "", **attributes) -> str:
        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], **attributes))
        return output

    def conv(self, x: str, weight: np.ndarray, **attributes) -> str:
        pad = weight.shape[2] // 2
        return self.node("Conv", x, self.constant(weight), pads=[pad] * 4, **attributes)

    def model(self, inputs=SIGNATURE):
        graph = helper.make_graph(
            self.nodes,
            "tiny",
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
            [helper.make_tensor_value_info("restored", TensorProto.FLOAT, [1, 3, "H", "W"])],
            self.initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = IR_VERSION
        model.producer_name = "recover tests"
        checker.check_model(model)
        return model


def random_weight(rng, out_channels, in_channels, size, gain=1.0):
    """He-like random convolution weights, (out, in, size, size) float32."""
    scale = gain / np.sqrt(in_channels * size * size)
    return (rng.standard_normal((out_channels, in_channels, size, size)) * scale).astype(np.float32)


def unet():
    """A small U-Net on the 1/4, 1/8 and 1/16 grid, with FiLM from dials and prompt and
    noise scaled by creativity: everything that tiling can get wrong."""
    rng = np.random.RandomState(20)
    g = Graph()
    x = g.node("SpaceToDepth", "image", blocksize=4)
    x = g.conv(x, random_weight(rng, WIDTH, 48, 3, 1.5))
    dials = g.node("MatMul", "dials", g.constant(rng.standard_normal((16, WIDTH)).astype(np.float32) * 0.1))
    prompt = g.node("MatMul", "prompt", g.constant(rng.standard_normal((64, WIDTH)).astype(np.float32) * 0.1))
    film = g.node("Add", g.node("Add", dials, prompt), g.constant(np.ones((1, WIDTH), np.float32)))
    film = g.node("Reshape", film, g.constant(np.array([1, WIDTH, 1, 1], np.int64)))
    x = g.node("Mul", x, film)
    noise = g.conv("noise", random_weight(rng, WIDTH, 4, 1, 0.5))
    creativity = g.node("Slice", "dials", *(g.constant(np.array([v], np.int64)) for v in (1, 2, 1)))
    creativity = g.node("Reshape", creativity, g.constant(np.array([1, 1, 1, 1], np.int64)))
    quarter = g.node("Relu", g.node("Add", x, g.node("Mul", noise, creativity)))
    eighth = g.node("Relu", g.conv(quarter, random_weight(rng, WIDTH, WIDTH, 3, 2.0), strides=[2, 2]))
    low = g.node("Relu", g.conv(eighth, random_weight(rng, WIDTH, WIDTH, 3, 2.0), strides=[2, 2]))
    low = g.node("Relu", g.conv(low, random_weight(rng, WIDTH, WIDTH, 3, 2.0)))
    up = g.node("DepthToSpace", g.conv(low, random_weight(rng, 4 * WIDTH, WIDTH, 1, 2.0)), blocksize=2)
    eighth = g.node("Relu", g.conv(g.node("Add", eighth, up), random_weight(rng, WIDTH, WIDTH, 3, 2.0)))
    up = g.node("DepthToSpace", g.conv(eighth, random_weight(rng, 4 * WIDTH, WIDTH, 1, 2.0)), blocksize=2)
    x = g.conv(g.node("Add", quarter, up), random_weight(rng, 48, WIDTH, 3, 0.5))
    residual = g.node("Mul", g.node("DepthToSpace", x, blocksize=4), g.constant(np.float32(0.1)))
    g.node("Add", "image", residual, output="restored")
    return g


def unet_radius() -> int:
    """Largest distance in pixels from an output pixel to an input pixel that reaches it."""
    radius = 0
    for pixel in range(160, 176):
        low, high = pixel // 4 - 1, pixel // 4 + 1  # last convolution, 1/4 grid
        low, high = low // 2 - 1, high // 2 + 1  # up, convolution, 1/8 grid
        low, high = low // 2 - 1, high // 2 + 1  # up, convolution, 1/16 grid
        for _ in range(2):  # strided convolutions down to 1/16
            low, high = 2 * low - 1, 2 * high + 1
        low, high = low - 1, high + 1  # first convolution, 1/4 grid
        radius = max(radius, pixel - 4 * low, 4 * high + 3 - pixel)
    return radius


def identity():
    g = Graph()
    g.node("Identity", "image", output="restored")
    return g


def noise():
    """image + 0.1 * creativity * noise channel 0, each value a block of 4 x 4 pixels."""
    g = Graph()
    weight = np.zeros((48, 4, 1, 1), np.float32)
    weight[:, 0] = 0.1
    x = g.node("DepthToSpace", g.conv("noise", weight), blocksize=4)
    creativity = g.node("Slice", "dials", *(g.constant(np.array([v], np.int64)) for v in (1, 2, 1)))
    creativity = g.node("Reshape", creativity, g.constant(np.array([1, 1, 1, 1], np.int64)))
    g.node("Add", "image", g.node("Mul", x, creativity), output="restored")
    return g


def dials():
    """R, G, B become dials 0, 1 and 2 over 4, whatever the picture."""
    g = Graph()
    first = g.node("Slice", "dials", *(g.constant(np.array([v], np.int64)) for v in (0, 3, 1)))
    first = g.node("Mul", g.node("Reshape", first, g.constant(np.array([1, 3, 1, 1], np.int64))),
                   g.constant(np.float32(0.25)))
    g.node("Add", g.node("Mul", "image", g.constant(np.float32(0))), first, output="restored")
    return g


def sharpen():
    """image + (image - its 9 x 9 mean) / 2, edges repeated: a constant stays constant."""
    g = Graph()
    padded = g.node("Pad", "image", g.constant(np.array([0, 0, 4, 4, 0, 0, 4, 4], np.int64)), mode="edge")
    mean = g.node("Conv", padded, g.constant(np.full((3, 1, 9, 9), 1 / 81, np.float32)), group=3)
    half = g.node("Mul", g.node("Sub", "image", mean), g.constant(np.float32(0.5)))
    g.node("Add", "image", half, output="restored")
    return g


def stored(kind: str):
    """Two convolutions whose weights are stored as fp32, as fp16 + Cast, or as int8 + Cast + Mul
    with one scale per channel. All three hold the same numbers."""
    rng = np.random.RandomState(5)
    g = Graph()
    x = "image"
    for index, (out_channels, in_channels) in enumerate(((WIDTH, 3), (3, WIDTH))):
        real = random_weight(rng, out_channels, in_channels, 3, 0.7)
        # A power of two keeps scale * int8 exact in fp16.
        scale = 2.0 ** np.ceil(np.log2(np.abs(real).max(axis=(1, 2, 3), keepdims=True) / 127))
        scale = scale.astype(np.float32)
        levels = np.clip(np.round(real / scale), -127, 127).astype(np.int8)
        value = levels.astype(np.float32) * scale
        if kind == "fp32":
            weight = g.constant(value)
        elif kind == "fp16":
            assert np.array_equal(value.astype(np.float16).astype(np.float32), value)
            weight = g.node("Cast", g.constant(value.astype(np.float16)), to=TensorProto.FLOAT)
        else:
            weight = g.node("Cast", g.constant(levels), to=TensorProto.FLOAT)
            weight = g.node("Mul", weight, g.constant(scale))
        x = g.node("Conv", x, weight, pads=[1] * 4)
        if index == 0:
            x = g.node("Relu", x)
    g.node("Add", "image", x, output="restored")
    return g


def write(name: str, graph: Graph, radius: int, inputs=SIGNATURE) -> None:
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    data = graph.model(inputs).SerializeToString()
    (folder / f"{name}.onnx").write_bytes(data)
    (folder / f"{name}.md").write_text(f"# {name}\n\nA tiny network of the unit tests. It restores nothing.\n")
    manifest = {
        "name": name,
        "version": "1.0.0",
        "kind": "general",
        "file": f"{name}.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": "Apache-2.0",
        "card": f"{name}.md",
        "parameters": int(sum(np.prod(i.dims) for i in graph.initializers)),
        "tflop_per_mp": 0.001,
        "receptive_field_radius_px": radius,
        "multiple_px": 16,
        "default_tile_px": 64,
        "noise_channels": 4,
        "prompt_size": 64,
        "dials": [
            {"name": "log2_scale", "index": 0, "default": 0.0, "min": 0.0, "max": 3.0},
            {"name": "creativity", "index": 1, "default": 0.0, "min": 0.0, "max": 1.0},
            {"name": "texture", "index": 2, "default": 0.5, "min": 0.0, "max": 1.0},
        ],
        "creativity_table": [0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0],
    }
    (folder / f"{name}.json").write_text(json.dumps(manifest, indent=2) + "\n")


def main() -> None:
    write("unet", unet(), unet_radius())
    write("identity", identity(), 0)
    write("noise", noise(), 0)
    write("dials", dials(), 0)
    write("sharpen", sharpen(), 4)
    for kind in ("fp32", "fp16", "int8"):
        write(f"stored-{kind}", stored(kind), 2)
    write("no-noise", identity(), 0, {k: v for k, v in SIGNATURE.items() if k != "noise"})


if __name__ == "__main__":
    main()
