"""Hostile requests: too much, too slow, malformed at random. Clear answers, flat memory."""

import concurrent.futures
import http.client
import json
import os
import random
import re
import socket
import struct
import time
import zlib

import api
import case
import fields_test
import photos
from server import wait_until

BAD_REQUESTS = 10_000
MIB = 1 << 20


class Random(case.SharedServerTest):
    flags = ("--log-level", "warning")

    def setUp(self):
        super().setUp()
        self.rng = random.Random(20261122)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        self.source_id = self.api.try_submit(photos.jpeg(8, 8)).json()["source_id"]

    def send(self, method, path, body=None, content_type=None):
        headers = {"X-API-Key": self.api.key}
        if content_type:
            headers["Content-Type"] = content_type
        try:
            self.connection.request(method, path, body, headers)
            return api.Reply(method, path, self.connection.getresponse())
        except (http.client.HTTPException, OSError):
            # The server may close after an error; one fresh try.
            self.connection.close()
            self.connection.request(method, path, body, headers)
            return api.Reply(method, path, self.connection.getresponse())

    def noise(self, most=12):
        length = self.rng.randrange(1, most)
        alphabet = "abcxyz0189 .-+_/\\\"';:<>{}[]%&=?é日\t"
        return "".join(self.rng.choice(alphabet) for _ in range(length)) + "!"

    def bad_setting(self):
        """(name, value) that no submit may take."""
        name = self.rng.choice([*fields_test.NUMBERS, *fields_test.SWITCHES, *fields_test.CHOICES])
        if name in fields_test.NUMBERS and self.rng.random() < 0.5:
            kind, least, most = fields_test.NUMBERS[name]
            beyond = self.rng.choice([least - 1, most + 1, -(10**20), 10**30, most * 2 + 1])
            return name, beyond
        return name, self.noise()

    def bad_submit(self):
        name, value = self.bad_setting()
        spelt = fields_test.camel(name) if self.rng.random() < 0.3 else name
        parts = [(spelt, value), ("source_id", self.source_id)]
        if name == "detail_strength":
            parts.append(("detail", "true"))
        self.rng.shuffle(parts)
        body, kind = api.multipart(parts)
        return name, self.send("POST", api.ENHANCE, body, kind)

    def bad_estimate(self):
        name, value = self.bad_setting()
        body = {"input_width": 9, "input_height": 9, "detail": True, name: value}
        if self.rng.random() < 0.3:
            name = self.rng.choice(["input_width", "input_height"])
            body = {"input_width": 9, "input_height": 9}
            body[name] = self.rng.choice([0, -1, 32001, 1e300, "x", [], {}, True, 1.5, "9" * 400])
        return name, self.send("POST", api.ESTIMATE, json.dumps(body).encode(), "application/json")

    def bad_json(self):
        text = json.dumps({"input_width": 9, "input_height": [self.noise()] * 3}).encode()
        at = self.rng.randrange(1, len(text) - 1)
        text = text[:at] + self.rng.randbytes(self.rng.randrange(0, 4)) + b"\xff"
        path = self.rng.choice([api.ESTIMATE, api.BULK])
        return "", self.send("POST", path, text, "application/json")

    def bad_multipart(self):
        body, kind = api.multipart([("source_id", self.source_id), ("seed", 1)])
        at = self.rng.randrange(len(body) - 40)
        choice = self.rng.randrange(3)
        if choice == 0:
            body = body[:at]
        elif choice == 1:
            body = self.rng.randbytes(200)
        else:
            kind = self.rng.choice(["multipart/form-data", "multipart/form-data; boundary=",
                                    "text/plain", "multipart/mixed; boundary=q",
                                    "multipart/form-data; boundary=" + "z" * 300])
        return "", self.send("POST", api.ENHANCE, body, kind)

    def bad_query(self):
        name, value = self.rng.choice([
            ("limit", self.rng.choice(["0", "101", "x", "-5", "1.0", "9" * 30])),
            ("cursor", self.rng.choice(["!", "A" * 300, "%FF%FE", "MTIz"])),
            ("paginated", self.rng.choice(["2", "ja", "nein"])),
        ])
        more = "" if name == "paginated" else "paginated=true&"
        return name, self.send("GET", f"{api.STATUS}?{more}{name}={value}")

    def bad_id(self):
        wrong = "".join(self.rng.choice("0123456789abcdef-xyz") for _ in range(self.rng.randrange(1, 40)))
        method, path = self.rng.choice([
            ("GET", api.STATUS), ("DELETE", api.STATUS), ("GET", api.DOWNLOAD),
            ("GET", api.DOWNLOAD + "/input"), ("DELETE", api.CANCEL)])
        return "", self.send(method, f"{path}/{wrong}")

    def bad_source(self):
        name = self.rng.choice(["source_id", "source_url", "webhook_url"])
        parts = [(name, self.noise())]
        if name == "webhook_url":
            parts.append(("source_id", self.source_id))
        body, kind = api.multipart(parts)
        return name, self.send("POST", api.ENHANCE, body, kind)

    def test_ten_thousand_bad_requests(self):
        kinds = [self.bad_submit, self.bad_submit, self.bad_estimate, self.bad_json, self.bad_multipart,
                 self.bad_query, self.bad_id, self.bad_source]
        jobs = self.server.query("SELECT COUNT(*) FROM jobs")
        early = 0
        for number in range(BAD_REQUESTS):
            field, reply = self.rng.choice(kinds)()
            self.assertIn(reply.status, (400, 404, 415), (field, reply))
            self.assertIn(field, reply.message, reply)
            if number == BAD_REQUESTS // 5:
                early = self.server.resident_bytes()
        grown = self.server.resident_bytes() - early
        self.assertLess(grown, 16 * MIB, "memory is flat")
        self.assertEqual(self.server.query("SELECT COUNT(*) FROM jobs"), jobs)
        self.assertEqual(len(self.server.blobs()), len(self.server.query("SELECT 1 FROM inputs"))
                         + len(self.server.query("SELECT 1 FROM jobs WHERE output_id <> ''")))

    def test_what_is_no_http_at_all(self):
        for number in range(300):
            junk = self.rng.randbytes(self.rng.randrange(1, 3000))
            if number % 3 == 0:
                junk = b"GET / HTTP/1.1\r\n" + junk + b"\r\n\r\n"
            if number % 3 == 1:
                junk = b"POST " + api.ENHANCE.encode() + b" HTTP/1.1\r\nContent-Length: -5\r\n\r\n" + junk
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
                connection.settimeout(2)
                try:
                    connection.sendall(junk)
                    connection.shutdown(socket.SHUT_WR)
                    first = connection.recv(200)
                except OSError:
                    continue  # Closed at once: fair.
                if first:
                    self.assertRegex(first, rb"^HTTP/1\.[01] (2|3|4)\d\d |^HTTP/1\.[01] 50[15]")
        self.assertEqual(self.api.get("/healthz").status, 200)


class Wire(case.SharedServerTest):
    """Requests that proxies and servers are known to read in two ways."""

    def send(self, raw):
        """All that comes until the server closes or falls silent."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
            connection.settimeout(1)
            connection.sendall(raw.replace("KEY", self.api.key).encode("latin-1"))
            try:
                while piece := connection.recv(65536):
                    answer += piece
            except OSError:
                pass
        return answer

    def test_ambiguous_requests_are_400_and_nothing_is_smuggled(self):
        post = "POST /image/v1/estimate-gen HTTP/1.1\r\nHost: x\r\nX-API-Key: KEY\r\n"
        smuggled = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
        for raw in (
            post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
            post + "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + smuggled,
            post + "Transfer-Encoding: xchunked\r\n\r\n{}" + smuggled,
            "GET /healthz HTTP/1.1\r\n\r\n" + smuggled,
            "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + smuggled,
            "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n" + smuggled,
            "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n" + smuggled,
            "GET /healthz HTTP/1.1\nHost: x\n\n", "GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /healthz\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ):
            answer = self.send(raw)
            self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), (raw, answer[:200]))
            self.assertEqual(len(re.findall(rb"HTTP/1\.1 \d{3} ", answer)), 1, raw)
            error = json.loads(answer.split(b"\r\n\r\n", 1)[1])
            self.assertEqual(error["code"], 400)
            self.assertTrue(error["message"])

    def test_pipelined_requests_and_bodies_that_nobody_wants(self):
        answer = self.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        self.assertEqual(answer.count(b"HTTP/1.1 200 "), 3)
        answer = self.send("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
                           "GET /docs HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(answer.count(b"HTTP/1.1 200 "), 2)

    def test_http_1_0_still_works(self):
        body, kind = api.multipart([("image", api.File(photos.jpeg(8, 8)))])
        answer = self.send(f"POST {api.ENHANCE} HTTP/1.0\r\nX-API-Key: KEY\r\nContent-Type: {kind}\r\n"
                           f"Content-Length: {len(body)}\r\n\r\n" + body.decode("latin-1"))
        self.assertRegex(answer, rb"^HTTP/1\.[01] 200 ")
        self.assertIn(b"process_id", answer)


class Oversize(case.SharedServerTest):
    flags = ("--body-limit", "5000000", "--idle-timeout", "3", "--upload-timeout", "6")

    def head_only(self, length, seconds=5):
        """The first bytes of the answer to a request whose body never comes."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=seconds) as connection:
            connection.sendall(
                f"POST {api.ENHANCE} HTTP/1.1\r\nHost: x\r\nX-API-Key: {self.api.key}\r\n"
                f"Content-Type: multipart/form-data; boundary=q\r\nContent-Length: {length}\r\n\r\n"
                .encode())
            return connection.recv(4096)

    def test_a_content_length_above_the_limit_is_413_at_once(self):
        for length in (5_000_001, 10**12, 2**63 - 1):
            self.assertRegex(self.head_only(length), rb"^HTTP/1\.1 413 ")

    def test_expect_100_continue_is_refused_before_the_body(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=5) as connection:
            connection.sendall(
                f"POST {api.ENHANCE} HTTP/1.1\r\nHost: x\r\nX-API-Key: {self.api.key}\r\n"
                "Expect: 100-continue\r\nContent-Type: multipart/form-data; boundary=q\r\n"
                "Content-Length: 6000000\r\n\r\n".encode())
            self.assertRegex(connection.recv(4096), rb"^HTTP/1\.1 (413|417) ")

    def test_a_chunked_body_above_the_limit_is_413(self):
        body, kind = api.multipart([("image", api.File(bytes(12_000_000)))])
        pieces = (body[at : at + 65536] for at in range(0, len(body), 65536))
        try:
            reply = self.api.request("POST", api.ENHANCE, pieces, {"Content-Type": kind})
            self.assertEqual(reply.status, 413, reply)
        except (OSError, http.client.HTTPException):
            pass  # Closed while we still sent: the answer may be lost on the way.
        self.assertEqual(self.api.get("/healthz").status, 200)

    def test_nothing_stays_of_what_was_refused(self):
        body, kind = api.multipart([("image", api.File(bytes(5_100_000)))])
        self.assertEqual(self.api.request("POST", api.ENHANCE, body, {"Content-Type": kind}).status, 413)
        wait_until(lambda: not _temporaries(self.server), "temporaries to go", 15)

    def test_too_many_and_too_large_parts_are_4xx(self):
        picture = ("image", api.File(photos.jpeg()))
        for parts in (
            [("prompt", "x" * 3_000_000), picture], [(f"f{n}", "x") for n in range(20000)] + [picture],
            [("n" * 100_000, "x"), picture], [picture] * 500,
            [("image", api.File(photos.jpeg(), "n" * 100_000))],
        ):
            reply = self.api.post_parts(api.ENHANCE, parts)
            self.assertIn(reply.status, (400, 413), (len(parts), reply))

    def test_large_headers_and_paths_are_4xx(self):
        for path, headers in (("/healthz", {"X-Junk": "x" * 200_000}), ("/" + "x" * 100_000, {}),
                              (f"{api.STATUS}?cursor=" + "x" * 100_000, {}),
                              ("/healthz", {f"X-{n}": "x" * 50 for n in range(99)})):
            try:
                reply = self.api.get(path, headers=headers)
                self.assertIn(reply.status, (200, 400, 404, 413, 414, 431), (path[:20], reply.status))
            except (OSError, http.client.HTTPException):
                pass  # Closed without an answer.
        self.assertEqual(self.api.get("/healthz").status, 200)

    def test_deep_and_long_json_is_4xx(self):
        for text in ("[" * 1_000_000, '{"a":' * 200_000, json.dumps(["x" * 100] * 40_000),
                     "[" + "1," * 1_000_000 + "1]"):
            for path in (api.ESTIMATE, api.BULK):
                reply = self.api.post_json(path, text)
                self.assertIn(reply.status, (200, 400, 413), reply)

    def test_slow_clients_are_let_go(self):
        def closed_within(first, drip, seconds):
            began = time.monotonic()
            with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
                connection.sendall(first)
                connection.settimeout(0.5)
                while time.monotonic() - began < seconds:
                    try:
                        if not connection.recv(4096):
                            return True
                    except TimeoutError:
                        pass
                    except OSError:
                        return True
                    try:
                        connection.sendall(drip)
                    except OSError:
                        return True
            return False

        head = (f"POST {api.ENHANCE} HTTP/1.1\r\nHost: x\r\nX-API-Key: {self.api.key}\r\nContent-Type: "
                "multipart/form-data; boundary=q\r\nContent-Length: 100000\r\n\r\n").encode()
        slow = {  # A head has 30 s, whatever the other limits are.
            "idle within the head": (b"GET /healthz HT", b"", 45),
            "a head by drops": (b"GET /healthz HTTP/1.1\r\nX-A: ", b"x", 45),
            "idle before a request": (b"", b"", 12),
            "idle within the body": (head, b"", 12),
            "a body by drops": (head, b"x", 20),
        }
        with concurrent.futures.ThreadPoolExecutor(len(slow)) as pool:
            closed = dict(zip(slow, pool.map(lambda name: closed_within(*slow[name]), slow)))
        self.assertEqual(closed, dict.fromkeys(slow, True))
        wait_until(lambda: not _temporaries(self.server), "temporaries to go", 15)

    def test_a_client_that_goes_away_while_sending_leaves_nothing(self):
        body, kind = api.multipart([("image", api.File(bytes(4_000_000)))])
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
                connection.sendall((f"POST {api.ENHANCE} HTTP/1.1\r\nHost: x\r\nX-API-Key: {self.api.key}"
                                    f"\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n")
                                   .encode() + body[:2_000_000])
        wait_until(lambda: not _temporaries(self.server), "temporaries to go", 15)
        self.assertEqual(self.server.blobs(), [])


class Bombs(case.SharedServerTest):
    def test_headers_that_claim_the_moon_are_413_from_the_header(self):
        before = self.server.resident_bytes()
        for content in (photos.claiming_png(100_000, 100_000), photos.claiming_jpeg(65_000, 65_000),
                        photos.claiming_tiff(100_000, 100_000), photos.claiming_png(2**31 - 1, 2**31 - 1),
                        photos.claiming_tiff(2**31 - 1, 2**31 - 1)):
            began = time.monotonic()
            reply = self.api.try_submit(content)
            self.assertIn(reply.status, (413, 415), reply)
            self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(self.api.try_submit(photos.claiming_png(100_000, 100_000)).status, 413)
        self.assertLess(self.server.resident_bytes() - before, 64 * MIB)

    def test_24_megapixels_that_pack_to_nothing_pass_within_memory(self):
        status = self.api.finish(self.api.submit(photos.flat_png(6000, 4000), output_width=300))
        self.assertEqual((status["output_width"], status["output_height"]), (300, 200))
        for pid in self.server.worker_pids():
            self.assertLess(_peak_bytes(pid), 1500 * MIB)

    def test_metadata_that_unpacks_to_gigabytes_is_bounded(self):
        packer = zlib.compressobj(9)
        packed = b"".join(packer.compress(bytes(MIB)) for _ in range(600)) + packer.flush()
        for kind, body in ((b"iCCP", b"x\0\0" + packed), (b"zTXt", b"Comment\0\0" + packed),
                           (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed)):
            picture = photos.png(40, 30)
            chunk = struct.pack(">I", len(body)) + kind + body
            chunk += struct.pack(">I", zlib.crc32(kind + body))
            bomb = picture[:33] + chunk + picture[33:]
            reply = self.api.try_submit(bomb)
            self.assertIn(reply.status, (200, 413, 415), (kind, reply))
            if reply.status == 200:
                self.api.wait_for(reply.json()["process_id"], lambda s: s["status"] in api.FINAL)
        self.assertLess(_peak_bytes(self.server.process.pid), 400 * MIB)
        for pid in self.server.worker_pids():
            self.assertLess(_peak_bytes(pid), 1500 * MIB)


class Large(case.SharedServerTest):
    def test_a_byte_above_500_megabytes_is_413_before_it_is_sent(self):
        for length, code in ((500_000_001, b"413"), (500_000_000, b"100")):
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
                connection.sendall(
                    f"POST {api.ENHANCE} HTTP/1.1\r\nHost: x\r\nX-API-Key: {self.api.key}\r\n"
                    "Expect: 100-continue\r\nContent-Type: multipart/form-data; boundary=q\r\n"
                    f"Content-Length: {length}\r\n\r\n".encode())
                self.assertEqual(connection.recv(4096)[9:12], code)

    def test_480_megabytes_go_to_the_disk_not_to_memory(self):
        space = os.statvfs(self.server.data)
        if space.f_bavail * space.f_frsize < 3_000_000_000:
            self.skipTest("less than 3 GB of disk are free")
        before = self.server.resident_bytes()
        tail = b"\r\n--q--\r\n"
        head = (b"--q\r\nContent-Disposition: form-data; name=\"image\"; filename=\"x\"\r\n\r\n"
                + photos.jpeg()[:20])
        size = 480_000_000
        highest = 0

        def body():
            nonlocal highest
            yield head
            piece = bytes(1_000_000)
            for number in range(size // len(piece)):
                if number % 40 == 0:
                    highest = max(highest, self.server.resident_bytes())
                yield piece
            yield tail

        reply = self.api.request("POST", api.ENHANCE, body(), {
            "Content-Type": "multipart/form-data; boundary=q",
            "Content-Length": str(len(head) + size + len(tail))}, timeout=300)
        self.assertEqual(reply.status, 415, reply)
        self.assertLess(highest - before, 64 * MIB)
        wait_until(lambda: not _temporaries(self.server), "temporaries to go", 15)
        self.assertEqual(self.server.blobs(), [])


def _temporaries(server):
    return [p.name for p in server.data.rglob("*") if p.is_file() and ".recover-" in p.name]


def _peak_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


if __name__ == "__main__":
    case.main()
