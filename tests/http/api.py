"""Requests as a strange client might send them, and answers held to the rules that bind all of
them. For a client that one would want to use, see clients/python."""

import contextlib
import http.client
import json
import secrets
import time

STATUSES = ("Pending", "Processing", "Completed", "Cancelled", "Failed")
FINAL = ("Completed", "Cancelled", "Failed")
ENHANCE = "/image/v1/enhance-gen/async"
STATUS = "/image/v1/status"
DOWNLOAD = "/image/v1/download"
CANCEL = "/image/v1/cancel"
ESTIMATE = "/image/v1/estimate-gen"
BULK = "/image/v1/estimate-bulk"
BALANCE = "/account/v1/credits/balance"
JOB_SECONDS = 120


class Reply:
    """An answer, read whole. Names of headers in lower case."""

    def __init__(self, method, path, response):
        self.method, self.path = method, path
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()
        self._check()

    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json()["message"]

    def __repr__(self):
        return f"{self.method} {self.path} -> {self.status} {self.body[:300]!r}"

    def _check(self):
        """What the specification says of every answer."""
        is_json = self.headers.get("content-type", "").startswith("application/json")
        if self.status >= 400 and self.method != "HEAD":
            assert is_json, f"an error that is no JSON: {self}"
            error = self.json()
            assert error["code"] == self.status, self
            assert isinstance(error["message"], str) and len(error["message"]) > 5, self
        if self.status == 429:
            assert int(self.headers["retry-after"]) >= 0, self
        if self.status == 405:
            assert self.headers.get("allow"), self
        if self.status == 204:
            assert self.body == b"", self
        if is_json and self.body and "openapi" not in self.path:
            assert not _has_null(self.json()), f"optional fields are left out, never null: {self}"


def _has_null(value):
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    if isinstance(value, list):
        return any(map(_has_null, value))
    return value is None


class File:
    """A file part."""

    def __init__(self, content, filename="picture.jpg", content_type="image/jpeg"):
        self.content, self.filename, self.content_type = content, filename, content_type


def multipart(parts, boundary=None):
    """(body, content type) of parts in that order: (name, text) or (name, File)."""
    boundary = boundary or "----b" + secrets.token_hex(12)
    lines = []
    for name, value in parts:
        lines.append(f"--{boundary}\r\n".encode())
        disposition = f'Content-Disposition: form-data; name="{name}"'
        if isinstance(value, File):
            head = ""
            if value.filename is not None:
                disposition += f'; filename="{value.filename}"'
            if value.content_type is not None:
                head = f"\r\nContent-Type: {value.content_type}"
            lines += [f"{disposition}{head}\r\n\r\n".encode(), value.content]
        else:
            text = value if isinstance(value, bytes) else str(value).encode()
            lines += [f"{disposition}\r\n\r\n".encode(), text]
        lines.append(b"\r\n")
    lines.append(f"--{boundary}--\r\n".encode())
    return b"".join(lines), f"multipart/form-data; boundary={boundary}"


class Api:
    """One key's view of a server."""

    def __init__(self, server, key=None):
        self.server = server
        self.key = server.key if key is None else key

    def request(self, method, path, body=None, headers=None, key=True, timeout=120):
        """One request on a connection of its own."""
        sent = dict(headers or {})
        if key and self.key:
            sent.setdefault("X-API-Key", self.key)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout)
        with contextlib.closing(connection):
            try:
                connection.request(method, path, body=body, headers=sent)
            except (BrokenPipeError, ConnectionResetError):
                pass  # Refused early; the answer is there.
            return Reply(method, path, connection.getresponse())

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def post_json(self, path, value, **more):
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        body = value if isinstance(value, (bytes, str)) else json.dumps(value)
        return self.request("POST", path, body=body, headers=headers, **more)

    def post_parts(self, path, parts, **more):
        body, content_type = multipart(parts)
        headers = {"Content-Type": content_type, **more.pop("headers", {})}
        return self.request("POST", path, body=body, headers=headers, **more)

    def try_submit(self, image=None, parts=(), headers=None, key=True, **fields):
        """Whatever the server says to it. image: bytes or a File."""
        every = [*parts, *fields.items()]
        if image is not None:
            every.append(("image", image if isinstance(image, File) else File(image)))
        return self.post_parts(ENHANCE, every, headers=headers or {}, key=key)

    def submit(self, image=None, **more):
        """process_id of a submit that must succeed."""
        reply = self.try_submit(image, **more)
        assert reply.status == 200, reply
        return reply.json()["process_id"]

    def status(self, process_id):
        reply = self.get(f"{STATUS}/{process_id}")
        assert reply.status == 200, reply
        return reply.json()

    def wait_for(self, process_id, condition, seconds=JOB_SECONDS, pause=0.05):
        """The first status that fulfils condition(status)."""
        deadline = time.monotonic() + seconds
        while True:
            status = self.status(process_id)
            if condition(status):
                return status
            assert time.monotonic() < deadline, f"waited in vain: {status}"
            time.sleep(pause)

    def finish(self, process_id, expected="Completed", seconds=JOB_SECONDS):
        status = self.wait_for(process_id, lambda s: s["status"] in FINAL, seconds)
        assert status["status"] == expected, status
        return status

    def is_working(self, process_id, seconds=JOB_SECONDS):
        """Waits until a worker is at it."""
        return self.wait_for(process_id, lambda s: s["status"] == "Processing", seconds)

    def download_url(self, process_id, kind=""):
        reply = self.get(f"{DOWNLOAD}/{kind}{process_id}")
        assert reply.status == 200, reply
        return reply.json()["download_url"]

    def fetch(self, url, **more):
        """A URL of this server."""
        origin = f"http://127.0.0.1:{self.server.port}"
        assert url.startswith(origin + "/"), url
        return self.get(url[len(origin):], **more)

    def result(self, process_id):
        """The bytes of a finished job's picture."""
        reply = self.fetch(self.download_url(process_id), key=False)
        assert reply.status == 200, reply
        return reply.body

    def enhance(self, image, **fields):
        """(status, result bytes)."""
        process_id = self.submit(image, **fields)
        return self.finish(process_id), self.result(process_id)

    def balance(self):
        reply = self.get(BALANCE)
        assert reply.status == 200, reply
        return reply.json()
