"""Holds the "may include" table of the house: each room sees only what is beneath it,
and each third-party header lives in one room.

The linker alone does not: all rooms share one include root, so a header-only
use of a room above would build.
"""

import pathlib
import re
import tempfile
import unittest

import house

# Room -> the rooms beneath it. A room may always include itself.
BENEATH = {
    "src/base": [],
    "src/image": ["base"],
    "src/codec": ["base", "image"],
    "src/neural": ["base", "image"],
    "src/restore": ["base", "image", "neural"],
    "src/pipeline": ["base", "image", "neural", "restore", "codec"],
    "src/net": ["base"],
    "src/jobs": ["base", "image", "neural", "restore", "codec", "pipeline", "net"],
    "src/http": ["base", "image", "neural", "restore", "codec", "pipeline", "net", "jobs"],
    "apps/recover": ["base", "image", "neural", "restore", "codec", "pipeline", "net", "jobs", "http"],
    "include/recover": [],
    "examples": [],
}

# Third-party header (whole name or folder) -> the one room that may include it.
HOME = {
    "nlohmann/": "src/base",
    "spdlog/": "src/base",
    "sodium.h": "src/base",
    "vips/": "src/codec",
    "glib.h": "src/codec",
    "glib-object.h": "src/codec",
    "lcms2.h": "src/codec",
    "jpeglib.h": "src/codec",
    "jerror.h": "src/codec",
    "png.h": "src/codec",
    "zlib.h": "src/codec",
    "brotli/": "src/codec",
    "tiff.h": "src/codec",
    "tiffio.h": "src/codec",
    "onnxruntime_c_api.h": "src/neural",
    "onnxruntime_cxx_api.h": "src/neural",
    "onnxruntime_session_options_config_keys.h": "src/neural",
    "onnxruntime_run_options_config_keys.h": "src/neural",
    "CLI/": "apps/recover",
    "curl/": "src/net",
    "soci/": "src/jobs",
    "microhttpd.h": "src/http",
    "prometheus/": "src/http",
}
TEST_ONLY = ("gtest/", "gmock/")
# Of the system. include/recover and examples stay with the C++ library.
POSIX = re.compile(
    r"^(sys/[a-z]+|arpa/inet|netinet/in|netdb|unistd|fcntl|signal|stdlib|sched|glob|fnmatch|dlfcn|poll|pthread|termios|getopt|pwd|spawn|string)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def owner(room: str, header: str) -> str | None:
    """The room in which a third-party header lives, or None when the table lacks it."""
    for name, home in HOME.items():
        if header == name or (name.endswith("/") and header.startswith(name)):
            return home
    return None


def fault(room: str, path: pathlib.Path, bracket: str, header: str, root: pathlib.Path) -> str | None:
    """Why this include is wrong in this room, or None."""
    is_test = path.name.endswith("_test.cc") or path.name.startswith("test_")
    if bracket == '"':
        target = header.split("/")[0]
        if room.startswith("apps/") and (path.parent / header).is_file():
            return None  # a program's own header, beside it
        if room in ("include/recover", "examples"):
            return "public code includes <recover/...> only"
        if target != room.split("/")[-1] and target not in BENEATH[room]:
            return f"{room} may include {', '.join(BENEATH[room]) or 'nothing'} and itself"
        if header != "base/version.h" and not (root / "src" / header).is_file():
            return "no such header (write it from the include root)"
        return None
    if re.fullmatch(r"[a-z_0-9]+", header):
        return None  # the C++ library
    if header.startswith("recover/"):
        allowed = room in ("include/recover", "examples", "src/pipeline", "apps/recover")
        return None if allowed else "the public header is for the library's edge"
    if room in ("include/recover", "examples"):
        return "public code includes the C++ library and <recover/...> only"
    if POSIX.match(header):
        return None
    if header.startswith(TEST_ONLY):
        return None if is_test else "test headers belong in tests"
    home = owner(room, header)
    if home is None:
        return "unknown header: give it a home in tests/house/includes_test.py"
    return None if home == room else f"lives in {home} only"


def violations(root: pathlib.Path) -> list[str]:
    """One line per wrong include under `root`, and per room that the table lacks."""
    lines = []
    files = [path for top in ("src", "apps", "include", "examples") for path in sorted((root / top).rglob("*"))
             if path.suffix in (".h", ".cc", ".cpp", ".hpp", ".inc")]
    for path in files:
        relative = path.relative_to(root)
        room = next((name for name in BENEATH if relative.is_relative_to(name)), None)
        if room is None:
            lines.append(f"{relative}: a room that the table lacks")
            continue
        for bracket, header in INCLUDE.findall(path.read_text(encoding="utf-8")):
            reason = fault(room, path, bracket, header, root)
            if reason:
                lines.append(f"{relative}: {header}: {reason}")
    return lines


class Includes(unittest.TestCase):
    maxDiff = None

    def test_every_include_keeps_the_table(self):
        self.assertEqual(violations(house.ROOT), [])

    def test_the_rooms_that_exist_were_read(self):
        self.assertTrue((house.ROOT / "src/base/status.h").is_file())
        headers = list((house.ROOT / "src").rglob("*.h"))
        self.assertGreater(len(headers), 10)

    def test_each_kind_of_fault_is_found(self):
        wrong = {
            "src/base/a.cc": '#include "image/image.h"',
            "src/codec/b.cc": '#include "neural/session.h"',
            "src/image/c.cc": "#include <vips/vips.h>",
            "src/neural/d.cc": "#  include <nlohmann/json.hpp>",
            "src/restore/e.cc": "#include <gtest/gtest.h>",
            "src/pipeline/f.cc": "#include <boost/thing.hpp>",
            "src/attic/g.cc": "",
            "include/recover/h.h": '#include "base/status.h"',
            "include/recover/i.h": "#include <onnxruntime_cxx_api.h>",
            "examples/j.cc": '#include "codec/picture.h"',
            "src/image/k.cc": '#include "image/missing.h"',
            "apps/recover/l.cc": "#include <vips/vips.h>",
        }
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            right = {"src/image/image.h": "#include <vector>\n", "src/neural/session.h": "",
                     "src/codec/fine.cc": '#include <unistd.h>\n#include "image/image.h"\n#include <vips/vips.h>',
                     "src/image/fine_test.cc": "#include <gtest/gtest.h>"}
            for name, text in (wrong | right).items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            found = {line.split(":")[0] for line in violations(root)}
        self.assertEqual(found, set(wrong))


if __name__ == "__main__":
    house.main()
