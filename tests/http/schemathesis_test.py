"""A property-based tester reads openapi.json and finds no 5xx and no answer that it does not
describe. RECOVER_SCHEMATHESIS_SECONDS says how long it may try."""

import os
import re
import subprocess
import sys
import unittest

import case
import photos
import server

SECONDS = int(os.environ.get("RECOVER_SCHEMATHESIS_SECONDS", "40"))
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

    def setUp(self):
        super().setUp()
        self.api = self.new_api("--credits", "100000000")
        self.job = self.api.submit(photos.jpeg())
        self.api.finish(self.job)

    def run_tester(self, seconds, *arguments):
        command = [PROGRAM, *arguments[:2], "run", f"{self.server.url}/openapi.json",
                   "-H", f"X-API-Key: {self.api.key}", "--checks", CHECKS, "--max-time", str(seconds),
                   "--seed", "1", "--request-timeout", "60", "--continue-on-failure", *arguments[2:]]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False,
                              timeout=seconds * 3 + 300,
                              env={**os.environ, "NO_COLOR": "1", "COLUMNS": "150", "no_proxy": "*"})
        print(done.stdout[-30000:] if done.returncode else "\n".join(done.stdout.splitlines()[-22:]),
              done.stderr[-3000:], file=sys.stderr)
        self.assertEqual(done.returncode, 0, "the tester's report stands above")
        return done.stdout

    def test_no_5xx_and_nothing_undocumented(self):
        config = self.folder / "plain.toml"
        config.write_text("")
        report = self.run_tester(SECONDS, "--config-file", str(config))
        self.assertGreater(int(re.search(r"(\d+) generated", report)[1]), 500)

    def test_the_same_for_a_job_that_exists(self):
        config = self.folder / "job.toml"
        config.write_text(f'[parameters]\n"path.process_id" = "{self.job}"\n')
        self.run_tester(SECONDS // 4, "--config-file", str(config), "--include-path-regex", "process_id",
                        "--exclude-method", "DELETE")
        self.assertEqual(self.api.status(self.job)["status"], "Completed")
        good = [line for line in self.api.get("/metrics", key=False).body.decode().splitlines()
                if "{process_id}" in line and 'code="200"' in line and "_total" in line]
        self.assertGreaterEqual(len(good), 3, "status and both downloads were found")


if __name__ == "__main__":
    case.main()
