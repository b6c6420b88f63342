"""A property-based tester reads openapi.json and finds no 5xx and no answer that it does not
describe. RECOVER_SCHEMATHESIS_SECONDS says how long it may try."""

import os
import pathlib
import subprocess
import sys
import unittest

import api
import case
import photos
import server

SECONDS = int(os.environ.get("RECOVER_SCHEMATHESIS_SECONDS", "60"))
INSTALL = server.SOURCE / "scripts" / "install-schemathesis"
PROGRAM = server.SOURCE / "build" / "schemathesis" / "venv" / "bin" / "st"
# What is sent wrong is known from the description alone; that wrong data is refused and right
# data taken needs more than that (a file that is a picture), and is shown by the other tests.
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_schema_conformance,response_headers_conformance,unsupported_method,"
          "allow_header_conformance,ignored_auth,use_after_free")


class OpenApi(case.SharedServerTest):
    flags = ("--log-level", "warning")

    @classmethod
    def setUpClass(cls):
        installed = subprocess.run([INSTALL], capture_output=True, text=True, check=False)
        if installed.returncode == 77:
            raise unittest.SkipTest(installed.stderr.strip().splitlines()[-1])
        if installed.returncode != 0:
            raise AssertionError(installed.stderr)
        super().setUpClass()

    def test_no_5xx_and_nothing_undocumented(self):
        client = api.Api(self.server, self.server.new_key("--credits", "100000000"))
        for _ in range(3):  # Jobs to be found.
            client.finish(client.submit(photos.jpeg()))
        report = self.folder / "report.xml"
        done = subprocess.run(
            [PROGRAM, "run", f"{self.server.url}/openapi.json", "-H", f"X-API-Key: {client.key}",
             "--checks", CHECKS, "--max-time", str(SECONDS), "--seed", "1", "--request-timeout", "60",
             "--continue-on-failure", "--report", "junit", "--report-junit-path", str(report)],
            cwd=self.folder, capture_output=True, text=True, timeout=SECONDS * 3 + 300, check=False,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "no_proxy": "*"})
        if done.returncode != 0:
            print(done.stdout[-20000:], done.stderr[-3000:])
        self.assertEqual(done.returncode, 0)
        self.assertGreater(pathlib.Path(report).read_text().count("<testcase"), 10)
        print("\n".join(done.stdout.splitlines()[-25:]), file=sys.stderr)


if __name__ == "__main__":
    case.main()
