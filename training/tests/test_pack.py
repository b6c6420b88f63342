"""Pieces hold everything once and keep their size."""

from __future__ import annotations

from pathlib import Path

import pytest
from recover_training.pack import PackError, pack, plan_pieces


def test_each_file_once_and_no_piece_too_large() -> None:
    sizes = {"a": 15, "b": 15, "c": 3, "d": 9, "e": 15}
    pieces = plan_pieces(sizes, 30)
    assert sorted(name for piece in pieces for name in piece) == sorted(sizes)
    assert all(sum(sizes[name] for name in piece) <= 30 for piece in pieces)
    assert len(pieces) == 2
    with pytest.raises(PackError, match="huge"):
        plan_pieces({"huge": 31}, 30)


def test_merged_pieces_are_the_data_again(tmp_path: Path) -> None:
    for name in ("photos/p0.tar", "photos/p1.tar", "feature_net/f.onnx"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(name.encode() * 2**14)
    names = ["photos/p0.tar", "photos/p1.tar", "feature_net/f.onnx"]
    folders = pack(tmp_path / "data", tmp_path / "out", names, 0.4)
    assert len(folders) > 1
    found = {str(p.relative_to(f)): p.read_bytes() for f in folders for p in f.rglob("*") if p.is_file()}
    assert found == {name: (tmp_path / "data" / name).read_bytes() for name in names}
    with pytest.raises(PackError, match="none.tar"):
        pack(tmp_path / "data", tmp_path / "out", ["photos/none.tar"], 1)
