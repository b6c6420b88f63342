"""A server that answers what a test tells it to, and remembers what it was asked."""

import http.server
import json
import threading
from dataclasses import dataclass, field


@dataclass
class Reply:
    """One answer. `cut_at`: the connection is closed after so many bytes of the body.
    `drop`: closed without an answer. `early`: answered before the body is read."""

    status: int = 200
    body: object = None
    headers: dict = field(default_factory=dict)
    cut_at: int = -1
    drop: bool = False
    early: bool = False

    def content(self):
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Asked:
    method: str
    path: str
    headers: dict
    body: bytes


class FakeServer:
    """`answer(asked)` gives the Reply. Use as a context manager."""

    def __init__(self, answer):
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                length = int(self.headers.get("Content-Length", 0))
                asked = Asked(self.command, self.path, dict(self.headers), b"")
                reply = answer(asked)
                if not reply.early:
                    asked.body = self.rfile.read(length)
                outer.asked.append(asked)
                self.close_connection = True
                if reply.drop:
                    return
                content = b"" if reply.status == 204 else reply.content()
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content if reply.cut_at < 0 else content[: reply.cut_at])

            do_GET = do_POST = do_DELETE = do_HEAD = handle_any

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def script(*replies):
    """An answer function that gives these in turn, the last one for ever."""
    left = list(replies)

    def answer(_):
        return left.pop(0) if len(left) > 1 else left[0]

    return answer
