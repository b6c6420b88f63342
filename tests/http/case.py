"""Test cases on a server: one for all tests of a class, or one for each test."""

import pathlib
import shutil
import sys
import tempfile
import unittest

from api import Api
from server import BINARY, Server


class ServedTest(unittest.TestCase):
    """Each test may start servers of its own; all are ended after it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="recover-http-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def new_server(self, *flags, name="one", start=True, **more):
        server = Server(self.folder / name, *flags, **more)
        self.addCleanup(server.end)
        return server.start() if start else server


class SharedServerTest(ServedTest):
    """One server for the class: self.server, with its first key self.api."""

    flags = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = pathlib.Path(tempfile.mkdtemp(prefix="recover-http-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.server = Server(folder, *cls.flags)
        cls.addClassCleanup(cls.server.end)
        cls.server.start()
        cls.addClassCleanup(cls.server.check_credits)

    def setUp(self):
        super().setUp()
        self.api = Api(self.server)

    def new_api(self, *flags):
        """With a key of its own."""
        return Api(self.server, self.server.new_key(*flags))


def main():
    """Runs the tests of the calling module; exit code 77 when all were skipped."""
    if not BINARY:
        sys.exit("RECOVER_BINARY must name the program to test")
    program = unittest.main(verbosity=2, exit=False)
    result = program.result
    for test, reason in result.skipped:
        print(f"SKIP: {reason} ({test})")
    # A class that is skipped before its first test counts as no run at all.
    if result.wasSuccessful() and result.skipped and len(result.skipped) >= result.testsRun:
        sys.exit(77)
    sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)
