"""kill -9 at random moments under load: no job lost, none stuck, none charged twice, no half
file served, every webhook delivered, progress never falling.

RECOVER_CRASH_ROUNDS and RECOVER_CRASH_SEED change what is tried."""

import http.client
import os
import random
import signal
import threading
import time

import api
import case
import photos
from receiver import Receiver
from server import is_alive, wait_until

ROUNDS = int(os.environ.get("RECOVER_CRASH_ROUNDS", "10"))
SEED = int(os.environ.get("RECOVER_CRASH_SEED", "0")) or random.randrange(1, 10**9)
LONG = {"output_width": 4000, "output_height": 3000}
GONE = (OSError, http.client.HTTPException, ValueError)


class Load:
    """Clients that submit and poll for as long as they are told to, whatever breaks."""

    def __init__(self, server, hook, seed):
        self.client = api.Api(server)
        self.hook = hook
        self.seed = seed
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.taken = {}     # process_id -> highest progress seen
        self.faults = []
        self.whole = set()  # results fetched and decoded
        self.threads = [threading.Thread(target=self._guard, args=(work, number))
                        for number, work in enumerate((self._submit, self._submit, self._poll))]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _guard(self, work, number):
        rng = random.Random(self.seed * 10 + number)
        while not self.stop.is_set():
            try:
                work(rng)
            except GONE:
                time.sleep(0.02)  # The server is away.
            except Exception as error:  # noqa: BLE001 - any other is a fault to be told.
                self.faults.append(repr(error))

    def _submit(self, rng):
        with self.lock:
            waiting = sum(progress < 100 for progress in self.taken.values())
        if waiting > 8:
            time.sleep(0.02)
            return
        side = rng.choice((40, 200, 500, 900))
        reply = self.client.try_submit(photos.jpeg(64, 48, seed=rng.randrange(3)), output_width=side,
                                       output_format=rng.choice(("jpeg", "png")),
                                       webhook_url=self.hook.url)
        if reply.status == 200:
            with self.lock:
                self.taken[reply.json()["process_id"]] = 0
        elif reply.status not in (429, 503):
            self.faults.append(repr(reply))

    def _poll(self, rng):
        with self.lock:
            alive = [p for p in self.taken if p not in self.whole]
        if not alive:
            time.sleep(0.02)
            return
        self.look(rng.choice(alive))

    def look(self, process_id):
        """One status; a finished job's picture is fetched and decoded."""
        reply = self.client.get(f"{api.STATUS}/{process_id}")
        if reply.status == 503:
            return None
        if reply.status != 200:
            self.faults.append(f"{process_id} is lost: {reply}")
            return None
        status = reply.json()
        with self.lock:
            if status["progress"] < self.taken[process_id]:
                self.faults.append(f"progress fell from {self.taken[process_id]}: {status}")
            self.taken[process_id] = status["progress"]
        if status["status"] == "Completed" and process_id not in self.whole:
            picture = photos.opened(self.client.result(process_id))
            if picture.size != (status["output_width"], status["output_height"]):
                self.faults.append(f"{picture.size} is not what {status} says")
            self.whole.add(process_id)
        return status


class Crashes(case.ServedTest):
    def start(self, *flags):
        return self.new_server("--allow-network", "127.0.0.1/32", *flags)

    def check_files(self, server):
        """The blobs on the disk are those that rows name, once what a crash left was swept."""
        named = {row[0] for row in server.query(
            "SELECT source_id FROM inputs UNION SELECT output_id FROM jobs WHERE output_id <> ''")}
        self.assertLessEqual(named, set(server.blobs()), "no row without its file")
        strays = set(server.blobs()) - named
        self.assertEqual(strays, set(), "no file without its row after a start")

    def test_random_kills_under_load(self):
        print(f"{ROUNDS} rounds, RECOVER_CRASH_SEED={SEED}")
        rng = random.Random(SEED)
        server = self.start()
        with Receiver() as hook:
            with Load(server, hook, SEED) as load:
                for _ in range(ROUNDS):
                    time.sleep(rng.uniform(0.05, 2.0))
                    kind = rng.choice(("server", "all", "worker"))
                    workers = server.worker_pids()
                    if kind != "server" and workers:
                        os.kill(rng.choice(workers), signal.SIGKILL)
                    if kind != "worker":
                        server.kill()
                        for pid in workers:
                            wait_until(lambda pid=pid: not is_alive(pid), "the worker's end", 30)
                        server.start()
                    server.check_credits()
                    self.assertEqual(load.faults, [])
            self.finish_all(server, load)
            delivered = lambda: {hit.json()["process_id"] for hit in hook.hits  # noqa: E731
                                 if hit.json()["status"] in api.FINAL}
            jobs = {row[0] for row in server.query("SELECT process_id FROM jobs")}
            wait_until(lambda: jobs <= delivered(), "every job's last webhook", 120)
        server.check_credits()
        self.assertEqual(server.stop(), 0)
        server.start()
        self.check_files(server)
        self.assertEqual(load.faults, [])
        # How many there are depends on the machine; a few must have come through.
        self.assertGreater(len(load.whole), ROUNDS // 8, "there was something to break")

    def finish_all(self, server, load):
        """Every job ends: those acknowledged, and those whose answer the kill cut off."""
        wait_until(lambda: not server.query(
            "SELECT 1 FROM jobs WHERE state IN ('Pending', 'Processing')"), "all jobs to end", 300)
        for process_id in load.taken:
            load.look(process_id)
        known = dict(server.query("SELECT process_id, state FROM jobs"))
        self.assertLessEqual(set(load.taken), set(known), "no job is lost")
        failed = server.query("SELECT attempts, message FROM jobs WHERE state <> 'Completed'")
        for attempts, message in failed:
            self.assertGreaterEqual(attempts, 3, message)
        print(f"{len(known)} jobs, {len(failed)} of them killed three times, {len(load.whole)} fetched")

    def test_a_killed_worker_is_replaced_and_its_job_done(self):
        server = self.start()
        client = api.Api(server)
        process_id = client.submit(photos.jpeg(), **LONG)
        reached = client.wait_for(process_id, lambda s: s["progress"] > 0)["progress"]
        for pid in server.worker_pids():
            os.kill(pid, signal.SIGKILL)
        lowest = []
        client.wait_for(process_id, lambda s: lowest.append(s["progress"]) or s["status"] in api.FINAL)
        self.assertEqual(client.status(process_id)["status"], "Completed")
        self.assertGreaterEqual(min(lowest), reached, "progress did not fall")
        self.assertTrue(server.is_running)
        server.check_credits()

    def test_a_job_that_kills_three_workers_fails_with_a_message_and_no_charge(self):
        server = self.start()
        client = api.Api(server)
        before = client.balance()
        process_id = client.submit(photos.jpeg(), output_width=6000, output_height=4500)
        harmless = client.submit(photos.jpeg())
        for _ in range(3):
            def at_it():
                rows = server.query("SELECT state FROM jobs WHERE process_id = ?", process_id)
                return rows[0][0] == "Processing" and server.worker_pids()
            workers = wait_until(at_it, "a worker to take it up")
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda w=workers: not set(w) & set(server.worker_pids()), "new workers")
        status = client.finish(process_id, "Failed")
        self.assertRegex(status["message"], r"(?i)three|3|third")
        client.finish(harmless)
        after = client.balance()
        self.assertEqual(after["reserved_credits"], 0)
        self.assertEqual(before["available_credits"] - after["available_credits"], 1)

    def test_workers_end_when_their_server_is_killed(self):
        server = self.start()
        client = api.Api(server)
        client.is_working(client.submit(photos.jpeg(), **LONG))
        workers = server.worker_pids()
        self.assertTrue(workers)
        server.kill()
        for pid in workers:
            wait_until(lambda pid=pid: not is_alive(pid), "the worker's end", 20)

    def test_a_kill_while_a_body_arrives_leaves_no_half_input(self):
        server = self.start()
        client = api.Api(server)
        body, kind = api.multipart([("image", api.File(photos.jpeg(2000, 1500)))])

        def pieces():
            yield body[: len(body) // 2]
            server.kill()
            yield body[len(body) // 2 :]

        with self.assertRaises(GONE):
            client.request("POST", api.ENHANCE, pieces(), {
                "Content-Type": kind, "Content-Length": str(len(body))})
        server.start()
        self.assertEqual(client.get(api.STATUS).json(), [])
        self.check_files(server)
        left = [p.name for p in server.data.rglob("*") if p.is_file() and ".recover-" in p.name]
        self.assertEqual(left, [])


if __name__ == "__main__":
    case.main()
