"""Lays out what a remote device needs in pieces of a given size: shards, and this package.

    python -m recover_training.pack --data DATA --out carry --piece-mib 28

Writes OUT/piece-00, piece-01 ...: each a folder with the shards (and feature network) that fit, by
their paths under DATA, so that pieces merged into one folder are a DATA again. A shard is never cut.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

FEATURES = "feature_net/squeezenet_v1.1_fp16.onnx"


class PackError(Exception):
    """A file is missing or larger than a piece; the message names it."""


def plan_pieces(sizes: dict[str, int], piece_bytes: int) -> list[list[str]]:
    """Names in their order into as few pieces as first-fit gives, each at most `piece_bytes`."""
    pieces: list[list[str]] = []
    room: list[int] = []
    for name, size in sizes.items():
        if size > piece_bytes:
            raise PackError(f"{name} has {size} bytes, more than a piece of {piece_bytes}")
        for index, free in enumerate(room):
            if size <= free:
                pieces[index].append(name)
                room[index] -= size
                break
        else:
            pieces.append([name])
            room.append(piece_bytes - size)
    return pieces


def pack(data: Path, out: Path, names: list[str], piece_mib: float) -> list[Path]:
    """Copies the named files of `data` into out/piece-NN; returns the pieces' folders."""
    missing = [name for name in names if not (data / name).is_file()]
    if missing:
        raise PackError(f"missing under {data}: {missing}")
    pieces = plan_pieces({name: (data / name).stat().st_size for name in names}, int(piece_mib * 2**20))
    folders = []
    for index, piece in enumerate(pieces):
        folder = out / f"piece-{index:02d}"
        for name in piece:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(data / name, folder / name)
        folders.append(folder)
    return folders


def main() -> None:
    """Command line entry."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--piece-mib", type=float, default=28)
    parser.add_argument("--sets", nargs="*", default=["photos", "faces"], help="folders whose shards are taken")
    args = parser.parse_args()
    names = [str(p.relative_to(args.data)) for name in args.sets for p in sorted((args.data / name).glob("*.tar"))]
    for folder in pack(args.data, args.out, [*names, FEATURES], args.piece_mib):
        files = [p for p in folder.rglob("*") if p.is_file()]
        print(f"{folder}: {len(files)} files, {sum(p.stat().st_size for p in files) / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
