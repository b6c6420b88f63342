"""The scripts: their syntax, the sum of the tests, and what they do with a forged download."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import house

CTEST = """<testsuite>
  <testcase name="a" status="run"/>
  <testcase name="b" status="fail"><failure message=""/></testcase>
  <testcase name="c" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
    <system-out>x_test.cc:7: Skipped
no network here
</system-out></testcase>
</testsuite>"""
LOST = """<testsuite><testcase name="gone" status="notrun">
  <skipped message="Unable to find executable"/></testcase></testsuite>"""
PYTEST = """<testsuites><testsuite>
  <testcase name="d"/><testcase name="e"><error message="x"/></testcase>
  <testcase name="f"><skipped type="pytest.skip" message="needs a GPU"/></testcase>
</testsuite></testsuites>"""


class Summary(unittest.TestCase):
    """scripts/summarize-tests."""

    def summarize(self, **files: str) -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                pathlib.Path(folder, name.replace("_", ".")).write_text(text)
            command = [str(house.ROOT / "scripts/summarize-tests"), folder]
            result = subprocess.run(command, capture_output=True, text=True)
        return result.returncode, result.stdout

    def test_adds_up_all_files(self):
        code, output = self.summarize(ctest_xml=CTEST, pytest_xml=PYTEST, build_step="passed\n")
        self.assertEqual(code, 1)
        self.assertEqual(output.splitlines()[-1], "3 passed, 2 failed, 2 skipped")
        self.assertIn("FAILED ctest: b", output)
        self.assertIn("skipped 1: ctest: no network here", output)
        self.assertIn("skipped 1: pytest: needs a GPU", output)

    def test_a_test_whose_program_is_missing_failed(self):
        code, output = self.summarize(ctest_xml=LOST, build_step="passed")
        self.assertEqual((code, output.splitlines()[-1]), (1, "1 passed, 1 failed, 0 skipped"))

    def test_a_failed_step_and_a_broken_report_are_failures(self):
        self.assertEqual(self.summarize(a_step="passed", b_step="failed")[0], 1)
        code, output = self.summarize(a_step="passed", b_xml="<testsuite>")
        self.assertEqual((code, output.splitlines()[-1]), (1, "1 passed, 1 failed, 0 skipped"))

    def test_all_well_is_zero_and_nothing_at_all_is_not(self):
        self.assertEqual(self.summarize(a_step="passed")[0], 0)
        self.assertEqual(self.summarize()[0], 1)


class Scripts(unittest.TestCase):

    def test_shell_syntax(self):
        names = ["run", "test", ".ci/run", "scripts/common.sh", "scripts/install-dependencies",
                 "scripts/fetch-onnxruntime", "scripts/install-schemathesis", "scripts/check-format",
                 "scripts/check-tidy"]
        for name in names:
            with self.subTest(name):
                subprocess.run(["bash", "-n", str(house.ROOT / name)], check=True)
                if name != "scripts/common.sh":
                    self.assertTrue(os.access(house.ROOT / name, os.X_OK))

    def test_the_list_is_read_with_its_pins(self):
        script = 'root=$1; . "$root/scripts/common.sh"; dependencies runtime npm; dependencies check apt'
        command = ["bash", "-euc", script, "bash", str(house.ROOT)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        self.assertRegex(lines[0], r"^onnxruntime-node \d+\.\d+\.\d+ sha512-\S+$")
        self.assertIn("clang-format 14 ", lines)

    def test_a_download_with_the_wrong_hash_is_refused_and_nothing_stays(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("scripts", "cmake"):
                shutil.copytree(house.ROOT / name, root / name)
            # Stands in for npm: "downloads" an archive that is not the pinned one.
            npm = root / "bin" / "npm"
            npm.parent.mkdir()
            npm.write_text('#!/bin/sh\nfor last; do :; done\necho forged > "$(echo "$last" | tr @ -).tgz"\n')
            npm.chmod(0o755)
            environment = os.environ | {"PATH": f"{npm.parent}:{os.environ['PATH']}"}
            result = subprocess.run([str(root / "scripts/fetch-onnxruntime")], env=environment,
                                    capture_output=True, text=True)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn("is not the file that was pinned", result.stderr)
            self.assertEqual(list((root / "third_party").iterdir()), [])

    def install_schemathesis(self, pip: str) -> tuple[subprocess.CompletedProcess, bool]:
        """The script with a Python whose pip is that shell script; whether anything stayed."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("scripts", "cmake", "tests/http/requirements.txt"):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                copy = shutil.copytree if (house.ROOT / name).is_dir() else shutil.copy
                copy(house.ROOT / name, root / name)
            python = root / "bin" / "python3"
            python.parent.mkdir()
            python.write_text('#!/bin/sh\nmkdir -p "$3/bin"\ncat >"$3/bin/python" <<"END"\n'
                              f'#!/bin/sh\n{pip}\nEND\nchmod +x "$3/bin/python"\n')
            python.chmod(0o755)
            environment = os.environ | {"PATH": f"{python.parent}:{os.environ['PATH']}"}
            done = subprocess.run([str(root / "scripts/install-schemathesis")], env=environment,
                                  capture_output=True, text=True)
            return done, (root / "build" / "schemathesis").exists()

    def test_the_tester_of_openapi_is_refused_with_a_wrong_hash(self):
        done, stayed = self.install_schemathesis(
            'while [ "$1" != -d ] && [ $# -gt 0 ]; do shift; done\necho forged >"$2/s-1.whl"')
        self.assertNotIn(done.returncode, (0, 77))
        self.assertIn("is not the file that was pinned", done.stderr)
        self.assertFalse(stayed)

    def test_without_a_network_the_tester_of_openapi_is_told_to_be_missing(self):
        done, stayed = self.install_schemathesis("exit 1")
        self.assertEqual(done.returncode, 77)
        self.assertIn("could not be downloaded", done.stderr)
        self.assertFalse(stayed)


if __name__ == "__main__":
    house.main()
