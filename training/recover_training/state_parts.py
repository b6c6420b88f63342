"""A resume state in small parts: fp16 weights and averages, 8-bit moments, files of a given size.

The moments of AdamW are stored in 8 bit by blocks of 256 values: the first signed and linear, the
second as square roots rounded up, so that no step is divided by a vanished value.

    python -m recover_training.state_parts pack RUN/state.pt OUT --part-mib 15
    python -m recover_training.state_parts unpack OUT RUN/state.pt
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from recover_training import checkpoint

BLOCK = 256


class PartsError(Exception):
    """A part is missing or damaged; the message names it."""


def _blocks(x: Tensor) -> Tensor:
    flat = x.detach().float().flatten()
    return torch.nn.functional.pad(flat, (0, -flat.numel() % BLOCK)).reshape(-1, BLOCK)


def quantise_signed(x: Tensor) -> dict[str, Any]:
    """Linear 8 bit with one scale a block: error <= 1/254 of the block's largest value."""
    blocks = _blocks(x)
    scale = (blocks.abs().amax(1, keepdim=True) / 127).clamp(min=1e-30)
    return {"kind": "signed", "shape": list(x.shape), "scale": scale, "codes": (blocks / scale).round().to(torch.int8)}


def quantise_root(x: Tensor) -> dict[str, Any]:
    """Square roots in 8 bit, rounded up, never zero: restored values are >= the true ones."""
    roots = _blocks(x).clamp(min=0).sqrt()
    scale = (roots.amax(1, keepdim=True) / 255).clamp(min=1e-20)
    codes = (roots / scale - 1e-4).ceil().clamp(1, 255).to(torch.uint8)
    return {"kind": "root", "shape": list(x.shape), "scale": scale, "codes": codes}


def dequantise(packed: dict[str, Any]) -> Tensor:
    """Back to fp32 of the original shape."""
    values = packed["codes"].float() * packed["scale"]
    if packed["kind"] == "root":
        values = values.square()
    count = 1
    for side in packed["shape"]:
        count *= side
    return values.flatten()[:count].reshape(packed["shape"])


def compress(state: Any, key: str = "") -> Any:
    """A state with its tensors made small; lists, dicts and numbers stay."""
    if isinstance(state, dict):
        return {k: compress(v, str(k)) for k, v in state.items()}
    if isinstance(state, (list, tuple)):
        return type(state)(compress(v, key) for v in state)
    if isinstance(state, Tensor) and state.is_floating_point() and state.numel() >= BLOCK:
        if key == "exp_avg":
            return {"__packed__": quantise_signed(state)}
        if key == "exp_avg_sq":
            return {"__packed__": quantise_root(state)}
        return state.half()
    return state


def expand(state: Any) -> Any:
    """The inverse of `compress`, in fp32."""
    if isinstance(state, dict):
        if "__packed__" in state:
            return dequantise(state["__packed__"])
        return {k: expand(v) for k, v in state.items()}
    if isinstance(state, (list, tuple)):
        return type(state)(expand(v) for v in state)
    return state.float() if isinstance(state, Tensor) and state.dtype == torch.float16 else state


def pack(state: dict[str, Any], folder: Path, part_mib: float, whole_mib: float = 48) -> list[Path]:
    """Writes folder/state.000 ... and folder/state.json with sizes and hash. Raises PartsError over `whole_mib`."""
    stream = io.BytesIO()
    torch.save(compress(state), stream)
    data = stream.getvalue()
    if len(data) > whole_mib * 2**20:
        raise PartsError(f"the state takes {len(data) / 2**20:.1f} MiB, more than {whole_mib}")
    folder.mkdir(parents=True, exist_ok=True)
    size = int(part_mib * 2**20)
    paths = []
    for index, start in enumerate(range(0, len(data), size)):
        paths.append(folder / f"state.{index:03d}")
        paths[-1].write_bytes(data[start : start + size])
    facts = {"parts": len(paths), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "state.json").write_text(json.dumps(facts), encoding="utf-8")
    return paths


def unpack(folder: Path) -> dict[str, Any]:
    """The state that `pack` wrote. Raises PartsError naming what is missing or damaged."""
    try:
        facts = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        data = b"".join((folder / f"state.{i:03d}").read_bytes() for i in range(facts["parts"]))
    except OSError as error:
        raise PartsError(f"{folder}: {error}") from error
    if len(data) != facts["bytes"] or hashlib.sha256(data).hexdigest() != facts["sha256"]:
        raise PartsError(f"{folder}: the parts do not have the bytes that were packed")
    return expand(checkpoint.load(io.BytesIO(data)))


def main() -> None:
    """Command line entry."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("pack", "unpack"))
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--part-mib", type=float, default=15)
    args = parser.parse_args()
    if args.verb == "pack":
        for path in pack(checkpoint.load(args.source), args.target, args.part_mib):
            print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB")
    else:
        args.target.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.save(args.target, unpack(args.source))


if __name__ == "__main__":
    main()
