"""The examples of docs/api.md are run, in order, and bring what the page says."""

import ast
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import api
import case
import photos
import server

PAGE = server.SOURCE / "docs" / "api.md"


def blocks():
    """(language, text) of all fenced blocks."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def shape(value):
    """Names of an answer's fields, as deep as the page shows them."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items() if item not in ([], {})}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


class Docs(case.SharedServerTest):
    def environment(self):
        client = server.SOURCE / "clients" / "python"
        return {**os.environ, "RECOVER_URL": self.server.url, "RECOVER_API_KEY": self.server.key,
                "PYTHONPATH": str(client), "PYTHONDONTWRITEBYTECODE": "1", "no_proxy": "*"}

    def setUp(self):
        super().setUp()
        (self.folder / "old.jpg").write_bytes(photos.jpeg())

    def test_shell_examples_bring_what_stands_below_them(self):
        # One shell for all, so that variables live on; each block's output goes to its own file.
        script, wanted, number = "set -euo pipefail\n", {}, 0
        for language, text in blocks():
            if language == "sh":
                number += 1
                script += f"{{\n{text}}} > out.{number}\n"
            elif language == "json":
                wanted[number] = json.loads(text)
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, env=self.environment(), timeout=180,
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertGreater(len(wanted), 6)
        for number, example in wanted.items():
            printed = (self.folder / f"out.{number}").read_text()
            got = json.loads(printed.strip().splitlines()[-1])
            if isinstance(example, dict) and "data" in example:
                got["data"] = []
            self.assertEqual(shape(got), shape(example), f"example {number}")
        self.assertEqual(photos.opened((self.folder / "new.png").read_bytes()).size, (256, 192))

    def test_python_examples_run(self):
        programs = [text for language, text in blocks() if language == "python"]
        self.assertEqual(len(programs), 3)
        for program in programs:
            done = subprocess.run([sys.executable, "-c", program], cwd=self.folder, timeout=180,
                                  env=self.environment(), capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, program + done.stderr)
        self.assertEqual(photos.opened((self.folder / "larger.jpg").read_bytes()).size, (300, 225))
        self.assertEqual(photos.opened((self.folder / "restored.jpg").read_bytes()).size, (64, 48))

    def test_the_table_of_settings_is_that_of_the_server(self):
        page = PAGE.read_text(encoding="utf-8")
        table = page[page.index("## Settings") : page.index("## Costs")]
        told = set(re.findall(r"`([a-z_]+)`", "\n".join(
            line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))))
        spec = self.api.get("/openapi.json").json()
        schema = spec["paths"][api.ENHANCE]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        while "$ref" in schema:
            schema = spec["components"]["schemas"][schema["$ref"].split("/")[-1]]
        names = {name for name in schema["properties"] if name == name.lower()}
        self.assertEqual(told, names)

    def test_every_status_of_the_page_is_in_openapi(self):
        page = PAGE.read_text(encoding="utf-8")
        rows = re.findall(r"^\| ([\d, ]+) \|", page[page.index("## Errors") :], re.M)
        told = {code for row in rows for code in row.split(", ")}
        documented = {code for path in self.api.get("/openapi.json").json()["paths"].values()
                      for operation in path.values() if isinstance(operation, dict)
                      for code in operation.get("responses", {})}
        self.assertEqual(told, {code for code in documented if code >= "400"})


class Map(unittest.TestCase):
    def test_every_test_that_the_map_names_exists(self):
        here = pathlib.Path(__file__).parent
        named = set(re.findall(r"`(\w+_test)\.(\w+)\.(test_\w+)`", (here / "README.md").read_text()))
        self.assertGreater(len(named), 60)
        for file, kind, test in sorted(named):
            tree = ast.parse((here / f"{file}.py").read_text(encoding="utf-8"))
            tests = {(c.name, f.name) for c in tree.body if isinstance(c, ast.ClassDef)
                     for f in c.body if isinstance(f, ast.FunctionDef)}
            self.assertIn((kind, test), tests, file)


if __name__ == "__main__":
    case.main()
