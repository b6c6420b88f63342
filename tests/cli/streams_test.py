"""Pipes, reports, progress, help: what goes where."""

import json
import os
import pty
import re
import subprocess
import unittest

import cli
import pictures


class Streams(cli.CliTest):
    model = "identity"

    def setUp(self):
        super().setUp()
        self.picture = pictures.png_bytes(pictures.waves(30, 20))
        (self.work / "in.png").write_bytes(self.picture)

    def test_standard_input_goes_to_standard_output(self):
        done = self.enhance("-", stdin=self.picture)
        self.assertEqual(pictures.read_png(done.stdout), pictures.read_png(self.picture))
        self.assertEqual(done.stderr, b"")
        done = self.enhance("-", "--format", "jpeg", "-s2", stdin=self.picture)
        self.assertTrue(done.stdout.startswith(b"\xff\xd8\xff"))

    def test_standard_input_can_go_to_a_file_and_a_file_to_standard_output(self):
        self.enhance("-", "-o", "a.png", stdin=self.picture)
        self.assertEqual(pictures.size(self.work / "a.png"), (30, 20))
        done = self.enhance("in.png", "-o", "-")
        self.assertEqual(done.stdout, (self.work / "a.png").read_bytes())

    def test_a_bad_standard_input_gives_a_sentence_and_no_byte(self):
        for data, code in ((b"", 6), (self.picture[:70], 6), (b"hello, world" * 9, 5)):
            done = self.enhance("-", stdin=data, code=code)
            self.assertEqual(done.stdout, b"")
            self.assertIn("standard input", done.stderr.decode())
            self.assertNotIn("/proc/", done.stderr.decode())

    def test_json_and_a_picture_do_not_share_standard_output(self):
        self.enhance("-", "--json", stdin=self.picture, code=2)
        self.enhance("in.png", "-o", "-", "--json", code=2)

    def test_a_reader_that_went_away_is_told(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run(
            self.command("enhance", "in.png", "-o", "-"),
            stdout=write_end,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=self.work,
            check=False,
        )
        os.close(write_end)
        self.assertEqual(done.returncode, 11)
        self.assertIn(b"standard output", done.stderr)

    def test_a_single_picture_in_a_pipe_is_done_in_silence(self):
        done = self.enhance("in.png")
        self.assertEqual((done.stdout, done.stderr), (b"", b""))

    def test_a_batch_in_a_pipe_ends_with_a_table_and_no_bar(self):
        (self.work / "b.png").write_bytes(self.picture)
        done = self.enhance("in.png", "b.png")
        self.assertEqual(done.stdout, b"")
        self.assertNotIn(b"\r", done.stderr)
        self.assertIn(b"2 done", done.stderr)
        self.assertEqual(self.enhance("in.png", "b.png", "-q").stderr, b"")

    def on_terminal(self, *arguments):
        """Runs with a terminal as standard error; what it showed."""
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=follower,
            env=self.environment,
            cwd=self.work,
        )
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # The other end is closed.
                break
            if not piece:
                break
            shown += piece
        os.close(leader)
        self.assertEqual(process.wait(cli.WAIT_SECONDS), 0)
        return shown.decode()

    def test_a_terminal_sees_share_rate_and_time_left(self):
        pictures.write_png(self.work / "in.png", pictures.waves(120, 90))
        shown = self.on_terminal("enhance", "in.png", "-s", "32", "--model", "unet", "-o", "x.png")
        bars = re.findall(r"\[[#.]{20}\] (\d+)%", shown)
        self.assertGreater(len(bars), 3)
        self.assertEqual(bars, sorted(bars, key=int))
        self.assertRegex(shown, r"\d left")
        self.assertTrue(shown.rstrip().endswith("MP/s)"), shown[-200:])
        self.assertNotIn("left", shown.split("\r")[-1], "the bar is gone at the end")

    def test_quiet_means_quiet_on_a_terminal_too(self):
        self.assertEqual(self.on_terminal("enhance", "in.png", "-q"), "")


class Reports(cli.CliTest):
    def setUp(self):
        super().setUp()
        pictures.write_png(self.work / "in.png", pictures.waves(30, 20))

    def test_json_says_what_was_done(self):
        (self.work / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        report = self.report("in.png", "bad.png", "-s2", code=6)
        good, bad = report["pictures"]
        self.assertEqual((good["status"], bad["status"]), ("done", "failed"))
        self.assertEqual((good["output_width"], good["output_height"]), (60, 40))
        self.assertEqual(good["output_bytes"], (self.work / "in-recovered.png").stat().st_size)
        self.assertGreater(good["peak_bytes"], 1 << 20)
        stages = good["seconds"]
        self.assertLessEqual(
            sum(stages[s] for s in ("decode", "resample", "network", "encode")),
            stages["total"] * 1.001,
        )
        self.assertEqual(bad["error"]["exit_code"], 6)
        self.assertEqual(report["exit_code"], 6)
        self.assertEqual(len(report["model"]["sha256"]), 64)

    def test_a_dry_run_counts_and_writes_nothing(self):
        pictures.write_png(self.work / "b.png", pictures.waves(500, 400))
        before = self.names(self.folder)
        text = self.enhance(".", "-s2", "--dry-run").stdout.decode()
        self.assertIn("2 files, 0.80 MP", text)
        report = self.report(".", "-s2", "-n")
        self.assertEqual(self.names(self.folder), before)
        self.assertEqual(report["dry_run"]["files"], 2)
        self.assertAlmostEqual(report["dry_run"]["megapixels"], 0.8024)
        self.assertGreater(report["dry_run"]["minutes"], 0)
        self.assertGreater(report["dry_run"]["disk_bytes"], 1000)
        self.enhance(".", "-s2")
        self.assertEqual(self.report(".", "-s2", "-n")["dry_run"]["files"], 0)

    def test_nothing_is_left_in_the_home_folder_but_the_journal(self):
        # ONNX Runtime's telemetry would keep a device id and a database there.
        self.environment.pop("XDG_STATE_HOME")
        self.enhance("in.png")
        names = self.names(self.folder / "home")
        self.assertEqual(len(names), 1, names)
        self.assertTrue(names[0].startswith(".local/state/recover/finished/"), names)

    def test_info_says_what_the_decoder_sees(self):
        info = json.loads(self.run_recover("info", "in.png", "--json").stdout)
        self.assertEqual((info["width"], info["height"]), (30, 20))
        self.assertEqual((info["format"], info["bits_per_sample"]), ("png", 8))
        text = self.run_recover("info", "in.png").stdout.decode()
        self.assertIn("30 x 20", text)
        done = self.run_recover("info", "in.png", "gone.png", "--json", code=3)
        self.assertEqual([("error" in item) for item in json.loads(done.stdout)], [False, True])

    def test_models_lists_name_size_and_hash(self):
        models = json.loads(self.run_recover("models", "--json").stdout)
        self.assertIn("unet", [model["name"] for model in models])
        for model in models:
            self.assertEqual(len(model["sha256"]), 64)
            self.assertGreater(model["bytes"], 0)
        self.assertIn("sha256", self.run_recover("models").stdout.decode())
        self.run_recover("models", "--models", self.work, code=3)

    def test_an_unknown_model_names_the_installed_ones(self):
        self.assertIn(b"identity", self.enhance("in.png", "-m", "nope", code=3).stderr)


class Help(cli.CliTest):
    def test_the_short_help_is_short_and_the_full_one_full(self):
        short = self.run_recover("--help").stdout.decode()
        full = self.run_recover("--help-all").stdout.decode()
        self.assertLess(len(short.splitlines()), 42)
        self.assertIn("--help-all", short)
        for text in ("Exit codes", "RECOVER_CREATIVITY", "--max-pixels", "130"):
            self.assertIn(text, full)

    def test_the_version_is_that_of_the_build(self):
        self.assertRegex(self.run_recover("--version").stdout.decode(), r"^recover \d+\.\d+\.\d+\n$")

    def test_wrong_usage_is_two_with_a_hint(self):
        for arguments in ((), ("frobnicate",), ("enhance",), ("enhance", "--no-such"), ("-x",)):
            done = self.run_recover(*arguments, code=2)
            self.assertEqual(done.stdout, b"")
            self.assertIn("help", done.stderr.decode() + "help" * (arguments == ("enhance",)))

    def test_a_picture_in_place_of_a_command_is_understood(self):
        pictures.write_png(self.work / "in.png", pictures.waves(8, 8))
        self.assertIn(b"recover enhance in.png", self.run_recover("in.png", code=2).stderr)

    def test_the_reference_page_is_in_step_with_the_table(self):
        page = (cli.SOURCE / "docs" / "command-line.md").read_text(encoding="utf-8")
        made = self.run_recover("man", "markdown").stdout.decode()
        begin, end = "<!-- made by `recover man markdown` -->\n", "<!-- end -->"
        self.assertEqual(page.split(begin)[1].split(end)[0].strip(), made.strip())

    def test_the_manual_page_has_every_flag_and_no_roff_error(self):
        page = self.run_recover("man").stdout
        full = self.run_recover("--help-all").stdout.decode()
        plain = page.decode().replace("\\", "")
        for flag in set(re.findall(r"--[a-z][a-z-]+", full)) - {"--help-all"}:
            self.assertIn(flag, plain)
        try:
            done = subprocess.run(
                ["groff", "-man", "-ww", "-Tascii"], input=page, capture_output=True, check=True
            )
        except FileNotFoundError:
            self.skipTest("groff is not installed")
        self.assertEqual(done.stderr, b"")

    def complete(self, *words):
        """What bash would offer for the last word."""
        script = self.folder / "completion.bash"
        script.write_bytes(self.run_recover("completion", "bash").stdout)
        quoted = " ".join(f"'{word}'" for word in words)
        code = (
            f". {script}; PATH={os.path.dirname(cli.BINARY)}:$PATH; COMP_WORDS=({quoted}); "
            f"COMP_CWORD={len(words) - 1}; _recover; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        )
        done = subprocess.run(
            ["bash", "-c", code], capture_output=True, check=True, cwd=self.work, env=self.environment
        )
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode().split("\n")[:-1]

    def test_bash_completes_commands_flags_choices_models_and_files(self):
        (self.work / "my photo.png").touch()
        self.assertEqual(self.complete("recover", "en"), ["enhance"])
        self.assertIn("--creativity", self.complete("recover", "enhance", "--c"))
        self.assertNotIn("--creativity", self.complete("recover", "info", "--"))
        self.assertEqual(self.complete("recover", "enhance", "--device", ""), ["auto", "cpu", "gpu"])
        self.assertEqual(self.complete("recover", "enhance", "my"), ["my photo.png"])
        self.assertEqual(self.complete("recover", "enhance", "--model", "une"), ["unet"])


if __name__ == "__main__":
    cli.main()
