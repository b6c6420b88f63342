"""Webhooks: on every change, in order, signed, tried again, never lost."""

import hashlib
import hmac
import re
import time

import api
import case
import photos
from receiver import Receiver
from server import wait_until

ULID = re.compile(r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$")
ALLOW = ("--allow-network", "127.0.0.1/32")


class Webhooks(case.SharedServerTest):
    flags = ALLOW

    def states(self, hook, process_id):
        return [hit.json()["status"] for hit in hook.of(process_id)]

    def run_job(self, hook, **fields):
        process_id = self.api.submit(photos.jpeg(), webhook_url=hook.url + "/hook?x=1", **fields)
        return process_id

    def test_every_change_in_order_with_all_fields(self):
        with Receiver() as hook:
            process_id = self.run_job(hook)
            status = self.api.finish(process_id)
            wait_until(lambda: "Completed" in self.states(hook, process_id), "the webhook")
            hits = hook.of(process_id)
        self.assertEqual(self.states(hook, process_id)[-2:], ["Processing", "Completed"])
        self.assertIn(self.states(hook, process_id)[:-2], ([], ["Pending"]))
        ids = [hit.json()["notification_id"] for hit in hits]
        self.assertEqual(len(set(ids)), len(ids))
        for hit in hits:
            body = hit.json()
            self.assertEqual((hit.method, hit.path), ("POST", "/hook?x=1"))
            self.assertTrue(hit.headers["content-type"].startswith("application/json"))
            self.assertRegex(body["notification_id"], ULID)
            self.assertEqual(body["creation_time"], status["creation_time"])
            self.assertLessEqual(body["modification_time"], status["modification_time"])
            self.assertTrue(0 <= body["progress"] <= 100)
            for name in ("input_download_url", "input_head_url"):
                self.assertTrue(body[name].startswith(self.server.url + "/files/"))
            done = body["status"] == "Completed"
            self.assertEqual("download_url" in body, done)
            self.assertEqual("head_url" in body, done)
            self.assertNotIn(None, body.values())
        last = hits[-1].json()
        self.assertEqual(last["progress"], 100)
        self.assertEqual(self.api.fetch(last["input_download_url"], key=False).body, photos.jpeg())
        self.assertEqual(self.api.fetch(last["download_url"], key=False).body,
                         self.api.result(process_id))

    def test_the_signature(self):
        with Receiver() as hook:
            process_id = self.run_job(hook)
            wait_until(lambda: "Completed" in self.states(hook, process_id), "the webhook")
        secret = self.server.query("SELECT webhook_secret FROM keys ORDER BY key_id LIMIT 1")[0][0]
        for hit in hook.of(process_id):
            match = re.match(r"^t=(\d+),v1=([0-9a-f]{64})$", hit.headers["x-recover-signature"])
            self.assertTrue(match, hit.headers)
            self.assertAlmostEqual(int(match[1]), time.time(), delta=60)
            signed = f"{match[1]}.".encode() + hit.body
            wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
            self.assertEqual(match[2], wanted)

    def test_cancelled_and_failed_are_told(self):
        with Receiver() as hook:
            cancelled = self.run_job(hook, output_width=6000)
            self.api.is_working(cancelled)
            self.api.delete(f"{api.CANCEL}/{cancelled}")
            wait_until(lambda: self.states(hook, cancelled)[-1:] == ["Cancelled"], "Cancelled")
            damaged = photos.png(200, 150)[:9000]
            reply = self.api.try_submit(damaged, webhook_url=hook.url)
            if reply.status == 200:
                failed = reply.json()["process_id"]
                wait_until(lambda: self.states(hook, failed)[-1:] == ["Failed"], "Failed")
                self.assertNotIn("download_url", hook.of(failed)[-1].json())

    def test_4xx_drops_and_redirects_are_not_followed(self):
        for code in (400, 404, 410, 302):
            with Receiver(lambda hit, n, code=code: (code, {"Location": "/elsewhere"}, b"")) as hook:
                process_id = self.run_job(hook)
                self.api.finish(process_id)
                wait_until(lambda: not self.server.query(
                    "SELECT 1 FROM outbox WHERE process_id = ?", process_id) or code == 302
                    and self.states(hook, process_id), "the outbox to empty")
                self.assertLessEqual(len(hook.hits), 3)
                self.assertFalse([hit for hit in hook.hits if hit.path == "/elsewhere"])

    def test_5xx_is_tried_again_after_5_then_10_seconds_in_order(self):
        with Receiver(lambda hit, number: 503 if number < 2 else 200) as hook:
            process_id = self.run_job(hook)
            self.api.finish(process_id)
            wait_until(lambda: "Completed" in self.states(hook, process_id), "the webhook", 60)
            hits = hook.of(process_id)
        ids = [hit.json()["notification_id"] for hit in hits]
        self.assertEqual(ids[0], ids[1], "the same notification again")
        self.assertEqual(ids[1], ids[2])
        self.assertEqual(hits[0].body[:20], hits[1].body[:20])
        self.assertAlmostEqual(hits[1].at - hits[0].at, 5, delta=2)
        self.assertAlmostEqual(hits[2].at - hits[1].at, 10, delta=3)
        order = ["Pending", "Processing", "Completed"]
        told = [order.index(hit.json()["status"]) for hit in hits]
        self.assertEqual(told, sorted(told), "the second waits for the first")

    def test_a_slow_hook_delays_neither_jobs_nor_other_hooks(self):
        def slow(hit, _):
            time.sleep(8)
            return 200

        with Receiver(slow) as tar, Receiver() as hook:
            began = time.monotonic()
            stuck = [self.run_job(tar) for _ in range(4)]
            quick = self.run_job(hook)
            for process_id in (*stuck, quick):
                self.api.finish(process_id)
            wait_until(lambda: "Completed" in self.states(hook, quick), "the quick one")
            self.assertLess(time.monotonic() - began, 8)


class Restarts(case.ServedTest):
    def test_pending_deliveries_survive_kill_and_restart(self):
        server = self.new_server(*ALLOW)
        client = api.Api(server)
        up = []
        with Receiver(lambda hit, _: 200 if up else 503) as hook:
            process_id = client.submit(photos.jpeg(), webhook_url=hook.url)
            client.finish(process_id)
            wait_until(lambda: hook.hits, "the first try")
            server.kill()
            up.append(True)
            server.start()
            wait_until(lambda: "Completed" in [h.json()["status"] for h in hook.of(process_id)],
                       "the delivery after the restart", 60)
            wait_until(lambda: not server.query("SELECT 1 FROM outbox"), "the outbox to empty")
            seen = [hit.json()["notification_id"] for hit in hook.of(process_id)]
            self.assertGreaterEqual(len(seen), 3)

    def test_a_connection_error_counts_as_5xx(self):
        server = self.new_server(*ALLOW)
        client = api.Api(server)
        with Receiver() as hook:
            url = hook.url
        process_id = client.submit(photos.jpeg(), webhook_url=url)
        client.finish(process_id)
        wait_until(lambda: server.query("SELECT 1 FROM outbox WHERE tries > 0"), "a failed try")
        self.assertTrue(server.query("SELECT 1 FROM outbox WHERE process_id = ?", process_id))


if __name__ == "__main__":
    case.main()
