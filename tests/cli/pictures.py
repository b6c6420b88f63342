"""Pictures for the tests, with the standard library alone: PNG written and read, and a
few measures on them. A picture is (width, height, channels, samples): samples is a list
of numbers, row by row, channels next to each other, 0..255 or 0..65535."""

import math
import struct
import zlib

COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def waves(width, height, channels=3, seed=0):
    """Smooth waves with an edge: compresses well, shows mistakes. 8 bits."""
    samples = []
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                value = 96 + 60 * math.sin(0.07 * x + c + seed) + 50 * math.cos(0.05 * y - seed)
                samples.append(int(min(255, max(0, value + (40 if x > width // 2 else 0)))))
    return width, height, channels, samples


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bytes(picture, bits=8):
    """The picture as the bytes of a PNG file."""
    width, height, channels, samples = picture
    row = width * channels
    pack = (lambda v: bytes(v)) if bits == 8 else (lambda v: struct.pack(f">{len(v)}H", *v))
    raw = b"".join(b"\0" + pack(samples[y * row : (y + 1) * row]) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, bits, COLOUR_TYPE[channels], 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(raw, 6))
        + _chunk(b"IEND", b"")
    )


def write_png(path, picture, bits=8):
    with open(path, "wb") as file:
        file.write(png_bytes(picture, bits))
    return path


def _unfilter(kind, line, above, step):
    out = bytearray(line)
    for i in range(len(out)):
        left = out[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            out[i] = (out[i] + left) & 255
        elif kind == 2:
            out[i] = (out[i] + up) & 255
        elif kind == 3:
            out[i] = (out[i] + (left + up) // 2) & 255
        elif kind == 4:
            p = left + up - corner
            near = min((abs(p - left), 0, left), (abs(p - up), 1, up), (abs(p - corner), 2, corner))
            out[i] = (out[i] + near[2]) & 255
    return out


def read_png(source):
    """A PNG (8 or 16 bits, not interlaced, no palette) from a path or bytes, with its bits."""
    data = source
    if not isinstance(source, bytes):
        with open(source, "rb") as file:
            data = file.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "no PNG"
    at, packed, header = 8, b"", None
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        header = struct.unpack(">IIBBBBB", body) if kind == b"IHDR" else header
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height, bits, colour, _, _, interlaced = header
    assert not interlaced and bits in (8, 16)
    channels = CHANNELS[colour]
    step = channels * bits // 8
    raw, stride = zlib.decompress(packed), width * step
    above, samples = bytes(stride), []
    for y in range(height):
        line = raw[y * (stride + 1) : (y + 1) * (stride + 1)]
        above = _unfilter(line[0], line[1:], above, step)
        samples += above if bits == 8 else struct.unpack(f">{len(above) // 2}H", bytes(above))
    return (width, height, channels, list(samples)), bits


def size(path):
    """(width, height) of a PNG or a JPEG file."""
    with open(path, "rb") as file:
        data = file.read()
    if data.startswith(b"\x89PNG"):
        return struct.unpack(">II", data[16:24])
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    height, width = struct.unpack(">HH", data[at + 5 : at + 9])
    return width, height


def luma(picture):
    """Y of BT.601 in studio range, as restoration papers measure it; 8-bit RGB."""
    _, _, channels, samples = picture
    assert channels == 3
    rows = zip(samples[0::3], samples[1::3], samples[2::3])
    return [16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255 for r, g, b in rows]


def psnr_y(first, second):
    """PSNR in dB between the lumas of two pictures of one size."""
    one, two = luma(first), luma(second)
    assert len(one) == len(two)
    mean = sum((a - b) ** 2 for a, b in zip(one, two)) / len(one)
    return 10 * math.log10(255**2 / mean) if mean > 0 else math.inf


def halve(picture):
    """The mean of each 2x2 block."""
    width, height, channels, s = picture
    out = []
    for y in range(0, height - 1, 2):
        for x in range(0, width - 1, 2):
            for c in range(channels):
                at = (y * width + x) * channels + c
                below = at + width * channels
                out.append((s[at] + s[at + channels] + s[below] + s[below + channels] + 2) // 4)
    return width // 2, height // 2, channels, out
