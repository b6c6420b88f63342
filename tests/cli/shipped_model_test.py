"""The shipped network makes pictures better, by margins measured when it was shipped.

The pictures are dead leaves (discs that hide each other, sizes after a power law, as the
edges of photographs are spread), made by this script: truth is known to the last bit.
"""

import json
import random
import unittest

import cli
import pictures

MODEL = "general-fast"
MODELS = cli.SOURCE / "models"
SIDE = 192


def dead_leaves(side, seed):
    """Discs of random colour with a soft texture, nearest first; averaged down from twice
    the side, so that edges are as a camera sees them."""
    rng = random.Random(seed)
    full = 2 * side
    samples = [None] * (full * full)
    left = len(samples)
    while left > 0:
        # Radii follow r^-3 between the limits.
        low, high = 6.0, full / 3
        u = rng.random()
        radius = (low**-2 + u * (high**-2 - low**-2)) ** -0.5
        cx, cy = rng.uniform(-radius, full + radius), rng.uniform(-radius, full + radius)
        colour = [rng.uniform(20, 235) for _ in range(3)]
        tilt = [rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3)]
        for y in range(max(0, int(cy - radius)), min(full, int(cy + radius) + 1)):
            half = radius * radius - (y - cy) ** 2
            if half <= 0:
                continue
            half = half**0.5
            for x in range(max(0, int(cx - half)), min(full, int(cx + half) + 1)):
                at = y * full + x
                if samples[at] is None:
                    shade = tilt[0] * (x - cx) + tilt[1] * (y - cy)
                    samples[at] = [min(255, max(0, int(c + shade))) for c in colour]
                    left -= 1
    flat = [value for pixel in samples for value in pixel]
    return pictures.halve((full, full, 3, flat))


class ShippedModel(cli.CliTest):
    # PSNR-Y in dB above the input (JPEG) and above Lanczos (x4, web), at creativity 1:
    # about half of what the test prints for the network that is shipped.
    MARGINS = {"jpeg": 0.08, "x4": 0.28, "web": 0.15}

    @classmethod
    def setUpClass(cls):
        if not (MODELS / MODEL / f"{MODEL}.json").exists():
            raise unittest.SkipTest(f"models/{MODEL} is not there")
        cls.truth = dead_leaves(SIDE, seed=1)

    def restore(self, name, *arguments, model=MODEL, code=0):
        folder = MODELS if model == MODEL else cli.TINY_MODELS
        out = f"{model}-{name}.png"
        self.enhance(
            *(name, "-o", out, "-m", model, "--models", folder, "-c", "1", *arguments), code=code
        )
        return pictures.read_png(self.work / out)[0]

    def gain(self, name, *arguments):
        """How much nearer to the truth the network comes than plain resampling."""
        plain = pictures.psnr_y(self.restore(name, *arguments, model="identity"), self.truth)
        better = pictures.psnr_y(self.restore(name, *arguments), self.truth)
        print(f"{name}: {plain:.2f} dB plain, {better:.2f} dB restored")
        return better - plain

    def skip_placeholder(self):
        manifest = json.loads((MODELS / MODEL / f"{MODEL}.json").read_text(encoding="utf-8"))
        if manifest["version"].startswith("0.0."):
            self.skipTest(f"{MODEL} {manifest['version']} stands in for a trained network")

    def test_compression_damage_is_repaired(self):
        self.skip_placeholder()
        pictures.write_png(self.work / "truth.png", self.truth)
        self.enhance("truth.png", "-m", "identity", "-o", "bad.jpg", "--quality", "12")
        self.assertGreater(self.gain("bad.jpg"), self.MARGINS["jpeg"])

    def test_enlarging_beats_lanczos(self):
        self.skip_placeholder()
        pictures.write_png(self.work / "quarter.png", pictures.halve(pictures.halve(self.truth)))
        self.assertGreater(self.gain("quarter.png", "-s4"), self.MARGINS["x4"])

    def test_doubling_a_clean_picture_loses_little(self):
        # Measured -0.02 dB (0.1.0: -0.13): a known failure of its card, held from growing.
        self.skip_placeholder()
        pictures.write_png(self.work / "small.png", pictures.halve(self.truth))
        self.assertGreater(self.gain("small.png", "-s2"), -0.2)

    def test_a_small_web_picture_gains(self):
        self.skip_placeholder()
        small = pictures.halve(pictures.halve(self.truth))
        pictures.write_png(self.work / "quarter.png", small)
        self.enhance("quarter.png", "-m", "identity", "-o", "web.jpg", "--quality", "50")
        self.assertGreater(self.gain("web.jpg", "-s4"), self.MARGINS["web"])

    def test_creativity_and_seed_change_the_picture_within_reason(self):
        pictures.write_png(self.work / "small.png", pictures.halve(self.truth))
        faithful = self.restore("small.png", "-s2")
        self.enhance(
            *("small.png", "-s2", "-o", "nine.png", "-m", MODEL, "--models", MODELS, "-c", "9")
        )
        inventive = pictures.read_png(self.work / "nine.png")[0]
        self.assertGreater(pictures.psnr_y(faithful, inventive), 20)

    def test_an_idle_dial_is_told_when_it_is_turned(self):
        manifest = json.loads((MODELS / MODEL / f"{MODEL}.json").read_text(encoding="utf-8"))
        idle = len(set(manifest["creativity_table"])) == 1
        pictures.write_png(self.work / "small.png", pictures.halve(self.truth))
        turned = self.enhance("small.png", "-m", MODEL, "--models", MODELS, "-c", "7")
        self.assertEqual(b"--creativity changes nothing" in turned.stderr, idle)
        left = self.enhance("small.png", "-m", MODEL, "--models", MODELS, "-o", "again.png")
        self.assertNotIn(b"changes nothing", left.stderr)

    def test_the_manifest_tells_the_truth_about_the_limits(self):
        manifest = json.loads((MODELS / MODEL / f"{MODEL}.json").read_text(encoding="utf-8"))
        self.assertLessEqual(manifest["parameters"], 1_500_000)
        self.assertLessEqual(manifest["tflop_per_mp"], 0.07)
        self.assertLessEqual(manifest["receptive_field_radius_px"], 112)

    def test_tiles_leave_no_seam(self):
        pictures.write_png(self.work / "small.png", pictures.halve(self.truth))
        whole = self.restore("small.png", "-s4", "--tile", "1024")
        (self.work / f"{MODEL}-small.png.png").unlink()
        tiled = self.restore("small.png", "-s4", "--tile", "128")
        self.assertLessEqual(max(abs(a - b) for a, b in zip(whole[3], tiled[3])), 1)


if __name__ == "__main__":
    cli.main()
