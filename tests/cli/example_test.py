"""The example program enhances a folder through the public library. Argument: the program."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import cli
import pictures

PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else ""


class Example(unittest.TestCase):
    def test_it_enhances_a_folder_and_stays_under_forty_lines(self):
        source = cli.SOURCE / "examples" / "enhance_folder.cc"
        self.assertLess(len(source.read_text(encoding="utf-8").splitlines()), 40)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "in").mkdir()
            (folder / "out").mkdir()
            pictures.write_png(folder / "in" / "a.png", pictures.waves(30, 20))
            (folder / "in" / "b.png").write_bytes(b"no picture")
            models = folder / "models"
            models.mkdir()
            # The example loads the default network: here a tiny one takes its name.
            manifest = (cli.TINY_MODELS / "identity" / "identity.json").read_text(encoding="utf-8")
            target = models / "general-fast"
            target.mkdir()
            (target / "general-fast.json").write_text(
                manifest.replace('"name": "identity"', '"name": "general-fast"'), encoding="utf-8"
            )
            for part in ("identity.onnx", "identity.md"):
                (target / part).write_bytes((cli.TINY_MODELS / "identity" / part).read_bytes())
            done = subprocess.run(
                [PROGRAM, folder / "in", folder / "out", "2"],
                capture_output=True,
                env={**os.environ, "RECOVER_MODELS": str(models)},
                check=False,
            )
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(b"60x40", done.stdout)
            self.assertIn(b"b.png", done.stdout)
            self.assertEqual(pictures.size(folder / "out" / "a.png"), (60, 40))
            self.assertEqual(os.listdir(folder / "out"), ["a.png"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
