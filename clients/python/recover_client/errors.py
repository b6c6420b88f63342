"""What can go wrong, as exceptions."""

from __future__ import annotations

from typing import Optional


class RecoverError(Exception):
    """The base of all errors of this package."""


class ApiError(RecoverError):
    """The server refused. `status` is the HTTP status, `message` the server's own words."""

    def __init__(self, status: int, message: str, retry_after: Optional[float] = None) -> None:
        super().__init__(f"{message} (HTTP {status})")
        self.status = status
        self.message = message
        self.retry_after = retry_after
        """Seconds after which the server asked to come back; None where it did not say."""


class ConnectionFailed(RecoverError):
    """No answer came: nobody listens, the connection broke, or time was up."""


class JobFailed(RecoverError):
    """The job ended as Failed or Cancelled. `status` tells which, `message` why."""

    def __init__(self, process_id: str, status: str, message: str) -> None:
        super().__init__(f"job {process_id}: {status}" + (f": {message}" if message else ""))
        self.process_id = process_id
        self.status = status
        self.message = message


class WaitTimeout(RecoverError):
    """The job did not end in the time that the caller gave. It goes on at the server."""


class BadDownload(RecoverError):
    """What came is not the picture that was promised: cut short, or of another format."""
