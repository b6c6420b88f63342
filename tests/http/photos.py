"""Pictures to send: made here, with gradients, edges and grain, so that encoders and the network
have something to do."""

import functools
import io
import random
import struct
import zlib

from PIL import Image, ImageChops, ImageDraw

EXIF_ORIENTATION = 0x0112


def picture(width, height, mode="RGB", seed=0):
    """A Pillow image: a tilted gradient, a few shapes, grain."""
    rng = random.Random(seed)
    ramp = Image.linear_gradient("L")
    bands = []
    for _ in range(3):
        turned = ramp.rotate(rng.uniform(0, 360)).resize((width, height), Image.BILINEAR)
        grain = Image.effect_noise((width, height), 24)
        bands.append(ImageChops.add(turned.point(lambda v: 30 + v * 0.7), grain, 1, -110))
    image = Image.merge("RGB", bands)
    draw = ImageDraw.Draw(image)
    for _ in range(8):
        x, y = rng.randrange(width), rng.randrange(height)
        size = rng.randrange(2, max(3, min(width, height) // 3))
        colour = tuple(rng.randrange(256) for _ in range(3))
        draw.ellipse((x, y, x + size, y + size), fill=colour)
    if mode == "RGBA":
        image.putalpha(Image.radial_gradient("L").resize((width, height)))
        return image
    return image.convert(mode)


def encoded(image, kind="JPEG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@functools.lru_cache(maxsize=64)
def jpeg(width=64, height=48, seed=0, orientation=0):
    """The bytes of a JPEG file of that stored size."""
    options = {"quality": 85}
    if orientation:
        exif = Image.Exif()
        exif[EXIF_ORIENTATION] = orientation
        options["exif"] = exif
    return encoded(picture(width, height, seed=seed), "JPEG", **options)


@functools.lru_cache(maxsize=64)
def png(width=64, height=48, seed=0, mode="RGB"):
    return encoded(picture(width, height, mode, seed), "PNG")


def opened(content):
    """The Pillow image of the bytes, decoded whole."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def flat_png(width, height, bits=8):
    """A PNG of one colour that packs to almost nothing: 24 MP in some 25 kB."""
    packer = zlib.compressobj(9)
    row = b"\0" + bytes(width * 3 * bits // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data)
            + _chunk(b"IEND", b""))


def claiming_png(width, height):
    """A PNG whose header claims that size; there are hardly any pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
            + _chunk(b"IDAT", zlib.compress(bytes(1000))) + _chunk(b"IEND", b""))


def claiming_jpeg(width, height):
    """A JPEG whose frame header claims that size."""
    content = bytearray(jpeg(16, 16))
    at = 2
    while content[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def claiming_tiff(width, height):
    """A TIFF whose directory claims that size, in one strip of a few bytes."""
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 16),
    ]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 24) + bytes(16) + directory
