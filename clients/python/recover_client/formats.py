"""Which file format some bytes are: a server's word is not taken for it."""

from __future__ import annotations

from typing import Optional

SNIFF_BYTES = 32
EXTENSIONS = {
    "jpeg": ".jpg",
    "png": ".png",
    "tiff": ".tif",
    "webp": ".webp",
    "avif": ".avif",
    "heic": ".heic",
    "jxl": ".jxl",
}
_HEIF_BRANDS = {b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"mif1": "heic"}


def sniff(head: bytes) -> Optional[str]:
    """"jpeg", "png" ... by the first bytes (SNIFF_BYTES are enough); None for none of them."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    # Classic and Big TIFF, both byte orders.
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _HEIF_BRANDS.get(head[8:12])
    if head.startswith(b"\xff\x0a") or head.startswith(b"\0\0\0\x0cJXL \r\n\x87\n"):
        return "jxl"
    return None


def canonical(name: str) -> str:
    """"jpg" and "tif" as the server reports them: "jpeg", "tiff"."""
    lower = name.lower()
    return {"jpg": "jpeg", "tif": "tiff"}.get(lower, lower)
