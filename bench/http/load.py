#!/usr/bin/env python3
"""How the server answers under load: 1,000 clients that poll and 100 that upload, the worker busy.

    bench/http/load.py build/release/apps/recover/recover

Starts the real server on a free port with a data folder of its own, gives its worker real work, and
measures from outside: status by wrk (Debian's package wrk) with pollers.lua, submits by uploads.py.
Prints a table and writes all figures as JSON. Three runs: polling alone, uploads alone, both at once.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time

import uploads

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/images/before-after.png"
UPLOAD_BYTES = 2_000_000
# Before the first run, each of some MP, so that the worker never runs dry.
JOBS_IN_FRONT = 40
FRONT_WIDTH = 3000
STATUS_AIM_MS = 50
SUBMIT_AIM_MS = 100


def make_picture(binary: str, source: pathlib.Path, folder: pathlib.Path) -> bytes:
    """A JPEG of exactly UPLOAD_BYTES out of `source`: enlarged by our own program, then filled up with
    comment segments before its end, where a decoder passes over them."""
    target = folder / "upload.jpg"
    subprocess.run([binary, "enhance", str(source), "-o", str(target), "--format", "jpeg", "--quality", "92",
                    "--scale", "2", "--overwrite"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    jpeg = target.read_bytes()
    if len(jpeg) > UPLOAD_BYTES - 4:
        raise SystemExit(f"{source}: enlarged it is over {UPLOAD_BYTES} bytes; name a smaller --picture")
    filling = b""
    while left := UPLOAD_BYTES - len(jpeg) - len(filling):
        segment = min(left, 60000) if left >= 60004 or left <= 60000 else left - 4
        filling += b"\xff\xfe" + (segment - 2).to_bytes(2, "big") + b" " * (segment - 4)
    return jpeg[:-2] + filling + jpeg[-2:]


class Server:
    """recover serve in a folder of its own."""

    def __init__(self, binary: str, folder: pathlib.Path, flags: list[str]):
        self.folder = folder
        self.log = open(folder / "server.log", "wb")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RECOVER_")}
        environment["RECOVER_MODELS"] = str(ROOT / "models")
        self.process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--data", str(folder / "data"), *flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=environment)
        text = ""
        while "Recover is listening on" not in text:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit("the server did not start:\n" + (folder / "server.log").read_text())
            text += line
        self.key = re.search(r"rk_[\w-]{43}", text).group()
        self.port = int(re.search(r"listening on \S+:(\d+)", text).group(1))

    def get(self, path: str) -> dict | list:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"X-API-Key": self.key})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} was answered {answer.status}: {body.decode(errors='replace')}")
        return json.loads(body)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
            time.sleep(0.2)
        raise SystemExit("the server did not become ready")

    def memory_mib(self, field: str) -> float:
        """Of the server's own process, workers not counted: VmRSS now, VmHWM at its highest."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status).group(1)) / 1024

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


def poll(server: Server, ids: list[str], clients: int, pause_ms: int, seconds: int) -> dict:
    """wrk's figures of `clients` pollers."""
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s",
               str(pathlib.Path(__file__).with_name("pollers.lua")), f"http://127.0.0.1:{server.port}",
               "--", server.key, str(pause_ms), *ids]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(re.search(r"^JSON (.*)$", output, re.MULTILINE).group(1))


def percentile(values: list[float], share: float) -> float:
    """Nearest rank, like wrk's."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def upload_figures(result: uploads.Uploads, seconds: float) -> dict:
    in_ms = [1000 * latency for latency in result.accepted]
    return {"requests": len(in_ms), "seconds": round(seconds, 3),
            "p50_ms": percentile(in_ms, 0.50), "p95_ms": percentile(in_ms, 0.95), "p99_ms": percentile(in_ms, 0.99),
            "max_ms": max(in_ms, default=float("nan")),
            "failed": {"refused": len(result.refused), "dropped": len(result.dropped)},
            "first_failures": (result.refused + result.dropped)[:3]}


def watch_disk(folder: pathlib.Path, end: threading.Event, waits_ms: list[float]) -> None:
    """What a sync of a small new file costs beside the server: how much of a submit is the disk's."""
    probe = folder / "probe"
    while not end.wait(0.2):
        with open(probe, "wb") as file:
            file.write(b"x" * 4096)
            file.flush()
            start = time.monotonic()
            os.fsync(file.fileno())
            waits_ms.append(1000 * (time.monotonic() - start))
        probe.unlink()


def measure(server: Server, name: str, options: argparse.Namespace, picture: bytes, ids: list[str],
            pollers: int, uploaders: int) -> dict:
    """One run: pollers and uploaders side by side, with the server's CPU and memory."""
    run = {"name": name, "pollers": pollers, "uploaders": uploaders}
    cpu, start = server.cpu_seconds(), time.monotonic()
    threads = []
    if pollers:
        threads.append(threading.Thread(target=lambda: run.update(
            status=poll(server, ids, pollers, options.pause_ms, options.seconds))))
    if uploaders:
        def submit_all() -> None:
            begin = time.monotonic()
            result = uploads.upload(server.port, server.key, picture, uploaders, options.upload_seconds, options.seconds)
            run["submit"] = upload_figures(result, time.monotonic() - begin)
        threads.append(threading.Thread(target=submit_all))
    end, waits_ms = threading.Event(), []
    watch = threading.Thread(target=watch_disk, args=(server.folder, end, waits_ms))
    for thread in [watch, *threads]:
        thread.start()
    for thread in threads:
        thread.join()
    end.set()
    watch.join()
    run["disk_sync_p50_ms"] = percentile(waits_ms, 0.50)
    run["disk_sync_p99_ms"] = percentile(waits_ms, 0.99)
    run["server_cpu_cores"] = (server.cpu_seconds() - cpu) / (time.monotonic() - start)
    run["server_rss_mib"] = server.memory_mib("VmRSS")
    run["server_peak_rss_mib"] = server.memory_mib("VmHWM")
    states = [server.get(f"/image/v1/status/{process_id}")["status"] for process_id in ids]
    run["worker_busy_to_the_end"] = "Pending" in states
    return run


def print_table(runs: list[dict]) -> None:
    print("| run | what | requests | per s | p50 ms | p95 ms | p99 ms | max ms | failed | server cores | server RSS MiB | disk sync p50, p99 ms |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for run in runs:
        for what in ("status", "submit"):
            if what in run:
                row = run[what]
                print(f"| {run['name']} | {what} | {row['requests']} | {row['requests'] / row['seconds']:.0f} "
                      f"| {row['p50_ms']:.1f} | {row['p95_ms']:.1f} | {row['p99_ms']:.1f} | {row['max_ms']:.1f} "
                      f"| {sum(row['failed'].values())} | {run['server_cpu_cores']:.2f} | {run['server_rss_mib']:.0f} "
                      f"| {run['disk_sync_p50_ms']:.1f}, {run['disk_sync_p99_ms']:.1f} |")


def print_aims(runs: list[dict]) -> None:
    both = runs[-1]
    failed = sum(sum(run[what]["failed"].values()) for run in runs for what in ("status", "submit") if what in run)
    for text, holds in (
            (f"p99 of status under {STATUS_AIM_MS} ms", both["status"]["p99_ms"] < STATUS_AIM_MS),
            (f"p99 of submit under {SUBMIT_AIM_MS} ms after the last byte", both["submit"]["p99_ms"] < SUBMIT_AIM_MS),
            ("nothing dropped or refused", failed == 0),
            ("the worker had work to the end", all(run["worker_busy_to_the_end"] for run in runs))):
        print(f"{'held  ' if holds else 'MISSED'}  {text}")


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", help="the program recover")
    parser.add_argument("--seconds", type=int, default=30, help="of each run")
    parser.add_argument("--pollers", type=int, default=1000)
    parser.add_argument("--pause-ms", type=int, default=1000, help="mean pause of a poller; 0 = none")
    parser.add_argument("--uploaders", type=int, default=100)
    parser.add_argument("--upload-seconds", type=float, default=4.0, help="mean time that 2 MB take to leave a client")
    parser.add_argument("--picture", type=pathlib.Path, default=PICTURE, help="what is uploaded, enlarged twice")
    parser.add_argument("--folder", type=pathlib.Path, help="where the data folder is made; default: the system's")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there")
    parser.add_argument("--flag", action="append", default=[], help="for the server, such as --flag=--log-level=warning")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    with tempfile.TemporaryDirectory(prefix="recover-load-", dir=options.folder) as name:
        folder = pathlib.Path(name)
        picture = make_picture(options.binary, options.picture, folder)
        server = Server(options.binary, folder, ["--max-queue", "10000", *options.flag])
        try:
            server.wait_until_ready()
            ids = uploads.submit(server.port, server.key, picture, JOBS_IN_FRONT, FRONT_WIDTH)
            runs = [measure(server, name, options, picture, ids, pollers, uploaders) for name, pollers, uploaders in (
                ("pollers", options.pollers, 0), ("uploads", 0, options.uploaders),
                ("both", options.pollers, options.uploaders))]
        finally:
            server.stop()
    print_table(runs)
    print_aims(runs)
    if options.json:
        figures = {"cores": os.cpu_count(), "upload_bytes": UPLOAD_BYTES, "pause_ms": options.pause_ms,
                   "upload_seconds": options.upload_seconds, "runs": runs}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
