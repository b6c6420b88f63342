"""What the tests of the house share: the tree's root, its files, and skipping."""

import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()


def tracked_files() -> list[pathlib.Path]:
    """Paths, relative to ROOT, of the files that git tracks and that exist.

    Raises unittest.SkipTest outside a git checkout (a source archive).
    """
    if not (ROOT / ".git").exists():
        raise unittest.SkipTest("not a git checkout")
    try:
        # safe.directory: in a container the checkout may belong to another user.
        command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "-z"]
        listing = subprocess.run(command, check=True, capture_output=True).stdout
    except FileNotFoundError:
        raise unittest.SkipTest("git is not installed") from None
    paths = [pathlib.Path(name) for name in listing.decode().split("\0") if name]
    return [path for path in paths if (ROOT / path).is_file()]


def main() -> None:
    """Runs the tests of the calling module; exit code 77 when all were skipped."""
    program = unittest.main(argv=[sys.argv[0], "-v"], exit=False)
    result = program.result
    if result.skipped and len(result.skipped) == result.testsRun:
        print(f"SKIP: {result.skipped[0][1]}")
        sys.exit(77)
    sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)
