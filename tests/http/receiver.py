"""A listener on loopback: takes webhooks, serves files, redirects, hangs - as told."""

import http.server
import json
import threading
import time
from dataclasses import dataclass


@dataclass
class Hit:
    """A request that came. `at`: monotonic seconds."""

    method: str
    path: str
    headers: dict
    body: bytes
    at: float

    def json(self):
        return json.loads(self.body)


class Receiver:
    """`answer(hit, number)` gives (status, headers, body) or a plain status; a callable body is
    called with the handler's file to write to. Use as a context manager."""

    def __init__(self, answer=lambda hit, number: 200):
        self.hits = []
        self.lock = threading.Lock()
        self.answer = answer
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                hit = Hit(self.command, self.path, {k.lower(): v for k, v in self.headers.items()},
                          body, time.monotonic())
                with outer.lock:
                    outer.hits.append(hit)
                    number = len(outer.hits) - 1
                answered = outer.answer(hit, number)
                status, headers, content = (
                    answered if isinstance(answered, tuple) else (answered, {}, b""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if not callable(content):
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if callable(content):
                    content(self.wfile)
                else:
                    self.wfile.write(content)

            do_GET = do_POST = do_HEAD = handle_any

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass  # A client that goes away is part of the tests.

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def of(self, process_id):
        """What came about one job, in order."""
        with self.lock:
            return [hit for hit in self.hits if hit.method == "POST"
                    and hit.json().get("process_id") == process_id]
