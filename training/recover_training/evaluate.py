"""Measures a state, or the shipped weights, against the held-out pictures, side by side in one run.

    python -m recover_training.evaluate --data DATA --sets SETS --run RUN [--shipped ONNX] [--report FILE] [--sheets DIR] [--niqe]

DATA is the data folder (truth in val/, the feature network in feature_net/); SETS is what its
make_val.py wrote. Prints, per set: PSNR-Y / SSIM-Y / feature distance for bicubic, Lanczos (the input
itself at 1x) and the network at each creativity asked for. For reporting, never for tuning: see
NOTES.md for the run where that was not kept.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from recover_training import checkpoint, metrics
from recover_training.features import FeatureNetwork
from recover_training.network import (
    DIAL_COUNT,
    DIAL_INDEX,
    MULTIPLE,
    NOISE_CHANNELS,
    PATCH,
    PROMPT_SIZE,
    RestorationNetwork,
    network_config_from_dict,
)
from recover_training.niqe import niqe
from recover_training.resize import resize
from recover_training.shipped import read_network

SETS = ("x4-clean", "x4-mild", "x4-heavy", "x2-mild", "x8-clean", "x1-light", "x1-jpeg", "x1-blur", "x1-old")


@dataclass
class Score:
    """Means over a set; `psnr_each` keeps the pictures apart."""

    psnr: float
    ssim: float
    feature: float
    niqe: float  # nan unless asked for
    psnr_each: list[float]


def read_picture(path: Path) -> Tensor:
    """(3, H, W) float in [0, 1]."""
    return torch.from_numpy(np.asarray(Image.open(path).convert("RGB")).copy()).permute(2, 0, 1).float() / 255


def load_network(state: dict[str, object], use_ema: bool = True) -> RestorationNetwork:
    """The network of a state, with its averaged weights unless told otherwise."""
    network = RestorationNetwork(network_config_from_dict(state["network_config"]))  # type: ignore[arg-type]
    network.load_state_dict(state["ema"]["values"] if use_ema else state["network"])  # type: ignore[index]
    return network.eval()


@torch.no_grad()
def restore(network: RestorationNetwork, small: Tensor, size: tuple[int, int], creativity: float) -> Tensor:
    """(3, h, w) in [0, 1] to (3, H, W) on the grid `size`, clamped and rounded to 8 bit."""
    height, width = size
    scale = (height * width / (small.shape[1] * small.shape[2])) ** 0.5
    image = resize(small[None], height, width, "lanczos").clamp(0, 1) if scale != 1 else small[None]
    pad = (0, -width % MULTIPLE, 0, -height % MULTIPLE)
    image = torch.nn.functional.pad(image, pad, mode="reflect")
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(1, NOISE_CHANNELS, image.shape[2] // PATCH, image.shape[3] // PATCH, generator=generator)
    dials = torch.zeros(1, DIAL_COUNT)
    dials[0, DIAL_INDEX["log2_scale"]] = float(np.clip(np.log2(scale), 0, 3))
    dials[0, DIAL_INDEX["creativity"]] = creativity
    restored = network(image, noise, dials, torch.zeros(1, PROMPT_SIZE))
    return (restored[0, :, :height, :width].clamp(0, 1) * 255).round() / 255


def _enlarged(small: Tensor, size: tuple[int, int], kernel: str) -> Tensor:
    return (resize(small[None], *size, kernel)[0].clamp(0, 1) * 255).round() / 255


def evaluate(
    networks: dict[str, RestorationNetwork], data: Path, sets_folder: Path, names: tuple[str, ...], creativities: tuple[float, ...],
    limit: int = 0, sheets: Path | None = None, with_niqe: bool = False,
) -> dict[str, dict[str, Score]]:  # fmt: skip
    """Scores by set and method; `networks` by the label of their column."""
    features = FeatureNetwork(data / "feature_net" / "squeezenet_v1.1_fp16.onnx").eval()
    table: dict[str, dict[str, Score]] = {}
    for name in names:
        rows: dict[str, list[tuple[float, float, float, float]]] = {}
        for index, path in enumerate(sorted((sets_folder / name).glob("*.png"))):
            if limit and index >= limit:
                break
            small = read_picture(path)
            truth = read_picture(data / "val" / (path.stem + ".webp"))
            side = min(truth.shape[1:]) // 32 * 32
            truth = truth[:, :side, :side]
            pictures = {"bicubic": _enlarged(small, (side, side), "bicubic")} if small.shape[1] != side else {}
            pictures["lanczos"] = _enlarged(small, (side, side), "lanczos") if small.shape[1] != side else small
            for label, network in networks.items():
                for c in creativities:
                    pictures[f"{label} c={c:g}"] = restore(network, small, (side, side), c)
            if name == "x1-old":
                truth, pictures = metrics.grey(truth), {k: metrics.grey(v) for k, v in pictures.items()}
            for method, picture in pictures.items():
                with torch.no_grad():
                    far = float(features.distance(picture[None], truth[None]))
                natural = niqe(picture) if with_niqe else float("nan")
                score = (metrics.psnr_y(picture, truth), metrics.ssim_y(picture, truth), far, natural)
                rows.setdefault(method, []).append(score)
            if sheets:
                _write_sheet(sheets, name, path.stem, [*pictures.values(), truth])
        table[name] = {
            method: Score(*(float(np.mean(column)) for column in zip(*scores)), [s[0] for s in scores])
            for method, scores in rows.items()
        }
    return table


def _write_sheet(folder: Path, name: str, stem: str, pictures: list[Tensor]) -> None:
    """One row of pictures side by side. Stays outside the repository: it shows the data's pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    row = torch.cat(pictures, 2)
    array = (row.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    Image.fromarray(array).save(folder / f"{name}-{stem}.png")


def report(table: dict[str, dict[str, Score]]) -> str:
    """A Markdown table: PSNR-Y / SSIM-Y / feature distance (/ NIQE) by set and method."""

    def cell(score: Score) -> str:
        text = f"{score.psnr:.2f} / {score.ssim:.4f} / {score.feature:.4f}"
        return text if np.isnan(score.niqe) else f"{text} / {score.niqe:.2f}"

    methods: list[str] = []
    for scores in table.values():
        methods += [m for m in scores if m not in methods]
    lines = ["| set | " + " | ".join(methods) + " |", "|---" * (len(methods) + 1) + "|"]
    for name, scores in table.items():
        cells = [cell(scores[m]) if m in scores else "-" for m in methods]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Command line entry."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="folder with state.pt")
    parser.add_argument("--shipped", type=Path, help="a shipped .onnx to compare with in the same run")
    parser.add_argument("--only", nargs="*", default=list(SETS))
    parser.add_argument("--creativity", type=float, nargs="*", default=[0.0])
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--sheets", type=Path)
    parser.add_argument("--niqe", action="store_true", help="add NIQE, half a second a picture")
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    state = checkpoint.load(args.run / "state.pt")
    networks = {"ours": load_network(state)}
    if args.shipped:
        networks["shipped"] = read_network(args.shipped)
    table = evaluate(
        networks, args.data, args.sets, tuple(args.only), tuple(args.creativity), args.limit, args.sheets, args.niqe
    )
    text = f"step {state['step']}\n\n{report(table)}\n"
    print(text)
    for name, scores in table.items():
        if "ours c=0" in scores:
            worst = min(a - b for a, b in zip(scores["ours c=0"].psnr_each, scores["lanczos"].psnr_each))
            print(json.dumps({"set": name, "worst_psnr_change_db": round(worst, 2)}))
    if args.report:
        args.report.parent.mkdir(parents=True, exist_ok=True)
        args.report.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
