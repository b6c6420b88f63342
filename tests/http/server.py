"""The real server in a folder of its own: started, watched, stopped, killed, started again."""

import contextlib
import http.client
import os
import pathlib
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time

BINARY = os.environ.get("RECOVER_BINARY", "")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
SHARED = SOURCE.parent / "shared"
WAIT_SECONDS = 120
KEY = re.compile(r"rk_[A-Za-z0-9_-]{43}")


def wait_until(condition, what="the condition", seconds=WAIT_SECONDS, pause=0.01):
    """condition()'s first true value; an AssertionError when it does not come in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(pause)


def free_port():
    """A port that nobody listens on, outside the range that the kernel hands out by itself, so
    that a server can be started again on it."""
    while True:
        port = random.randrange(18000, 30000)
        with contextlib.closing(socket.socket()) as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


class Server:
    """One data folder and the server on it. `key` is the first key, once it was shown."""

    def __init__(self, folder, *flags, environment=None, wrapper=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / "data"
        self.flags = list(flags)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = None
        self.process = None
        self.log = self.folder / "server.log"
        self.wrapper = list(wrapper)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RECOVER_")}
        self.environment = {
            **kept,
            "HOME": str(self.folder / "home"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "share"),
            "TMPDIR": str(self._made("tmp")),
            "RECOVER_MODELS": str(SOURCE / "models"),
            **(environment or {}),
        }

    def _made(self, name):
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def command(self, listen=True):
        where = ["--listen", f"127.0.0.1:{self.port}", "--data", str(self.data)] if listen else []
        return [*self.wrapper, BINARY, "serve", *where, *self.flags]

    def start(self, ready=True, listen=True):
        """Starts the process; returns when /readyz says yes (with ready=False: /healthz)."""
        offset = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(listen), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment, cwd=self.folder, start_new_session=True)
        # It greets once it listens.
        wait_until(lambda: self._lives() and "listening on" in self.log_text()[offset:], "the greeting")
        wait_until(lambda: self._answers("/readyz" if ready else "/healthz"), "the server to start")
        shown = KEY.search(self.log_text()[offset:])
        if shown:
            self.key = self.key or shown[0]
        return self

    def _lives(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended by itself:\n{self.log_text()[-3000:]}")
        return True

    def _answers(self, path):
        self._lives()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            with contextlib.closing(connection):
                connection.request("GET", path)
                return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds=60):
        """SIGTERM; its exit code."""
        if not self.is_running:
            return None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        """kill -9 of the server process alone; its workers have to notice."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.start()

    def worker_pids(self):
        """Child processes of the server."""
        path = f"/proc/{self.process.pid}/task"
        pids = set()
        with contextlib.suppress(OSError):
            for thread in os.listdir(path):
                with contextlib.suppress(OSError):
                    text = pathlib.Path(path, thread, "children").read_text()
                    pids.update(map(int, text.split()))
        return sorted(pids)

    def end(self):
        """Whatever state it is in: nothing of it runs afterwards. Only what this object started."""
        if self.process is None:
            return
        workers = self.worker_pids() if self.is_running else []
        if self.is_running:
            self.process.kill()
            self.process.wait()
        for pid in workers:
            wait_until(lambda pid=pid: not is_alive(pid), f"worker {pid} to end with its server", 30)

    def resident_bytes(self):
        """Of the server process, without its workers."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def query(self, sql, *arguments):
        """Rows of the store, read beside the server."""
        with self.snapshot() as ask:
            return ask(sql, *arguments)

    @contextlib.contextmanager
    def snapshot(self):
        """A function that answers as the store was at one moment."""
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/recover.db?mode=ro", uri=True,
                                                timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            yield lambda sql, *arguments: connection.execute(sql, arguments).fetchall()

    def blobs(self):
        """Names of all files of the blob store."""
        return sorted(p.name for p in (self.data / "blobs").rglob("*") if p.is_file())

    def recover(self, *arguments, code=0, environment=None):
        """Another command of the program, in the same surroundings."""
        done = subprocess.run(
            [BINARY, *map(str, arguments)], capture_output=True, text=True, check=False,
            env={**self.environment, **(environment or {})}, timeout=WAIT_SECONDS, cwd=self.folder,
            stdin=subprocess.DEVNULL)
        if code is not None and done.returncode != code:
            raise AssertionError(f"{arguments} gave {done.returncode}, not {code}:\n"
                                 f"{done.stdout}{done.stderr}")
        return done

    def new_key(self, *flags):
        """The text of a new key."""
        done = self.recover("keys", "create", "--data", self.data, *flags)
        return KEY.search(done.stdout)[0]

    def check_credits(self):
        """What must hold whatever happened: for each key, available + reserved + consumed =
        granted; the sums of the audit table equal the key's row; no job moved its credits twice;
        what is reserved belongs to jobs that have not ended."""
        with self.snapshot() as ask:
            for key, granted, reserved, consumed in ask(
                    "SELECT key_id, granted, reserved, consumed FROM keys"):
                moved = dict(ask("SELECT kind, SUM(credits) FROM credit_events WHERE key_id = ? "
                                 "GROUP BY kind", key))
                used = moved.get("consume", 0)
                held = moved.get("reserve", 0) - used - moved.get("release", 0)
                assert (granted, reserved, consumed) == (moved.get("grant", 0), held, used), (
                    key, granted, reserved, consumed, moved)
                alive = ask("SELECT COALESCE(SUM(credits), 0) FROM jobs WHERE key_id = ? AND "
                            "state IN ('Pending', 'Processing')", key)[0][0]
                assert reserved == alive, (key, reserved, alive)
                assert granted - reserved - consumed >= 0
            twice = ask("SELECT process_id FROM credit_events WHERE process_id <> '' "
                        "GROUP BY process_id, kind HAVING COUNT(*) > 1")
            assert not twice, twice
            wrong = ask(
                "SELECT process_id, state FROM jobs WHERE "
                "(state = 'Completed') <> EXISTS (SELECT 1 FROM credit_events e WHERE "
                "e.process_id = jobs.process_id AND kind = 'consume') OR "
                "(state IN ('Failed', 'Cancelled')) <> EXISTS (SELECT 1 FROM credit_events e WHERE "
                "e.process_id = jobs.process_id AND kind = 'release')")
            assert not wrong, wrong


def is_alive(pid):
    """False for zombies too."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


if not BINARY and "unittest" in sys.modules:
    sys.exit("RECOVER_BINARY must name the program to test")
