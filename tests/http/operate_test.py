"""Running it: first start, keys, configuration, drain, a second server, TLS, the queue."""

import http.client
import json
import os
import shutil
import ssl
import stat
import subprocess
import time
import unittest

import api
import case
import photos
from server import KEY, free_port, wait_until

LONG = {"output_width": 6000, "output_height": 4500}


class FirstStart(case.ServedTest):
    def test_a_fresh_folder_gets_a_key_shown_once_and_stored_hashed(self):
        server = self.new_server()
        self.assertRegex(server.key, KEY)
        self.assertNotIn(server.key, server.log_text().split("listening on", 1)[1])
        self.assertEqual(api.Api(server).balance()["available_credits"], 1_000_000)
        stored = b"".join(p.read_bytes() for p in server.data.iterdir() if p.is_file())
        self.assertNotIn(server.key.encode(), stored)
        self.assertNotIn(server.key[11:].encode(), stored)
        server.stop()
        greeted = len(server.log_text())
        server.start()
        self.assertFalse(KEY.search(server.log_text()[greeted:]), "shown once, and no second one is made")
        self.assertEqual(api.Api(server).get(api.BALANCE).status, 200)

    def test_others_may_not_read_the_folder(self):
        server = self.new_server()
        self.assertEqual(stat.S_IMODE(os.stat(server.data).st_mode) & 0o077, 0)

    def test_without_flags_it_listens_on_loopback_8080(self):
        done = self.new_server(start=False).recover("serve", "--help")
        self.assertIn("127.0.0.1:8080", done.stdout)

    def test_ipv6_loopback(self):
        server = self.new_server(start=False)
        server.flags = ["--listen", f"[::1]:{server.port}", "--data", str(server.data)]

        def get(path, **headers):
            connection = http.client.HTTPConnection("::1", server.port, timeout=10)
            try:
                connection.request("GET", path, headers=headers)
                return connection.getresponse()
            finally:
                connection.close()

        def answers(path):
            try:
                return get(path).status == 200
            except OSError:
                return False

        server._answers = answers
        server.start(listen=False)
        self.assertIn(f"http://[::1]:{server.port}", server.log_text())
        self.assertEqual(get(api.BALANCE, **{"X-API-Key": server.key}).status, 200)

    def test_a_taken_port_is_told(self):
        first = self.new_server()
        other = self.new_server(name="two", start=False)
        other.port = first.port
        done = subprocess.run(other.command(), timeout=60, capture_output=True, text=True,
                              env=other.environment, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(first.port), done.stderr)

    def test_two_servers_on_one_folder_are_refused(self):
        first = self.new_server()
        other = self.new_server(name="two", start=False)
        other.data = first.data
        done = subprocess.run(other.command(), timeout=60, capture_output=True, text=True,
                              env=other.environment, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"(?i)(in use|another|already|lock)")
        self.assertEqual(api.Api(first).get("/readyz").status, 200)
        first.kill()
        other.start()  # A lock dies with its holder.


class Keys(case.SharedServerTest):
    def keys(self, *arguments, code=0):
        return self.server.recover("keys", *arguments, "--data", self.server.data, code=code)

    def test_create_list_grant_revoke_beside_a_running_server(self):
        text = KEY.search(self.keys("create", "--name", "lab", "--credits", "5").stdout)[0]
        mine = api.Api(self.server, text)
        self.assertEqual(mine.balance()["available_credits"], 5)
        listing = self.keys("list").stdout
        self.assertIn("lab", listing)
        self.assertNotIn(text, listing)
        self.assertIn(text[:6], listing)
        self.keys("grant", "lab", "--credits", "7")
        self.assertEqual(mine.balance()["available_credits"], 12)
        self.keys("revoke", "lab")
        wait_until(lambda: mine.get(api.BALANCE).status == 401, "the refusal", 5)
        self.assertEqual(self.api.get(api.BALANCE).status, 200)

    def test_list_as_json(self):
        self.keys("create", "--name", "json-key")
        listed = json.loads(self.keys("list", "--json").stdout)
        entries = listed if isinstance(listed, list) else listed["keys"]
        self.assertTrue([entry for entry in entries if entry["name"] == "json-key"])
        self.assertFalse(KEY.search(json.dumps(listed)))

    def test_mistakes_are_told(self):
        for arguments in (("create", "--credits", "-1"), ("revoke", "rk_nosuchkey"), ("grant",),
                          ("revoke",), ("dance",), ("grant", "rk_nosuchkey", "--credits", "5")):
            done = self.keys(*arguments, code=None)
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertTrue(done.stderr.strip(), arguments)

    def test_a_names_text_does_no_harm(self):
        self.keys("create", "--name", "x'); DROP TABLE keys; --")
        self.assertIn("DROP TABLE", self.keys("list").stdout)
        self.assertEqual(self.api.get(api.BALANCE).status, 200)


class Configuration(case.ServedTest):
    def test_flag_beats_environment_beats_file(self):
        ports = [free_port() for _ in range(3)]
        config = self.folder / "config.txt"
        server = self.new_server(start=False)
        config.write_text(f"# ours\nlisten = 127.0.0.1:{ports[0]}\ndata = {server.data}\n"
                          "max-queue = 7\n")
        server.flags = ["--config", str(config)]
        for number, port in enumerate(ports):
            if number == 1:
                server.environment["RECOVER_LISTEN"] = f"127.0.0.1:{ports[1]}"
            if number == 2:
                server.flags += ["--listen", f"127.0.0.1:{ports[2]}"]
            server.port = port
            server.start(listen=False)
            self.assertTrue(server.data.exists())
            self.assertEqual(server.stop(), 0)

    def test_mistakes_are_told_with_the_option(self):
        server = self.new_server(start=False)
        for flags, word in (
            (["--listen", "nonsense"], "listen"), (["--listen", "127.0.0.1:99999"], "listen"),
            (["--workers", "x"], "workers"), (["--retention-days", "-1"], "retention-days"),
            (["--public-url", "ftp://x"], "public-url"), (["--allow-network", "10.0.0.0/99"], "allow-network"),
            (["--trusted-proxy", "x"], "trusted-proxy"), (["--tls-certificate", "/nowhere.pem"], "tls"),
            (["--single-user", "--listen", "0.0.0.0:0"], "single-user"), (["--shine"], "shine"),
        ):
            command = server.command() if "--listen" not in flags else server.command(listen=False)
            if "--listen" in flags:
                command += ["--data", str(server.data)]
            done = subprocess.run([*command, *flags], timeout=30, capture_output=True, text=True,
                                  env=server.environment, check=False)
            self.assertNotEqual(done.returncode, 0, flags)
            self.assertGreaterEqual(done.returncode, 0, flags)
            self.assertIn(word, done.stderr, flags)


class Drain(case.ServedTest):
    def test_an_idle_server_ends_at_once_with_0(self):
        server = self.new_server()
        began = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - began, 5)

    def test_running_jobs_finish_and_new_ones_are_refused(self):
        server = self.new_server()
        client = api.Api(server)
        process_id = client.submit(photos.jpeg(), output_width=2400, output_height=1800)
        client.is_working(process_id)
        # A worker opens two jobs: the second is decoded beside the first, the third waits.
        beside = client.submit(photos.jpeg(), output_width=1200, output_height=900)
        client.is_working(beside)
        waiting = client.submit(photos.jpeg(), **LONG)
        body, kind = api.multipart([("image", api.File(photos.jpeg()))])
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        server.process.terminate()
        wait_until(lambda: not _ready(server), "the drain to begin", 10)
        try:
            connection.request("POST", api.ENHANCE, body, {
                "Content-Type": kind, "X-API-Key": server.key})
            reply = api.Reply("POST", api.ENHANCE, connection.getresponse())
            self.assertEqual(reply.status, 503, reply)
        except (OSError, http.client.HTTPException):
            pass  # Closed: the job had finished by then.
        self.assertEqual(server.process.wait(60), 0)
        states = dict(server.query("SELECT process_id, state FROM jobs"))
        self.assertEqual(states[process_id], "Completed")
        self.assertEqual(states[beside], "Completed")
        self.assertEqual(states[waiting], "Pending")
        server.check_credits()
        server.start()
        self.assertIn(client.status(waiting)["status"], ("Pending", "Processing"))

    def test_what_does_not_finish_in_time_goes_back_and_runs_after_the_next_start(self):
        server = self.new_server("--drain-seconds", "1")
        client = api.Api(server)
        process_id = client.submit(photos.jpeg(), output_width=4000, output_height=3000)
        reached = client.wait_for(process_id, lambda s: s["progress"] > 0)["progress"]
        began = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - began, 15)
        rows = server.query("SELECT state, attempts FROM jobs")
        self.assertEqual(rows[0][0], "Pending")
        self.assertLessEqual(rows[0][1], 1)
        server.flags = []
        server.start()
        self.assertGreaterEqual(client.status(process_id)["progress"], reached)
        client.finish(process_id)
        server.check_credits()

    def test_restarts_count_no_tries(self):
        server = self.new_server("--drain-seconds", "0")
        client = api.Api(server)
        process_id = client.submit(photos.jpeg(), **LONG)
        for _ in range(4):  # More than the three tries that a crash has.
            client.is_working(process_id)
            self.assertEqual(server.stop(), 0)
            server.start()
        self.assertIn(client.status(process_id)["status"], ("Pending", "Processing"))
        client.delete(f"{api.CANCEL}/{process_id}")


def _ready(server):
    try:
        return api.Api(server).get("/readyz", timeout=2).status == 200
    except (OSError, http.client.HTTPException):
        return False


class Queue(case.ServedTest):
    def test_a_full_queue_is_429_with_retry_after_and_fair_between_keys(self):
        server = self.new_server("--max-queue", "6")
        client, other = api.Api(server), api.Api(server, server.new_key())
        blocker = client.submit(photos.jpeg(), **LONG)
        client.is_working(blocker)
        mine, last = [], None
        while len(mine) < 20:
            last = client.try_submit(photos.jpeg(), output_width=300)
            if last.status != 200:
                break
            mine.append(last.json()["process_id"])
        self.assertEqual(last.status, 429, last)
        self.assertIn("retry-after", last.headers)
        client.delete(f"{api.CANCEL}/{mine.pop(0)}")
        theirs = wait_until(lambda: other.try_submit(photos.jpeg()).json().get("process_id"),
                            "a place in the queue", 30)
        client.delete(f"{api.CANCEL}/{blocker}")
        other.finish(theirs)
        left = [p for p in mine if client.status(p)["status"] not in api.FINAL]
        self.assertTrue(left, "the other key's one job did not wait for all of ours")
        for process_id in mine:
            client.finish(process_id)

    def test_eta_of_waiting_jobs_counts_those_before_them(self):
        server = self.new_server()
        client = api.Api(server)
        replies = [client.try_submit(photos.jpeg(), **LONG).json() for _ in range(3)]
        etas = [reply["eta"] for reply in replies]
        self.assertEqual(etas, sorted(etas))
        self.assertGreater(etas[2] - etas[0], 10)

    def test_job_timeout_fails_the_job(self):
        server = self.new_server("--job-timeout", "2")
        client = api.Api(server)
        process_id = client.submit(photos.jpeg(), **LONG)
        status = client.finish(process_id, "Failed", 60)
        self.assertRegex(status["message"], r"(?i)second|time|long")
        client.finish(client.submit(photos.jpeg()))


@unittest.skipUnless(shutil.which("openssl"), "no openssl program to make a certificate with")
class Tls(case.ServedTest):
    def test_https_with_a_certificate(self):
        certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        server = self.new_server("--tls-certificate", str(certificate), "--tls-key", str(key), start=False)
        context = ssl.create_default_context(cafile=certificate)

        def get(path, headers=None):
            connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=10)
            try:
                connection.request("GET", path, headers=headers or {})
                return api.Reply("GET", path, connection.getresponse())
            finally:
                connection.close()

        def answers(path):
            try:
                return get(path).status == 200
            except (OSError, http.client.HTTPException):
                return False

        server._answers = answers
        server.start()
        auth = {"X-API-Key": server.key}
        self.assertEqual(get(api.BALANCE, auth).status, 200)
        body, kind = api.multipart([("image", api.File(photos.jpeg()))])
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=10)
        connection.request("POST", api.ENHANCE, body, {**auth, "Content-Type": kind})
        process_id = json.loads(connection.getresponse().read())["process_id"]
        connection.close()
        wait_until(lambda: get(f"{api.STATUS}/{process_id}", auth).json()["status"] == "Completed")
        url = get(f"{api.DOWNLOAD}/{process_id}", auth).json()["download_url"]
        self.assertTrue(url.startswith(f"https://127.0.0.1:{server.port}/files/"), url)
        self.assertEqual(get(url.removeprefix(f"https://127.0.0.1:{server.port}")).status, 200)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    case.main()
