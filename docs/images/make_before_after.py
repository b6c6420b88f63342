"""Makes before-after.png of the README.

    python3 docs/images/make_before_after.py PICTURES RECOVER

PICTURES: the folder skimage/data of Debian's package python3-skimage (public domain: astronaut.png is
a NASA portrait, chelsea.png a cat). RECOVER: the built program. Each picture is cut, shrunk to a
quarter and saved as a JPEG of quality 75; `recover enhance --scale 4` restores it.
Left: the small picture enlarged by bicubic; right: restored.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

CUTS = (("chelsea.png", (60, 16, 412, 280)), ("astronaut.png", (96, 8, 448, 272)))


def main() -> None:
    pictures, recover = Path(sys.argv[1]), sys.argv[2]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, box in CUTS:
            truth = Image.open(pictures / name).convert("RGB").crop(box)
            small = truth.resize((truth.width // 4, truth.height // 4), Image.BICUBIC)
            path, result = Path(folder) / (name + ".jpg"), Path(folder) / (name + "-x4.png")
            small.save(path, quality=75)
            subprocess.run([recover, "enhance", str(path), "--scale", "4", "-o", str(result), "-q"], check=True)
            before = Image.open(path).resize(truth.size, Image.BICUBIC)
            rows.append((before, Image.open(result).convert("RGB")))
    width, height = rows[0][0].size
    sheet = Image.new("RGB", (2 * width + 8, len(rows) * (height + 8) - 8), "white")
    for index, (before, after) in enumerate(rows):
        sheet.paste(before, (0, index * (height + 8)))
        sheet.paste(after, (width + 8, index * (height + 8)))
    sheet.save(Path(__file__).parent / "before-after.png", optimize=True)


if __name__ == "__main__":
    main()
