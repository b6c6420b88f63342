"""source_id and source_url; what the server may be talked into fetching (SSRF), end to end."""

import socket
import time

import api
import case
import photos
from receiver import Receiver

# Forms of addresses that are not public; some are loopback in disguise.
INWARD = [
    "127.0.0.1", "127.1", "localhost", "0.0.0.0", "0", "2130706433", "0x7f000001", "017700000001",
    "0177.0.0.1", "127.0.0.1.", "LOCALHOST", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254",
    "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[fe80::1]", "[fc00::1]", "[ff02::1]",
    "[2002:7f00:1::]", "127.0.0.1%00.example.com", "127。0。0。1",
]
BAD_URLS = ["", "x", "//host/x", "ftp://example.com/x", "file:///etc/passwd", "gopher://example.com/",
            "http://", "http://user:secret@example.com/", "http://exa mple/",
            "dict://127.0.0.1:11211/", "http://example.com:99999/", "http://example.com:0/",
            "http://" + "a" * 5000 + "/", "http://example.com/\r\nX: y", "javascript:alert(1)"]


class SourceId(case.SharedServerTest):
    def test_a_stored_input_is_used_again(self):
        first = self.api.try_submit(api.File(photos.jpeg(60, 40), "cat.jpg")).json()
        reply = self.api.try_submit(source_id=first["source_id"], output_width=30)
        self.assertEqual(reply.status, 200, reply)
        again = reply.json()
        self.assertEqual(again["source_id"], first["source_id"])
        self.assertNotEqual(again["process_id"], first["process_id"])
        status = self.api.finish(again["process_id"])
        self.assertEqual((status["filename"], status["output_height"]), ("cat.jpg", 20))
        self.assertEqual(photos.opened(self.api.result(again["process_id"])).size, (30, 20))

    def test_a_shared_input_goes_with_the_last_of_its_jobs(self):
        first = self.api.try_submit(photos.jpeg()).json()
        second = self.api.submit(source_id=first["source_id"])
        self.api.finish(first["process_id"])
        self.api.finish(second)
        source = self.api.download_url(second, "input/")
        self.assertEqual(self.api.delete(f"{api.STATUS}/{first['process_id']}").status, 204)
        self.assertEqual(self.api.fetch(source).body, photos.jpeg())
        self.assertIn(first["source_id"], self.server.blobs())
        self.assertEqual(self.api.delete(f"{api.STATUS}/{second}").status, 204)
        self.assertEqual(self.api.fetch(source).status, 410)
        self.assertNotIn(first["source_id"], self.server.blobs())
        reply = self.api.try_submit(source_id=first["source_id"])
        self.assertEqual(reply.status, 400)
        self.assertIn("source_id", reply.message)


class Inward(case.SharedServerTest):
    """As it comes: nothing but public addresses."""

    def test_source_urls_that_lead_inward_are_400(self):
        with Receiver() as inside:
            for host in INWARD:
                with self.subTest(host):
                    reply = self.api.try_submit(source_url=f"http://{host}:{inside.port}/x.jpg")
                    self.assertEqual(reply.status, 400, reply)
                    self.assertIn("source_url", reply.message)
            self.assertEqual(inside.hits, [], "nobody knocked")

    def test_webhook_urls_that_lead_inward_are_400_or_never_called(self):
        with Receiver() as inside:
            for host in INWARD:
                with self.subTest(host):
                    reply = self.api.try_submit(photos.jpeg(8, 8),
                                                webhook_url=f"http://{host}:{inside.port}/x")
                    self.assertIn(reply.status, (200, 400), reply)
                    if reply.status == 400:
                        self.assertIn("webhook_url", reply.message)
                    else:
                        self.api.finish(reply.json()["process_id"])
            self.assertEqual(inside.hits, [])

    def test_bad_urls_are_400_with_the_field(self):
        for url in BAD_URLS:
            for field in ("source_url", "webhook_url"):
                with self.subTest(f"{field} {url[:40]}"):
                    picture = photos.jpeg(8, 8) if field == "webhook_url" else None
                    reply = self.api.try_submit(picture, **{field: url})
                    self.assertEqual(reply.status, 400, reply)
                    self.assertIn(field, reply.message)

    def test_a_refused_url_leaves_nothing(self):
        mine = self.new_api("--credits", "5")
        mine.try_submit(source_url="http://127.0.0.1:9/")
        self.assertEqual(mine.balance()["available_credits"], 5)
        self.assertEqual(mine.get(api.STATUS).json(), [])


class Fetching(case.SharedServerTest):
    """The operator allows one address of loopback; the others stay shut."""

    flags = ("--allow-network", "127.0.0.1/32", "--body-limit", "3000000")

    def submit_from(self, answer, path="/some/cat.jpg", key=None):
        with Receiver(answer) as source:
            client = key or self.api
            return client.try_submit(source_url=source.url + path), source.hits

    def test_a_picture_is_fetched_within_the_submit(self):
        reply, hits = self.submit_from(lambda hit, _: (200, {}, photos.jpeg(60, 40)))
        self.assertEqual(reply.status, 200, reply)
        self.assertEqual([(hit.method, hit.path) for hit in hits], [("GET", "/some/cat.jpg")])
        self.assertNotIn("x-api-key", hits[0].headers)
        status = self.api.finish(reply.json()["process_id"])
        self.assertEqual((status["filename"], status["input_width"]), ("cat.jpg", 60))
        url = self.api.download_url(status["process_id"], "input/")
        self.assertEqual(self.api.fetch(url).body, photos.jpeg(60, 40))

    def test_errors_of_the_source_are_answers_to_the_submit(self):
        for answer, codes in (
            (404, (400,)), (500, (400,)), ((200, {}, b"no picture"), (415,)), ((204, {}, b""), (400, 415)),
            ((200, {}, bytes(4_000_000)), (400, 413)),
            ((200, {}, lambda out: [out.write(bytes(100_000)) for _ in range(100)]), (400, 413)),
            ((200, {}, photos.claiming_png(30000, 30000)), (413,)),
        ):
            reply, _ = self.submit_from(lambda hit, _, answer=answer: answer)
            self.assertIn(reply.status, codes, reply)
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            reply = self.api.try_submit(source_url=f"http://127.0.0.1:{closed.getsockname()[1]}/x")
            self.assertEqual(reply.status, 400, reply)
        reply = self.api.try_submit(source_url="http://does-not-exist.invalid/x.jpg")
        self.assertEqual(reply.status, 400, reply)
        self.assertEqual(len(self.server.query("SELECT 1 FROM jobs WHERE state = 'Failed'")), 0)

    def test_redirects_are_followed_a_few_times(self):
        def hops(count):
            def answer(hit, number):
                if number < count:
                    return 302, {"Location": f"/hop{number}"}, b""
                return 200, {}, photos.jpeg()
            return answer

        self.assertEqual(self.submit_from(hops(3))[0].status, 200)
        reply, hits = self.submit_from(lambda hit, _: (302, {"Location": "/again"}, b""))
        self.assertEqual(reply.status, 400)
        self.assertLess(len(hits), 12)

    def test_redirects_inward_are_not_followed(self):
        with Receiver() as inside:
            for host in INWARD[1:]:
                if host in ("127.1", "localhost", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1",
                            "127.0.0.1.", "LOCALHOST", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
                            "127。0。0。1"):
                    continue  # The allowed address by other names.
                for scheme in ("http", "https"):
                    target = f"{scheme}://{host}:{inside.port}/x".encode().decode("latin-1")
                    reply, _ = self.submit_from(lambda hit, _, t=target: (302, {"Location": t}, b""))
                    self.assertEqual(reply.status, 400, (host, reply))
            for target in ("file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", ""):
                reply, _ = self.submit_from(lambda hit, _, t=target: (302, {"Location": t}, b""))
                self.assertIn(reply.status, (400, 415), (target, reply))
            self.assertEqual(inside.hits, [])

    def test_other_loopback_addresses_stay_shut(self):
        reply = self.api.try_submit(source_url=f"http://{INWARD[0][:-1]}2/x.jpg")
        self.assertEqual(reply.status, 400)

    def test_a_source_that_hangs_ends_after_thirty_seconds(self):
        def drip(out):
            for _ in range(600):
                out.write(b"\xff")
                out.flush()
                time.sleep(0.1)

        began = time.monotonic()
        reply, _ = self.submit_from(lambda hit, _: (200, {}, drip))
        self.assertEqual(reply.status, 400, reply)
        self.assertTrue(25 < time.monotonic() - began < 40)


if __name__ == "__main__":
    case.main()
