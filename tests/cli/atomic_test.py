"""An output appears whole or not at all: kill, Ctrl-C, a full disk."""

import contextlib
import os
import signal
import subprocess
import unittest

import cli
import pictures


class Atomic(cli.CliTest):
    def setUp(self):
        super().setUp()
        pictures.write_png(self.work / "in.png", pictures.waves(160, 120))

    def start_long(self, *more, **options):
        """A run that takes many seconds, seen at work."""
        process = self.start("enhance", "in.png", "-s", "24", "-o", "out.png", *more, **options)
        self.wait_for(self.temporaries, process)
        return process

    def test_kill_leaves_no_half_file_and_the_next_run_sweeps(self):
        process = self.start_long()
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertFalse((self.work / "out.png").exists())
        self.enhance("in.png", "-o", "other.png")
        self.assertEqual(self.names(), ["in.png", "other.png"])

    def test_the_temporaries_of_the_living_stay(self):
        process = self.start_long()
        self.enhance("in.png", "-o", "other.png")
        self.assertEqual(len(self.temporaries()), 1)
        self.assertIsNone(process.poll())

    def test_ctrl_c_leaves_nothing_and_says_130(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.start_long()
            process.send_signal(number)
            _, errors = process.communicate(timeout=cli.WAIT_SECONDS)
            self.assertEqual(process.returncode, 130, errors)
            self.assertEqual(self.names(), ["in.png"])

    def test_ctrl_c_in_a_batch_keeps_what_is_done(self):
        pictures.write_png(self.work / "a.png", pictures.waves(32, 32))
        process = self.start("enhance", "a.png", "in.png", "-s", "24", "--json")
        done = self.work / "a-recovered.png"
        self.wait_for(lambda: done.exists() and self.temporaries(), process)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=cli.WAIT_SECONDS)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.names(), ["a-recovered.png", "a.png", "in.png"])
        self.assertIn(b'"not_reached": 1', output)
        self.assertEqual(pictures.size(done), (768, 768))

    def test_a_second_ctrl_c_ends_at_once(self):
        process = self.start_long()
        process.send_signal(signal.SIGSTOP)  # Both signals wait for it.
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=cli.WAIT_SECONDS)
        self.assertEqual(process.returncode, 130)
        self.assertFalse((self.work / "out.png").exists())

    def test_an_ignored_signal_stays_ignored(self):
        process = self.start_long(
            "--overwrite", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        )
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(cli.WAIT_SECONDS), 130)

    def test_an_existing_output_survives_a_kill(self):
        (self.work / "out.png").write_bytes(b"old")
        process = self.start_long("--overwrite")
        process.kill()
        process.wait()
        self.assertEqual((self.work / "out.png").read_bytes(), b"old")

    @contextlib.contextmanager
    def small_disk(self, kilobytes):
        """A file system of that size, or a skip with the reason."""
        disk = self.folder / "disk"
        disk.mkdir()
        mount = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", disk],
            capture_output=True,
            check=False,
        ) if os.geteuid() == 0 else None
        if mount is None or mount.returncode != 0:
            reason = "not root" if mount is None else mount.stderr.decode().strip()
            self.skipTest("no small disk can be mounted: " + reason)
        try:
            yield disk
        finally:
            subprocess.run(["umount", "-l", disk], check=True)

    def test_a_full_disk_is_told_and_leaves_nothing(self):
        with self.small_disk(64) as disk:
            done = self.enhance("in.png", "-s4", "-o", disk / "out.png", "--model", "noise", code=9)
            self.assertIn("No space left", done.stderr.decode())
            self.assertEqual(self.names(disk), [])

    def test_a_full_disk_ends_the_batch_and_keeps_the_rest(self):
        pictures.write_png(self.work / "a.png", pictures.waves(16, 16))
        with self.small_disk(64) as disk:
            report = self.report("a.png", "in.png", "-s4", "-o", f"{disk}/", "-m", "noise", code=9)
            states = [item["status"] for item in report["pictures"]]
            self.assertEqual(states, ["done", "failed"])
            self.assertEqual(self.names(disk), ["a-recovered.png"])

    def test_a_full_scratch_disk_is_told(self):
        with self.small_disk(8) as disk:
            data = (self.work / "in.png").read_bytes() + bytes(200000)
            self.enhance("-", "--temp", disk, stdin=data, code=9)

    @unittest.skipIf(os.geteuid() == 0, "root may write anywhere")
    def test_a_folder_that_may_not_be_written_is_told(self):
        (self.work / "shut").mkdir(mode=0o500)
        self.enhance("in.png", "-o", "shut/out.png", code=8)


if __name__ == "__main__":
    cli.main()
