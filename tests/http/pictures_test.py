"""Real photographs through HTTP and the shipped network, both models. The pictures are not part of
the tree: they lie beside it where somebody put them."""

import statistics
import time
import unittest

from PIL import Image

import api
import case
import photos
import server

REAL = server.SHARED / "data" / "real"


@unittest.skipUnless(REAL.is_dir(), "no real photographs beside the tree (../shared/data/real)")
class RealPictures(case.SharedServerTest):
    def picture(self, name):
        """At most 640 px, as sent over the net; the file itself where it is small enough."""
        path = REAL / name
        image = Image.open(path)
        if max(image.size) <= 640:
            return path.read_bytes()
        image.thumbnail((640, 640))
        return photos.encoded(image, "JPEG", quality=80)

    def names(self):
        return sorted(path.name for path in REAL.glob("*.jpg"))

    def test_both_models_bring_every_size_and_format(self):
        names = self.names()
        cases = [
            ("Recover 3", {"output_format": "png"}), ("Natural Enhance", {"output_format": "jpeg"}),
            ("Recover 3", {"output_format": "tiff", "output_width": 900}),
            ("Natural Enhance", {"output_format": "webp", "output_width": 500, "output_height": 500}),
            ("Recover 3", {"output_format": "jpeg", "output_width": 500, "output_height": 500,
                           "crop_to_fill": "true"}),
        ]
        for number, (model, fields) in enumerate(cases):
            content = self.picture(names[number * 3 % len(names)])
            sent = photos.opened(content)
            began = time.monotonic()
            status, result = self.api.enhance(api.File(content, "photo.jpg"), model=model, **fields)
            picture = photos.opened(result)
            print(f"{model} {fields}: {sent.size} -> {picture.size}, {time.monotonic() - began:.1f} s")
            self.assertEqual(status["model"], model)
            self.assertEqual(picture.size, (status["output_width"], status["output_height"]))
            if "output_height" not in fields:
                self.compare(sent, picture)

    def compare(self, sent, got):
        """It is that picture still: light where that is light, dark where it is dark. Tones may
        differ, for faded photographs get theirs back."""
        one, two = (list(image.convert("L").resize((24, 24), Image.BOX).getdata()) for image in (sent, got))
        self.assertGreater(statistics.correlation(one, two), 0.98)

    def test_a_turned_phone_picture(self):
        image = photos.opened(self.picture(self.names()[0])).convert("RGB")
        exif = Image.Exif()
        exif[photos.EXIF_ORIENTATION] = 6
        status, result = self.api.enhance(photos.encoded(image, "JPEG", exif=exif), output_width=200)
        self.assertEqual((status["input_width"], status["input_height"]), image.size[::-1])
        self.compare(image.rotate(-90, expand=True), photos.opened(result))


if __name__ == "__main__":
    case.main()
