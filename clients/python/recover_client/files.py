"""Files on this side: a download is there whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import BinaryIO, Callable, Optional

from . import formats
from .errors import ApiError, BadDownload, ConnectionFailed
from .transport import Transport, copy

TRIES = 5


def save(
    transport: Transport,
    url: Callable[[], str],
    path: Path,
    expected_format: Optional[str],
    overwrite: bool,
) -> Path:
    """Fetches `url()` to `path` by way of a temporary file beside it. `url` is asked again for
    each try, so that an expired signature is renewed."""
    if not overwrite and path.exists():
        raise FileExistsError(f"{path} is there already")
    temporary = path.parent / f".recover-{secrets.token_hex(8)}.part"
    try:
        with open(temporary, "x+b") as file:
            _fetch(transport, url, file)
            _check(file, expected_format)
            file.flush()
            os.fsync(file.fileno())
        _name(temporary, path, overwrite)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _name(temporary: Path, path: Path, overwrite: bool) -> None:
    if not overwrite:
        try:
            os.link(temporary, path)  # Unlike replace() it refuses when another came first.
            return
        except FileExistsError:
            raise
        except OSError:
            pass  # A file system without hard links.
    os.replace(temporary, path)


def _fetch(transport: Transport, url: Callable[[], str], file: BinaryIO) -> None:
    """The whole body into `file`; after a break the rest is asked for by Range."""
    whole: Optional[int] = None
    for attempt in range(TRIES):
        have = file.seek(0, os.SEEK_END)
        headers = {"Accept": "*/*"}
        if have:
            headers["Range"] = f"bytes={have}-"
        try:
            # No key: the signature in the URL is enough, and the URL may lead elsewhere.
            with transport.send("GET", url(), headers=headers) as answer:
                if have and answer.status != 206:
                    file.seek(0)
                    file.truncate()
                    have = 0
                length = answer.headers.get("Content-Length")
                whole = have + int(length) if length is not None else None
                copy(answer, file)
        except ConnectionFailed:
            if attempt + 1 == TRIES:
                raise
        except ApiError as error:
            # 416: what we have is all there is, which the next check finds out.
            if error.status != 416 or whole is None:
                raise
        if whole is None or file.seek(0, os.SEEK_END) >= whole:
            break
    size = file.seek(0, os.SEEK_END)
    if whole is not None and size != whole:
        raise BadDownload(f"{size} bytes came, {whole} were promised")


def _check(file: BinaryIO, expected_format: Optional[str]) -> None:
    file.seek(0)
    found = formats.sniff(file.read(formats.SNIFF_BYTES))
    if found is None:
        raise BadDownload("what came is no picture")
    if expected_format is not None and found != formats.canonical(expected_format):
        raise BadDownload(f"what came is {found}, not {formats.canonical(expected_format)}")
