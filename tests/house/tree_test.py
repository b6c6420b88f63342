"""The tracked tree stays small and says nothing about the machine it was made on."""

import re
import unittest

import house

MIB = 1 << 20
# Built from parts, so that this file does not find itself.
PRIVATE = re.compile("|".join([
    r"(?<![\w.])/(?:root|wor" + r"k|home/\w+)/",      # somebody's folders
    r"(?:registry|mirror)\.[\w-]+\.\w{2,}",           # package registries
    "deb" + r"\.debian\.org", "snapshot" + r"\.debian\.org", "pypi" + r"\.org", "python" + "hosted",
    r"https?://(?:\d{1,3}\.){3}\d{1,3}",              # bare addresses
    r"https?://(?:127\.|10\.|192\.168\.)",
]))
LOOPBACK = re.compile(r"https?://127\.0\.0\.1")


class Tree(unittest.TestCase):

    def test_models_and_tree_keep_their_size(self):
        sizes = {path: (house.ROOT / path).stat().st_size for path in house.tracked_files()}
        models = sum(size for path, size in sizes.items() if path.parts[0] == "models")
        largest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
        self.assertLessEqual(models, 24 * MIB, "models/")
        self.assertLessEqual(sum(sizes.values()), 36 * MIB, largest)

    def test_no_machine_paths_or_registry_hosts(self):
        found = []
        for path in house.tracked_files():
            data = (house.ROOT / path).read_bytes()
            if b"\0" in data[:8192]:
                continue
            for number, line in enumerate(data.decode(errors="replace").splitlines(), 1):
                if PRIVATE.search(line) and not LOOPBACK.search(line):
                    found.append(f"{path}:{number}: {line.strip()[:100]}")
        self.assertEqual(found, [])

    def test_the_pattern_knows_what_it_must_find(self):
        for text in ("/wor" + "k/data", "x=/ro" + "ot/.cache/", "/home/" + "ada/pictures",
                     "https://regis" + "try.example.org", "http://" + "10.0.0.7/x"):
            self.assertRegex(text, PRIVATE)
        for text in ("framework/data", "https://www.apache.org/licenses/", "share/man", "network/"):
            self.assertNotRegex(text, PRIVATE)

    def test_what_the_build_makes_is_not_tracked(self):
        for path in house.tracked_files():
            self.assertNotIn(path.parts[0], ("build", "third_party"), path)
            self.assertNotIn("__pycache__", path.parts)

    def test_the_licence_is_whole(self):
        text = (house.ROOT / "LICENSE").read_text()
        self.assertIn("Apache License", text)
        self.assertIn("END OF TERMS AND CONDITIONS", text)


if __name__ == "__main__":
    house.main()
