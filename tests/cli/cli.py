"""What the end-to-end tests share: a folder of their own and the real binary in it."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

BINARY = os.environ.get("RECOVER_BINARY", "")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
TINY_MODELS = SOURCE / "tests" / "data" / "tiny_models"
WAIT_SECONDS = 120


class CliTest(unittest.TestCase):
    """Each test has its own folder, state and config; the network is a tiny one."""

    model = "unet"

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="recover-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.work = self.folder / "work"
        self.work.mkdir()
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("RECOVER_")
        }
        self.environment.update(
            HOME=str(self.folder / "home"),
            XDG_STATE_HOME=str(self.folder / "state"),
            XDG_CONFIG_HOME=str(self.folder / "config"),
            RECOVER_MODELS=str(TINY_MODELS),
            RECOVER_MODEL=self.model,
        )

    def command(self, *arguments):
        return [BINARY, *map(str, arguments)]

    def run_recover(self, *arguments, code=0, stdin=b"", environment=None, cwd=None):
        """Runs the binary; stdout and stderr as bytes. Fails unless it exits with `code`
        (None: any)."""
        done = subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            env={**self.environment, **(environment or {})},
            cwd=cwd or self.work,
            timeout=WAIT_SECONDS,
            check=False,
        )
        if code is not None and done.returncode != code:
            self.fail(f"{arguments} gave {done.returncode}, not {code}:\n{done.stderr.decode()}")
        self.assertGreaterEqual(done.returncode, 0, f"{arguments} ended by a signal")
        return done

    def enhance(self, *arguments, **options):
        return self.run_recover("enhance", *arguments, **options)

    def report(self, *arguments, **options):
        """The parsed --json report of an enhance call."""
        return json.loads(self.enhance(*arguments, "--json", **options).stdout)

    def start(self, *arguments, **options):
        process = subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=self.work,
            **options,
        )

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def wait_for(self, condition, process=None):
        """Waits until condition() is true; fails when the process ends before or time is up."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            if process is not None and process.poll() is not None:
                self.fail("the process ended first: " + process.stderr.read().decode())
            self.assertLess(time.monotonic(), deadline, "waited in vain")
            time.sleep(0.005)

    def names(self, folder=None):
        """All files below a folder, relative, sorted; the hidden ones too."""
        folder = folder or self.work
        return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())

    def temporaries(self, folder=None):
        return [name for name in self.names(folder) if pathlib.Path(name).name.startswith(".recover-")]


def main():
    if not BINARY:
        sys.exit("RECOVER_BINARY must name the program to test")
    unittest.main(verbosity=2)
