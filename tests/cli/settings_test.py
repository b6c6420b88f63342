"""Sizes, formats, settings and where they come from; the same bytes for any machine share."""

import json
import os

import cli
import pictures


class Sizes(cli.CliTest):
    model = "identity"

    def setUp(self):
        super().setUp()
        pictures.write_png(self.work / "in.png", pictures.waves(60, 40))

    def out(self, *arguments, name="out.png"):
        self.enhance("in.png", "-o", name, "--overwrite", *arguments)
        return pictures.size(self.work / name)

    def test_no_size_keeps_the_size_and_identity_keeps_the_pixels(self):
        self.assertEqual(self.out(), (60, 40))
        self.assertEqual(
            pictures.read_png(self.work / "out.png"), pictures.read_png(self.work / "in.png")
        )

    def test_scale_and_single_sides(self):
        self.assertEqual(self.out("-s", "4"), (240, 160))
        self.assertEqual(self.out("--scale=0.51"), (31, 20))
        self.assertEqual(self.out("--width", "91"), (91, 61))
        self.assertEqual(self.out("--height", "1"), (2, 1))

    def test_a_box_is_exact_with_borders_or_cut(self):
        box = ("--width", "50", "--height", "70")
        self.assertEqual(self.out(*box), (50, 70))
        (_, _, channels, samples), _ = pictures.read_png(self.work / "out.png")
        self.assertEqual(channels, 4)
        self.assertEqual(samples[:4], [0, 0, 0, 0])
        self.assertEqual(samples[(35 * 50 + 25) * 4 + 3], 255)
        self.assertEqual(self.out(*box, "--crop-to-fill"), (50, 70))
        (_, _, channels, _), _ = pictures.read_png(self.work / "out.png")
        self.assertEqual(channels, 3)
        self.assertEqual(self.out(*box, name="out.jpg"), (50, 70))

    def test_sixteen_bits_grey_and_alpha_stay(self):
        for channels in (1, 2, 3, 4):
            width, height, _, samples = pictures.waves(20, 16, channels)
            deep = (width, height, channels, [value * 257 - value % 7 for value in samples])
            pictures.write_png(self.work / "deep.png", deep, bits=16)
            self.enhance("deep.png", "-o", "out.png", "--overwrite", "--tone", "keep")
            (_, _, kept, after), bits = pictures.read_png(self.work / "out.png")
            self.assertEqual((kept, bits), (channels, 16))
            if channels in (1, 3):
                self.assertEqual(after, deep[3])

    def test_the_extension_chooses_the_format(self):
        magic = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG", "tif": b"II*\0", "webp": b"RIFF"}
        for extension, start in magic.items():
            self.enhance("in.png", "-o", f"x.{extension}")
            self.assertTrue((self.work / f"x.{extension}").read_bytes().startswith(start))
        self.enhance("in.png", "--format", "jpeg")
        self.assertTrue((self.work / "in-recovered.jpg").read_bytes().startswith(magic["jpg"]))

    def test_quality_changes_the_size_of_the_file(self):
        self.enhance("in.png", "-o", "low.jpg", "--quality", "10")
        self.enhance("in.png", "-o", "high.jpg", "--quality", "100")
        low, high = (self.work / "low.jpg").stat(), (self.work / "high.jpg").stat()
        self.assertLess(low.st_size * 2, high.st_size)

    def test_limits_are_told_before_any_work(self):
        for arguments, code in (
            (("--max-pixels", "1000"), 7),
            (("-s", "4", "--max-output-pixels", "30k"), 7),
            (("--width", "32000", "--height", "32000"), 7),
            (("--width", "20000", "--format", "webp"), 7),
            (("-s", "2", "--width", "5"), 2),
            (("--memory", "64M"), 7),
        ):
            done = self.enhance("in.png", *arguments, code=code)
            self.assertEqual(len(done.stderr.decode().strip().splitlines()), 1, done.stderr)
        self.assertEqual(self.names(), ["in.png"])


class Sources(cli.CliTest):
    def setUp(self):
        super().setUp()
        pictures.write_png(self.work / "in.png", pictures.waves(20, 20))

    def format_of(self, *arguments, environment=None):
        report = self.report("in.png", "--dry-run", *arguments, environment=environment)
        return report["pictures"][0]["format"]

    def test_flag_beats_environment_beats_file_beats_default(self):
        self.assertEqual(self.format_of(), "png")
        config = self.folder / "config" / "recover" / "config"
        config.parent.mkdir(parents=True)
        config.write_text("# mine\nformat = tiff\n")
        self.assertEqual(self.format_of(), "tiff")
        variable = {"RECOVER_FORMAT": "webp"}
        self.assertEqual(self.format_of(environment=variable), "webp")
        self.assertEqual(self.format_of("--format", "jpeg", environment=variable), "jpeg")
        other = self.folder / "other"
        other.write_text("format = jpeg\n")
        self.assertEqual(self.format_of("--config", other), "jpeg")
        self.assertEqual(self.format_of(environment={"RECOVER_CONFIG": str(other)}), "jpeg")

    def test_a_bad_value_names_its_source_and_the_range(self):
        text = self.enhance("in.png", "-c", "12", code=2).stderr.decode()
        self.assertIn("--creativity 12", text)
        self.assertIn("1 (faithful) to 9 (inventive)", text)
        bad = {"RECOVER_QUALITY": "high"}
        text = self.enhance("in.png", code=2, environment=bad).stderr.decode()
        self.assertIn("RECOVER_QUALITY=high", text)
        config = self.folder / "bad"
        config.write_text("\ncolour = red\n")
        text = self.enhance("in.png", "--config", config, code=2).stderr.decode()
        self.assertIn(f"{config}, line 2", text)
        self.enhance("in.png", "--config", "/nowhere", code=3)


class Tone(cli.CliTest):
    model = "identity"

    def ends(self, *arguments):
        """Darkest and brightest red of the output, whether it is grey, and the report's word."""
        report = self.enhance("in.png", "-o", "out.png", "--overwrite", "--json", *arguments)
        (_, _, _, samples), _ = pictures.read_png(self.work / "out.png")
        red = samples[0::3]
        is_grey = max(abs(r - b) for r, b in zip(red, samples[2::3])) <= 1
        return min(red), max(red), is_grey, json.loads(report.stdout)["pictures"][0]["tone_changed"]

    def test_faded_sepia_gets_its_range_back_and_keeps_its_tint_unless_told_otherwise(self):
        samples = []
        for i in range(64 * 48):
            value = 70 + i * 37 % 110
            samples += [value, round(0.9 * value), round(0.72 * value)]
        pictures.write_png(self.work / "in.png", (64, 48, 3, samples))
        self.assertEqual(self.ends("--tone", "keep"), (70, 179, False, False))
        for mode, is_grey in (((), False), (("--tone", "neutral"), True)):
            low, high, grey, changed = self.ends(*mode)
            self.assertLess(low, 20)
            self.assertGreater(high, 225)
            self.assertEqual((grey, changed), (is_grey, True))

    def test_a_picture_of_full_range_stays(self):
        samples = [value for i in range(64 * 48) for value in (i % 256, (i * 3) % 256, (i * 7) % 256)]
        pictures.write_png(self.work / "in.png", (64, 48, 3, samples))
        self.assertEqual(self.ends()[3], False)
        self.assertEqual(
            pictures.read_png(self.work / "out.png"), pictures.read_png(self.work / "in.png")
        )


class SameBytes(cli.CliTest):
    def test_for_any_threads_and_memory(self):
        pictures.write_png(self.work / "in.png", pictures.waves(190, 130))
        outputs = set()
        for threads in ("1", "2", "7"):
            for memory in ("150M", "2G"):
                self.enhance(
                    *("in.png", "-s2", "-c9", "--threads", threads, "--memory", memory),
                    *("-o", "out.png", "--overwrite", "--json"),
                    environment={"RECOVER_STATE": str(self.folder / threads / memory)},
                )
                outputs.add((self.work / "out.png").read_bytes())
                (self.work / "out.png").unlink()
        self.assertEqual(len(outputs), 1)

    def test_another_seed_gives_another_picture_and_the_same_one_the_same(self):
        pictures.write_png(self.work / "in.png", pictures.waves(64, 64))
        made = []
        for seed in ((), ("--seed", "1"), ("--seed", "2"), ("--seed", "1")):
            self.enhance("in.png", "-c9", *seed, "-o", "out.png", "--overwrite")
            made.append((self.work / "out.png").read_bytes())
        self.assertEqual(made[1], made[3])
        self.assertEqual(len(set(made)), 3)
        seed = self.report("in.png", "-c9", "-o", "again.png")["pictures"][0]["seed"]
        self.enhance("in.png", "-c9", "--seed", seed, "-o", "told.png")
        self.assertEqual((self.work / "told.png").read_bytes(), made[0])

    def test_tiles_of_another_size_agree_to_one_step(self):
        pictures.write_png(self.work / "in.png", pictures.waves(230, 170))
        made = []
        for tile in ("0", "32", "128", "512"):
            self.enhance("in.png", "-c9", "--seed", "5", "--tile", tile, "-o", f"{tile}.png")
            made.append(pictures.read_png(self.work / f"{tile}.png")[0][3])
        for other in made[1:]:
            self.assertLessEqual(max(abs(a - b) for a, b in zip(made[0], other)), 1)


if __name__ == "__main__":
    cli.main()
