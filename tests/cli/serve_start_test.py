"""A server that cannot start says why in a sentence, with the exit code of it, and leaves nothing running."""

import os
import signal
import socket
import sqlite3
import subprocess

import cli


class Start(cli.CliTest):
    def setUp(self):
        super().setUp()
        # The networks that are served are the shipped ones.
        self.environment["RECOVER_MODELS"] = str(cli.SOURCE / "models")
        self.data = self.folder / "data"

    def fault(self, *arguments, code, data=None, **options):
        flags = ("--listen", "127.0.0.1:0", "--data", data or self.data, *arguments)
        done = self.run_recover("serve", *flags, code=code, **options)
        self.assertEqual(done.stdout, b"", "no key is made for a server that does not start")
        text = done.stderr.decode()
        complaints = [line for line in text.splitlines() if line.startswith("recover: ")]
        self.assertEqual(len(complaints), 1, text)
        return complaints[0]

    def test_a_port_in_use(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            text = self.fault("--listen", f"127.0.0.1:{port}", code=10)
        self.assertIn(str(port), text)
        self.assertIn("--listen", text)

    def test_a_folder_that_cannot_be(self):
        file = self.folder / "file"
        file.write_text("x")
        self.assertIn(str(file), self.fault(data=file, code=2))
        self.assertIn("cannot be made", self.fault(data=file / "server", code=3))

    def test_a_folder_in_use_until_its_server_is_killed(self):
        first = self.start("serve", "--listen", "127.0.0.1:0", "--data", self.data)
        lines = b""
        while b"listening" not in lines:
            line = first.stdout.readline()
            self.assertTrue(line, "the first server ended")
            lines += line
        text = self.fault(code=15)
        self.assertIn(str(self.data), text)
        self.assertIn(f"process {first.pid}", text)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        self.assertIn("--listen", self.fault("--listen", "256.0.0.1:1", code=2))
        second = self.start("serve", "--listen", "127.0.0.1:0", "--data", self.data)
        self.assertIn(b"listening", second.stdout.readline(), "the first key is not shown again")
        second.send_signal(signal.SIGTERM)
        self.assertEqual(second.wait(timeout=cli.WAIT_SECONDS), 0)

    def test_a_store_of_another_kind_or_time(self):
        self.data.mkdir()
        (self.data / "recover.db").write_text("hello, I am no database; " * 100)
        self.assertIn("recover.db", self.fault(code=6))
        (self.data / "recover.db").unlink()
        self.run_recover("keys", "create", "--data", self.data)
        with sqlite3.connect(self.data / "recover.db") as store:
            store.execute("PRAGMA user_version = 999")
        self.assertIn("newer version", self.fault(code=6))

    def test_a_network_that_is_missing_or_damaged(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.assertIn("general-fast", self.fault("--models", empty, code=3))
        broken = self.folder / "broken"
        subprocess.run(["cp", "-r", cli.SOURCE / "models", broken], check=True)
        with (broken / "general-fast" / "general-fast.onnx").open("r+b") as file:
            file.write(b"x")
        self.assertIn("general-fast.onnx", self.fault("--models", broken, code=6))

    def test_settings_that_do_not_go_together(self):
        self.assertIn("this machine", self.fault("--single-user", "--listen", "0.0.0.0:0", code=2))
        self.assertIn("--tls-key", self.fault("--tls-certificate", "x", code=2))
        self.assertIn("--memory", self.fault("--memory", "100M", "--workers", "4", code=2))


class Keys(cli.CliTest):
    def keys(self, *arguments, **options):
        return self.run_recover("keys", *arguments, "--data", self.folder / "data", **options)

    def test_keys_can_be_made_before_the_first_start(self):
        self.assertIn("recover serve", self.keys("list", code=3).stderr.decode())
        made = self.keys("create", "--name", "phone", "--credits", "12", "--rate", "2.5")
        self.assertRegex(made.stdout.decode(), r"\brk_[A-Za-z0-9_-]{43}\b")
        listed = self.keys("list").stdout.decode()
        self.assertRegex(listed, r"phone +rk_[\w-]+ +12 +0 +0 .* 2.5/s +good")
        self.keys("create", "--name", "phone", code=4)
        self.keys("grant", "phone", "--credits", "8")
        self.keys("revoke", "phone")
        self.assertRegex(self.keys("list").stdout.decode(), r"phone .* 20 .* revoked")

    def test_mistakes_say_what_there_is(self):
        for arguments in ((), ("dance",), ("grant",), ("list", "x"), ("revoke", "a", "b"),
                          ("list", "--name", "x"), ("grant", "x", "--rate", "1")):
            self.assertIn("recover keys create", self.keys(*arguments, code=2).stderr.decode())


if __name__ == "__main__":
    cli.main()
