"""cmake/dependencies.txt is the one list: what CMake asks for and Python imports stands in it."""

import ast
import re
import sys
import unittest

import house

LIST = house.ROOT / "cmake" / "dependencies.txt"
# Python modules whose package has another name.
PACKAGE_OF = {"PIL": "python3-pil", "torch": "python3-torch", "numpy": "python3-numpy",
              "onnx": "python3-onnx", "pytest": "python3-pytest"}
# Made in this tree.
OUR_MODULES = {"house", "recover_client", "recover_training"}
# Used where they are there; their absence is handled.
OPTIONAL_MODULES = {"tomli", "onnxruntime"}


def entries() -> list[dict[str, str]]:
    """The list's lines as dicts of its seven columns, with "pin" where one follows."""
    columns = ["set", "from", "name", "version", "find", "licence", "reason"]
    rows: list[dict[str, str]] = []
    for line in LIST.read_text().splitlines():
        if line.startswith("pin: "):
            rows[-1]["pin"] = line.removeprefix("pin: ")
        elif line and not line.startswith("#"):
            cells = [cell.strip() for cell in line.split("|")]
            assert len(cells) == len(columns), line
            rows.append(dict(zip(columns, cells)))
    return rows


def cmake_asks() -> dict[str, str]:
    """Name -> least version of every find_package and pkg_check_modules in our CMake files."""
    asks = {}
    for path in house.tracked_files():
        if path.name != "CMakeLists.txt" and path.suffix != ".cmake":
            continue
        text = re.sub(r"#.*", "", (house.ROOT / path).read_text())
        for name, version in re.findall(r"find_package\(\s*(\w+)\s*([\d.]*)", text):
            asks[name] = version
        for arguments in re.findall(r"pkg_check_modules\(([^)]*)\)", text):
            for name, version in re.findall(r"([\w+-]+)>=([\d.]+)", arguments):
                asks[f"pkg:{name}"] = version
    asks.pop("recover", None)  # ourselves, in the test of the installed package
    return asks


class Dependencies(unittest.TestCase):

    def test_each_entry_is_complete(self):
        rows = entries()
        self.assertGreater(len(rows), 10)
        for row in rows:
            with self.subTest(row["name"]):
                self.assertIn(row["set"], ("build", "runtime", "test", "check"))
                self.assertTrue(all(row[column] for column in ("name", "version", "licence", "reason")))
                if row["from"] != "apt":
                    self.assertRegex(row.get("pin", ""), r"^(sha512-[\w+/]{86}==|sha256-[0-9a-f]{64})$")

    def test_cmake_asks_only_for_what_is_listed_and_for_no_newer_version(self):
        listed = {row["find"]: row["version"] for row in entries() if row["find"] != "-"}
        asks = cmake_asks()
        self.assertEqual(set(asks) - set(listed), set(), "not in cmake/dependencies.txt")
        self.assertEqual(set(listed) - set(asks), set(), "listed, but nothing asks for it")
        for name, version in asks.items():
            if version:
                numbers = [tuple(map(int, re.findall(r"\d+", text)[:3])) for text in (version, listed[name])]
                with self.subTest(name):
                    self.assertLessEqual(*numbers)

    def test_nothing_that_is_linked_is_under_a_licence_that_would_bind_us(self):
        for row in entries():
            if row["find"] not in ("-", "PkgConfig") and row["set"] in ("build", "runtime"):
                with self.subTest(row["name"]):
                    self.assertNotRegex(row["licence"], r"(^|[^L])(A?GPL)")

    def test_python_imports_only_what_is_listed(self):
        listed = {row["name"] for row in entries()}
        seen = set()
        for path in house.tracked_files():
            if path.suffix != ".py":
                continue
            for node in ast.walk(ast.parse((house.ROOT / path).read_text())):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = [node.module or ""]
                else:
                    continue
                seen |= {(str(path), name.split(".")[0]) for name in names}
        local = {path.stem for path in house.tracked_files() if path.suffix == ".py"}
        for path, module in sorted(seen):
            if module in sys.stdlib_module_names or module in local | OUR_MODULES | OPTIONAL_MODULES:
                continue
            with self.subTest(path=path, module=module):
                self.assertIn(PACKAGE_OF.get(module, f"python3-{module}"), listed)


if __name__ == "__main__":
    house.main()
