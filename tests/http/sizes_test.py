"""Sizes, boxes, turned pictures, formats: what comes out, through the real network."""

import sys

from PIL import Image

import api
import case
import photos
import server

sys.path.insert(0, str(server.SOURCE / "clients" / "python"))
from recover_client import formats  # noqa: E402

PILLOW_NAMES = {"jpeg": "JPEG", "png": "PNG", "tiff": "TIFF", "webp": "WEBP"}


class Sizes(case.SharedServerTest):
    def asked(self, image, **fields):
        """Output size, as it is told at once; the job is dropped."""
        process_id = self.api.submit(image, **fields)
        status = self.api.status(process_id)
        self.api.delete(f"{api.CANCEL}/{process_id}")
        return status["output_width"], status["output_height"]

    def test_neither_side_keeps_the_size(self):
        self.assertEqual(self.asked(photos.jpeg(61, 47)), (61, 47))

    def test_one_side_and_the_other_follows_rounded_half_up(self):
        for width, height, given, wanted in (
            (60, 40, {"output_width": 90}, (90, 60)),
            (60, 40, {"output_height": 100}, (150, 100)),
            (4, 2, {"output_width": 3}, (3, 2)),     # 1.5 up
            (4, 2, {"output_width": 5}, (5, 3)),     # 2.5 up
            (8, 3, {"output_width": 3}, (3, 1)),     # 1.125 down
            (200, 1, {"output_width": 20}, (20, 1)),  # 0.1, at least 1
            (1, 200, {"output_height": 10}, (1, 10)),
        ):
            self.assertEqual(self.asked(photos.png(width, height), **given), wanted)

    def test_both_sides_are_the_box(self):
        self.assertEqual(self.asked(photos.jpeg(60, 40), output_width=50, output_height=50), (50, 50))

    def test_turned_pictures_are_measured_upright(self):
        for orientation in range(1, 9):
            image = photos.jpeg(60, 40, orientation=orientation)
            upright = (60, 40) if orientation < 5 else (40, 60)
            status, result = self.api.enhance(image)
            self.assertEqual((status["input_width"], status["input_height"]), upright)
            picture = photos.opened(result)
            self.assertEqual(picture.size, upright)
            self.assertIn(picture.getexif().get(photos.EXIF_ORIENTATION, 1), (1, None))
        self.assertEqual(self.asked(photos.jpeg(60, 40, orientation=6), output_width=20), (20, 30))

    def test_letterbox_is_black_and_transparent_with_alpha(self):
        white = photos.encoded(Image.new("RGB", (40, 40), "white"), "PNG")
        _, result = self.api.enhance(white, output_width=120, output_height=60, output_format="png")
        picture = photos.opened(result)
        self.assertEqual(picture.size, (120, 60))
        self.assertEqual(picture.convert("RGB").getpixel((5, 30)), (0, 0, 0))
        self.assertEqual(picture.convert("RGB").getpixel((114, 30)), (0, 0, 0))
        self.assertGreater(min(picture.convert("RGB").getpixel((60, 30))), 230)
        clear = photos.encoded(Image.new("RGBA", (40, 40), (255, 255, 255, 255)), "PNG")
        _, result = self.api.enhance(clear, output_width=60, output_height=120, output_format="png")
        picture = photos.opened(result)
        self.assertEqual(picture.mode, "RGBA")
        self.assertEqual(picture.getpixel((30, 5))[3], 0)
        self.assertEqual(picture.getpixel((30, 60))[3], 255)

    def test_crop_fills_the_box(self):
        # Red left and right, white in the middle: the cut takes the red away.
        image = Image.new("RGB", (80, 40), "red")
        image.paste((255, 255, 255), (16, 0, 64, 40))
        content = photos.encoded(image, "PNG")
        status, result = self.api.enhance(content, output_width=60, output_height=60,
                                          crop_to_fill="true", output_format="png")
        self.assertIs(status["crop_to_fill"], True)
        picture = photos.opened(result).convert("RGB")
        self.assertEqual(picture.size, (60, 60))
        for corner in ((1, 1), (58, 1), (1, 58), (58, 58)):
            self.assertGreater(min(picture.getpixel(corner)), 200, corner)

    def test_one_pixel(self):
        for size in ((1, 1), (1, 7), (17, 1)):
            _, result = self.api.enhance(photos.png(*size), output_format="png")
            self.assertEqual(photos.opened(result).size, size)


class Formats(case.SharedServerTest):
    def test_every_output_format_has_its_magic_bytes(self):
        for name in ("jpeg", "jpg", "png", "tiff", "tif", "webp", "avif", "jxl"):
            with self.subTest(name):
                status, result = self.api.enhance(photos.jpeg(), output_format=name, output_width=96)
                wanted = formats.canonical(name)
                self.assertEqual(formats.sniff(result[:32]), wanted)
                self.assertEqual(status["output_format"], wanted)
                if wanted in PILLOW_NAMES:
                    picture = photos.opened(result)
                    self.assertEqual((picture.format, picture.size), (PILLOW_NAMES[wanted], (96, 72)))

    def test_every_input_format(self):
        picture = photos.picture(40, 30)
        samples = {name: photos.encoded(picture, kind) for name, kind in PILLOW_NAMES.items()}
        for kind in ("avif", "jxl"):  # Pillow 9 writes neither: ours are read back.
            _, samples[kind] = self.api.enhance(samples["png"], output_format=kind)
        for name, content in samples.items():
            with self.subTest(name):
                status, result = self.api.enhance(content, output_format="png")
                self.assertEqual(status["input_format"], name)
                self.assertEqual(photos.opened(result).size, (40, 30))

    def test_kinds_of_pixels(self):
        for mode, kind in (("L", "JPEG"), ("L", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"),
                           ("P", "PNG"), ("1", "PNG"), ("CMYK", "JPEG"), ("CMYK", "TIFF"),
                           ("I;16", "PNG")):
            with self.subTest(f"{mode} {kind}"):
                image = photos.picture(40, 30)
                image = (Image.new("I;16", (40, 30), 30000) if mode == "I;16"
                         else photos.picture(40, 30, "RGBA").convert(mode) if mode == "LA"
                         else photos.picture(40, 30, mode))
                _, result = self.api.enhance(photos.encoded(image, kind), output_format="png")
                self.assertEqual(photos.opened(result).size, (40, 30))

    def test_progressive_and_interlaced(self):
        picture = photos.picture(40, 30)
        for content in (photos.encoded(picture, "JPEG", progressive=True),
                        photos.encoded(picture, "TIFF", compression="tiff_lzw")):
            _, result = self.api.enhance(content)
            self.assertEqual(photos.opened(result).size, (40, 30))

    def test_damage_behind_a_good_header_fails_the_job_with_a_message_and_no_charge(self):
        mine = self.new_api("--credits", "3")
        whole = photos.png(200, 150)
        damaged = whole[: len(whole) // 3]
        reply = mine.try_submit(damaged)
        if reply.status == 200:
            status = mine.finish(reply.json()["process_id"], "Failed")
            self.assertGreater(len(status["message"]), 20)
        else:
            self.assertEqual(reply.status, 415, reply)
        self.assertEqual(mine.balance()["available_credits"], 3)
        self.assertEqual(mine.balance()["reserved_credits"], 0)

    def test_same_input_settings_and_seed_give_the_same_bytes(self):
        content = photos.jpeg(80, 60)
        first = self.api.enhance(content, output_format="png", seed=7, creativity=9)[1]
        again = self.api.enhance(content, output_format="png", seed=7, creativity=9)[1]
        self.assertEqual(first, again)
        unseeded = [self.api.enhance(content, output_format="png")[1] for _ in range(2)]
        self.assertEqual(*unseeded)

    def test_the_result_is_the_picture_that_was_sent(self):
        image = photos.picture(96, 72, seed=4)
        sent = photos.encoded(image, "PNG")
        for model in ("Recover 3", "Natural Enhance"):
            status, result = self.api.enhance(sent, model=model, output_format="png")
            self.assertEqual(status["model"], model)
            small = photos.opened(result).convert("RGB").resize((8, 6), Image.BOX)
            wanted = image.resize((8, 6), Image.BOX)
            far = max(abs(a - b) for one, two in zip(small.getdata(), wanted.getdata())
                      for a, b in zip(one, two))
            self.assertLess(far, 24, "colours are kept")
            self.assertNotEqual(photos.opened(result).tobytes(), image.tobytes(), "it was worked on")


if __name__ == "__main__":
    case.main()
