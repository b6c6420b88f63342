"""Signed URLs: with and without a key, ranges, types, names; nothing else is served by them."""

import re
import time
import urllib.parse

import api
import case
import photos


class Files(case.SharedServerTest):
    def setUp(self):
        super().setUp()
        image = api.File(photos.jpeg(), "my cat.jpg")
        self.process_id = self.api.submit(image, output_format="png")
        self.api.finish(self.process_id)
        self.info = self.api.get(f"{api.DOWNLOAD}/{self.process_id}").json()
        self.url = self.info["download_url"]
        self.content = self.api.fetch(self.url, key=False).body

    def path(self, url=None):
        parts = urllib.parse.urlsplit(url or self.url)
        return f"{parts.path}?{parts.query}"

    def test_the_answer(self):
        self.assertEqual(set(self.info), {"download_url", "head_url", "expiry"})
        self.assertIsInstance(self.info["expiry"], int)
        self.assertAlmostEqual(self.info["expiry"], time.time() + 3600, delta=30)
        for name in ("download_url", "head_url"):
            self.assertTrue(self.info[name].startswith(self.server.url + "/files/"), name)

    def test_with_and_without_the_key_and_with_a_wrong_one(self):
        for headers in ({}, {"X-API-Key": self.api.key}, {"X-API-Key": "rk_wrong"},
                        {"Authorization": "Bearer nonsense"}, {"Content-Type": "application/json"}):
            reply = self.api.get(self.path(), headers=headers, key=False)
            self.assertEqual((reply.status, reply.body), (200, self.content), headers)

    def test_head(self):
        for url in (self.info["head_url"], self.url):
            reply = self.api.request("HEAD", self.path(url), key=False)
            self.assertEqual((reply.status, reply.body), (200, b""))
            self.assertEqual(int(reply.headers["content-length"]), len(self.content))
            self.assertEqual(reply.headers["content-type"], "image/png")
        self.assertEqual(self.api.get(self.path(self.info["head_url"]), key=False).status, 403,
                         "a HEAD's signature is none for GET")

    def test_headers_of_a_file(self):
        reply = self.api.get(self.path(), key=False)
        self.assertEqual(reply.headers["content-type"], "image/png")
        disposition = reply.headers["content-disposition"]
        self.assertRegex(disposition, r"^(attachment|inline); filename=\"?my[ _]cat[^\"]*\.png")
        self.assertEqual(reply.headers["accept-ranges"], "bytes")
        self.assertEqual(reply.headers["x-content-type-options"], "nosniff")

    def test_the_input_comes_back_byte_for_byte(self):
        url = self.api.download_url(self.process_id, "input/")
        reply = self.api.get(self.path(url), key=False)
        self.assertEqual(reply.body, photos.jpeg())
        self.assertEqual(reply.headers["content-type"], "image/jpeg")

    def test_ranges(self):
        size = len(self.content)
        for text, start, end in (("0-0", 0, 1), ("10-19", 10, 20), ("5-", 5, size), ("-7", size - 7, size),
                                 (f"0-{size * 9}", 0, size), (f"-{size * 9}", 0, size)):
            reply = self.api.get(self.path(), headers={"Range": f"bytes={text}"}, key=False)
            self.assertEqual(reply.status, 206, text)
            self.assertEqual(reply.body, self.content[start:end], text)
            self.assertEqual(reply.headers["content-range"], f"bytes {start}-{end - 1}/{size}")
            self.assertEqual(reply.headers["content-type"], "image/png")
        pieces = [self.api.get(self.path(), headers={"Range": f"bytes={at}-{at + 999}"}, key=False).body
                  for at in range(0, size, 1000)]
        self.assertEqual(b"".join(pieces), self.content)

    def test_ranges_beyond_are_416_and_nonsense_is_passed_over(self):
        for text in (f"{len(self.content)}-", "999999999-", "-0"):
            reply = self.api.get(self.path(), headers={"Range": f"bytes={text}"}, key=False)
            self.assertEqual(reply.status, 416, text)
            self.assertEqual(reply.headers["content-range"], f"bytes */{len(self.content)}")
        # RFC 9110, 14.2: a Range that is not understood is ignored.
        for text in ("lines=1-2", "bytes=", "bytes=5-3", "bytes=a-b", "nonsense",
                     "bytes=99999999999999999999999-"):
            reply = self.api.get(self.path(), headers={"Range": text}, key=False)
            self.assertIn(reply.status, (200, 416), text)
        reply = self.api.get(self.path(), headers={"Range": "bytes=0-1,4-5"}, key=False)
        self.assertIn(reply.status, (200, 206))

    def test_a_head_with_a_range(self):
        reply = self.api.request("HEAD", self.path(), headers={"Range": "bytes=0-9"}, key=False)
        self.assertIn(reply.status, (200, 206))

    def test_forged_signatures_are_403(self):
        path, query = self.path().split("?")
        fields = dict(urllib.parse.parse_qsl(query))
        later = str(int(fields["exp"]) + 1)
        flipped = ("0" if fields["sig"][0] != "0" else "1") + fields["sig"][1:]
        for changed in ({"exp": later}, {"sig": flipped}, {"sig": ""}, {"sig": fields["sig"][:-1]},
                        {"sig": fields["sig"] + "0"}, {"exp": ""}, {"exp": "x"}, {"exp": "-1"},
                        {"exp": "9" * 40}, {"exp": str(int(time.time()) - 1)}):
            text = urllib.parse.urlencode({**fields, **changed})
            self.assertEqual(self.api.get(f"{path}?{text}").status, 403, changed)
        self.assertEqual(self.api.get(path).status, 403, "the key alone opens no file")
        self.assertEqual(self.api.get(f"{path}?exp={fields['exp']}").status, 403)

    def test_a_signature_is_for_one_file(self):
        other = self.path(self.api.download_url(self.process_id, "input/")).split("?")[0]
        self.assertEqual(self.api.get(other + "?" + self.path().split("?")[1]).status, 403)

    def test_nothing_outside_the_blobs_is_served(self):
        query = self.path().split("?")[1]
        for name in ("..%2F..%2Frecover.db", "../recover.db", "%2e%2e/recover.db", "....//recover.db",
                     "/etc/passwd", "%2Fetc%2Fpasswd", "x", "", "00000000-0000-4000-8000-000000000000",
                     "..", ".", "%00", "recover.db%00"):
            reply = self.api.get(f"/files/{name}?{query}", key=False)
            self.assertIn(reply.status, (400, 403, 404), name)
        for path in ("/../../../etc/passwd", "/docs/../../etc/passwd", "//etc/passwd",
                     "/docs/..%2f..%2fetc%2fpasswd", "/openapi.json/../recover.db"):
            self.assertIn(self.api.get(path).status, (400, 404), path)

    def test_file_names_cannot_forge_headers(self):
        for name in ('a%0D%0AX-Evil: 1.jpg', 'a\\"; x=y.jpg', "a\tb.jpg", "ü日.jpg", "../../etc/passwd",
                     "C:\\\\temp\\\\x.jpg", ";=,.jpg", "%00.jpg", " " * 20, "x" * 2000 + ".jpg", ".jpg"):
            with self.subTest(name[:30]):
                reply = self.api.try_submit(api.File(photos.jpeg(), name))
                if reply.status != 200:
                    self.assertEqual(reply.status, 400, reply)
                    continue
                process_id = reply.json()["process_id"]
                self.api.finish(process_id)
                got = self.api.get(self.path(self.api.download_url(process_id)), key=False)
                self.assertEqual(got.status, 200)
                self.assertNotIn("x-evil", got.headers)
                disposition = got.headers["content-disposition"]
                self.assertTrue(disposition.isprintable() and disposition.isascii(), disposition)
                plain = re.search(r'filename="((?:[^"\\]|\\.)*)"', disposition)
                self.assertTrue(plain, disposition)
                self.assertNotRegex(plain[1], r'[/\\]')
                self.assertLess(len(disposition), 1000)
        names = " ".join(self.server.blobs())
        self.assertNotIn("passwd", names)
        for name in self.server.blobs():
            self.assertRegex(name, r"^[0-9a-f-]{36}$")

    def test_urls_follow_the_host_that_the_client_used(self):
        for host in ("photos.example", "photos.example:8443", "[::1]:99", "localhost:1"):
            reply = self.api.get(f"{api.DOWNLOAD}/{self.process_id}", headers={"Host": host})
            self.assertTrue(reply.json()["download_url"].startswith(f"http://{host}/files/"))
        for host in ("evil.example/x", "a b", "x\"y", "user@evil.example", "a,b"):
            reply = self.api.get(f"{api.DOWNLOAD}/{self.process_id}", headers={"Host": host})
            if reply.status == 200:
                self.assertNotIn(host, reply.json()["download_url"])
            else:
                self.assertEqual(reply.status, 400)

    def test_forwarded_headers_of_strangers_are_not_believed(self):
        reply = self.api.get(f"{api.DOWNLOAD}/{self.process_id}", headers={
            "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
        self.assertTrue(reply.json()["download_url"].startswith(self.server.url))


class BehindProxy(case.SharedServerTest):
    flags = ("--trusted-proxy", "127.0.0.1")

    def test_forwarded_headers_of_a_trusted_proxy_are(self):
        process_id = self.api.submit(photos.jpeg())
        self.api.finish(process_id)
        for headers, origin in (
            ({"X-Forwarded-Host": "photos.example", "X-Forwarded-Proto": "https"},
             "https://photos.example/"),
            ({"X-Forwarded-Proto": "https", "Host": "other.example"}, "https://other.example/"),
            ({"X-Forwarded-Host": "evil.example/x\"", "X-Forwarded-Proto": "javascript"}, None),
        ):
            reply = self.api.get(f"{api.DOWNLOAD}/{process_id}", headers=headers)
            if origin is None:
                self.assertTrue(reply.status == 400 or reply.json()["download_url"].startswith("http"))
                self.assertNotIn('evil.example/x"', reply.body.decode())
            else:
                self.assertTrue(reply.json()["download_url"].startswith(origin), reply)


class PublicUrl(case.SharedServerTest):
    flags = ("--public-url", "https://photos.example/recover")

    def test_the_public_url_opens_all(self):
        process_id = self.api.submit(photos.jpeg())
        self.api.finish(process_id)
        info = self.api.get(f"{api.DOWNLOAD}/{process_id}").json()
        for name in ("download_url", "head_url"):
            self.assertTrue(info[name].startswith("https://photos.example/recover/files/"), info)
        path = info["download_url"].removeprefix("https://photos.example/recover")
        self.assertEqual(self.api.get(path, key=False).status, 200)


if __name__ == "__main__":
    case.main()
