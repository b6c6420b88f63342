"""multipart/form-data as a stream: a picture of 500 MB is never held in memory."""

from __future__ import annotations

import os
import secrets
from typing import BinaryIO, Iterator, List, Mapping, Optional, Tuple

PIECE_BYTES = 1 << 16


def _quoted(text: str) -> str:
    """A name for Content-Disposition, as browsers write it (WHATWG HTML, multipart/form-data)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


class Multipart:
    """One body: text fields first, then the file. Can be sent once for each seek to the start."""

    def __init__(
        self,
        fields: Mapping[str, str],
        file: Optional[BinaryIO] = None,
        filename: str = "image",
    ) -> None:
        self._boundary = "recover-" + secrets.token_hex(16)
        parts: List[bytes] = []
        for name, value in fields.items():
            parts.append(self._head(f'name="{_quoted(name)}"') + value.encode() + b"\r\n")
        self._file = file
        if file is not None:
            head = self._head(f'name="image"; filename="{_quoted(filename)}"',
                              "application/octet-stream")
            parts.append(head)
        self._before = b"".join(parts)
        self._after = (b"\r\n" if file is not None else b"") + f"--{self._boundary}--\r\n".encode()
        self._start, self._file_bytes = _extent(file)

    def _head(self, disposition: str, content_type: str = "") -> bytes:
        kind = f"Content-Type: {content_type}\r\n" if content_type else ""
        return (
            f"--{self._boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{kind}\r\n"
        ).encode()

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self._boundary}"

    @property
    def length(self) -> int:
        return len(self._before) + self._file_bytes + len(self._after)

    def pieces(self) -> Iterator[bytes]:
        """The body, from its start each time it is called."""
        yield self._before
        if self._file is not None:
            self._file.seek(self._start)
            left = self._file_bytes
            while left > 0:
                piece = self._file.read(min(PIECE_BYTES, left))
                if not piece:
                    raise OSError("the picture became shorter while it was being sent")
                left -= len(piece)
                yield piece
        yield self._after


def _extent(file: Optional[BinaryIO]) -> Tuple[int, int]:
    """Where the file stands and how many bytes follow."""
    if file is None:
        return 0, 0
    start = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(start)
    return start, end - start
