"""HTTP over the standard library: one connection for each request, streams both ways, retries
where a second try can do no harm."""

from __future__ import annotations

import email.utils
import http.client
import json
import random
import time
import urllib.parse
from dataclasses import dataclass
from typing import Any, BinaryIO, Callable, Dict, Mapping, Optional

from .errors import ApiError, ConnectionFailed
from .multipart import Multipart

_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently. A submit is sent again only after 429 and 503, which say that
    nothing was taken, and when no connection came about at all."""

    tries: int = 5
    first_wait: float = 0.5
    """Seconds; doubled each time, and up to a quarter added by chance."""
    longest_wait: float = 30.0

    def wait(self, attempt: int) -> float:
        base = min(self.longest_wait, self.first_wait * 2.0**attempt)
        return base * (1 + random.random() / 4)


class Answer:
    """An answer whose body has not been read yet. A context manager: leaving it closes the
    connection."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse):
        self._connection = connection
        self._response = response
        self.status = response.status
        self.headers = response.headers
        self._body: Optional[bytes] = None

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def read(self, amount: Optional[int] = None) -> bytes:
        """At most `amount` bytes, or all; empty at the end."""
        if self._body is not None:
            body, self._body = self._body, b""
            return body
        return self._response_bytes(amount)

    def _response_bytes(self, amount: Optional[int] = None) -> bytes:
        try:
            return self._response.read(amount)
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionFailed(f"the answer broke off: {error}") from error

    def buffered(self) -> "Answer":
        """Itself, its body read now."""
        with self:
            self._body = self._response_bytes()
        return self

    def json(self) -> Any:
        body = self.read()
        try:
            return json.loads(body) if body else None
        except ValueError as error:
            raise ConnectionFailed(f"the answer is no JSON: {body[:100]!r}") from error


class Transport:
    """Sends requests to one base URL. Not thread-safe: one for each thread."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        timeout: float,
        retry: RetryPolicy,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._headers = dict(headers)
        self._timeout = timeout
        self._retry = retry
        self._sleep = sleep
        _connection_to(self._base, timeout)  # A bad URL is told at once.

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, str]] = None,
        form: Optional[Multipart] = None,
        body: Any = None,
    ) -> Any:
        """The JSON of a good answer, None where it has no body. Raises ApiError otherwise."""
        url = self._base + path
        if query:
            url += "?" + urllib.parse.urlencode(query)
        answer = self.send(method, url, form=form, body=body, headers=self._headers, whole=True)
        with answer:
            return answer.json() if answer.status != 204 else None

    def send(
        self,
        method: str,
        url: str,
        *,
        form: Optional[Multipart] = None,
        body: Any = None,
        headers: Optional[Mapping[str, str]] = None,
        whole: bool = False,
    ) -> Answer:
        """An answer of 2xx; its body is unread unless it is wanted whole, for a try to count.
        Raises ApiError and ConnectionFailed."""
        attempt = 0
        while True:
            try:
                answer = self._send_once(method, url, form, body, headers or {})
                return answer.buffered() if whole else answer
            except ApiError as error:
                refused = error.status in (429, 503)
                again = refused or (error.status >= 500 and method in _SAFE)
                wait = error.retry_after
                failure: Exception = error
            except _NotConnected as error:
                again, wait, failure = True, None, error
            except ConnectionFailed as error:
                again, wait, failure = method in _SAFE, None, error
            attempt += 1
            if not again or attempt >= self._retry.tries:
                raise failure
            self._sleep(self._retry.wait(attempt - 1) if wait is None else wait)

    def _send_once(
        self,
        method: str,
        url: str,
        form: Optional[Multipart],
        body: Any,
        headers: Mapping[str, str],
    ) -> Answer:
        connection, target = _connection_to(url, self._timeout)
        try:
            try:
                connection.connect()
            except OSError as error:
                raise _NotConnected(f"no connection to {url}: {error}") from error
            try:
                response = _exchange(connection, method, target, form, body, dict(headers))
            except (OSError, http.client.HTTPException) as error:
                raise ConnectionFailed(f"no answer to {method} {url}: {error!r}") from error
            answer = Answer(connection, response)
            if 200 <= answer.status < 300:
                return answer
            raise _refusal(answer)
        except BaseException:
            connection.close()
            raise


class _NotConnected(ConnectionFailed):
    """Nothing was sent."""


def _connection_to(url: str, timeout: float) -> "tuple[http.client.HTTPConnection, str]":
    """A connection, not opened yet, and the request target."""
    parts = urllib.parse.urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise ValueError(f"{url!r} is no http or https URL")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return kinds[parts.scheme](parts.hostname, parts.port, timeout=timeout), target


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    form: Optional[Multipart],
    body: Any,
    headers: Dict[str, str],
) -> http.client.HTTPResponse:
    headers.setdefault("Accept", "application/json")
    headers["Connection"] = "close"
    if form is None:
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, target, body=data, headers=headers)
        return connection.getresponse()
    connection.putrequest(method, target)
    headers["Content-Type"] = form.content_type
    headers["Content-Length"] = str(form.length)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        for piece in form.pieces():
            connection.send(piece)
    except (BrokenPipeError, ConnectionResetError):
        # A server that refuses early (413) closes while we still send: its answer counts.
        pass
    return connection.getresponse()


def _refusal(answer: Answer) -> ApiError:
    try:
        body = json.loads(answer.read())
        message = str(body["message"])
    except (ValueError, KeyError, TypeError, ConnectionFailed):
        message = "the server gave no reason"
    return ApiError(answer.status, message, _seconds(answer.headers.get("Retry-After")))


def _seconds(retry_after: Optional[str]) -> Optional[float]:
    """Retry-After as seconds from now: a number or a date (RFC 9110, 10.2.3)."""
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def copy(source: Answer, target: BinaryIO) -> int:
    """Copies the body; how many bytes."""
    total = 0
    while piece := source.read(1 << 16):
        target.write(piece)
        total += len(piece)
    return total
