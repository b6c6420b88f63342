"""`cmake --install` gives a whole, movable Recover, and a stranger's project can use it.

Arguments: the source tree, the build tree, cmake, and the C++ compiler.
"""

import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

import house

BUILD = pathlib.Path(sys.argv[2])
CMAKE, COMPILER = sys.argv[3:5]
EXAMPLE = house.ROOT / "examples" / "enhance_folder.cc"


def run(*command: object, **options) -> str:
    """Runs a command; its output, or an AssertionError with it."""
    # RECOVER_*: the installed program must find its models by itself.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RECOVER_")}
    result = subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env=environment, **options)
    assert result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout}"
    return result.stdout


def write_png(path: pathlib.Path, width: int, height: int) -> None:
    """An 8-bit RGB PNG with a gradient."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(value for x in range(width) for value in (4 * x % 256, 5 * y % 256, 128))
                    for y in range(height))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Install(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        first = cls.folder / "first"
        run(CMAKE, "--install", BUILD, "--prefix", first)
        # Moved before it is used: nothing may remember where it was installed.
        cls.prefix = cls.folder / "moved"
        first.rename(cls.prefix)
        cls.pictures = cls.folder / "pictures"
        cls.pictures.mkdir()
        write_png(cls.pictures / "gradient.png", 40, 24)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def one(self, pattern: str) -> pathlib.Path:
        found = sorted(self.prefix.glob(pattern))
        self.assertTrue(found, f"{pattern} was not installed")
        return found[0]

    def test_everything_is_there(self):
        for pattern in ("bin/recover", "include/recover/recover.h", "lib*/**/librecover.so",
                        "lib*/**/cmake/recover/recoverConfig.cmake", "share/man/man1/recover.1",
                        "share/bash-completion/completions/recover", "share/doc/**/LICENSE",
                        "share/recover/models/*/*.onnx", "share/recover/models/*/*.json",
                        "share/recover/models/*/*.md"):
            with self.subTest(pattern):
                self.assertGreater(self.one(pattern).stat().st_size, 0)

    def test_nothing_names_the_build_or_the_source_folder(self):
        for path in self.prefix.rglob("*"):
            if path.is_file() and path.suffix != ".onnx" and "onnxruntime" not in path.name:
                data = path.read_bytes()
                for folder in (house.ROOT, BUILD, self.folder / "first"):
                    self.assertNotIn(str(folder).encode(), data, path)

    def test_the_library_shows_its_own_interface_only(self):
        symbols = run("nm", "-DC", "--defined-only", self.one("lib*/**/librecover.so")).splitlines()
        names = [line.split(" ", 2)[2] for line in symbols]
        self.assertTrue(any(name.startswith("recover::Enhancer::Load(") for name in names), names)
        strange = [name for name in names if not name.startswith(("recover::Enhancer::", "recover::Version("))]
        self.assertEqual(strange, [])

    def test_the_program_restores_a_picture(self):
        program = self.prefix / "bin" / "recover"
        self.assertRegex(run(program, "--version"), r"\d+\.\d+\.\d+")
        output = self.folder / "out.png"
        run(program, "enhance", self.pictures / "gradient.png", "--scale", 2, "-o", output)
        self.assertEqual(struct.unpack(">II", output.read_bytes()[16:24]), (80, 48))

    def test_the_example_builds_against_it_and_runs(self):
        self.assertLess(len(EXAMPLE.read_text().splitlines()), 40)
        build = self.folder / "consumer"
        run(CMAKE, "-S", house.ROOT / "tests/house/consumer", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={COMPILER}", f"-DEXAMPLE={EXAMPLE}")
        run(CMAKE, "--build", build)
        output = self.folder / "restored"
        output.mkdir()
        run(build / "enhance_folder", self.pictures, output, 2)
        self.assertEqual(struct.unpack(">II", (output / "gradient.png").read_bytes()[16:24]), (80, 48))


if __name__ == "__main__":
    house.main()
