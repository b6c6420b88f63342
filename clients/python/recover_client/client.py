"""The client: one method for each thing that the server can do."""

from __future__ import annotations

import contextlib
import io
import os
import time
from pathlib import Path
from typing import (Any, BinaryIO, Callable, ContextManager, Iterator, List, Mapping, Optional,
                    Sequence, Union)

from . import files
from .errors import JobFailed, WaitTimeout
from .multipart import Multipart
from .records import Balance, Download, Estimate, Job, Submission
from .settings import Settings
from .transport import RetryPolicy, Transport

Picture = Union[str, "os.PathLike[str]", bytes, BinaryIO]

FIRST_POLL_SECONDS = 0.25
LONGEST_POLL_SECONDS = 5.0


class RecoverClient:
    """Speaks to one server with one key. Not thread-safe: one for each thread.

    Every method raises ApiError when the server refuses and ConnectionFailed when no answer
    comes. Answers 429 and 503 are waited out as the server asks (Retry-After); failing GETs are
    tried again; a submit that may have arrived is never sent twice.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8080",
        api_key: Optional[str] = None,
        *,
        timeout: float = 60.0,
        retry: RetryPolicy = RetryPolicy(),
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """api_key: None for a server of --single-user. timeout: seconds without a byte."""
        headers = {"X-API-Key": api_key} if api_key else {}
        self._transport = Transport(base_url, headers, timeout, retry, sleep)
        self._sleep = sleep
        self._monotonic = monotonic

    # One job.

    def submit(
        self,
        image: Optional[Picture] = None,
        settings: Settings = Settings(),
        *,
        source_id: Optional[str] = None,
        source_url: Optional[str] = None,
        filename: Optional[str] = None,
    ) -> Submission:
        """Sends a picture (a path, bytes or an open seekable file) or names one: an earlier
        submit's source_id, or a URL that the server fetches. Exactly one of the three."""
        if sum(given is not None for given in (image, source_id, source_url)) != 1:
            raise ValueError("give exactly one of image, source_id and source_url")
        fields = settings.form()
        for name, value in (("source_id", source_id), ("source_url", source_url)):
            if value is not None:
                fields[name] = value
        with _opened(image) as file:
            name = filename or _name_of(image)
            form = Multipart(fields, file, name)
            answer = self._transport.call("POST", "/image/v1/enhance-gen/async", form=form)
        return Submission.of(answer)

    def status(self, process_id: str) -> Job:
        return Job.of(self._transport.call("GET", f"/image/v1/status/{process_id}"))

    def wait(
        self,
        process_id: str,
        *,
        timeout: Optional[float] = None,
        on_progress: Optional[Callable[[Job], None]] = None,
    ) -> Job:
        """Polls until the job is Completed, less often the longer it takes. `on_progress` is
        called with every answer. Raises JobFailed for Failed and Cancelled, WaitTimeout after
        `timeout` seconds (the job goes on)."""
        end = None if timeout is None else self._monotonic() + timeout
        pause = FIRST_POLL_SECONDS
        while True:
            job = self.status(process_id)
            if on_progress is not None:
                on_progress(job)
            if job.status == "Completed":
                return job
            if job.is_final:
                raise JobFailed(process_id, job.status, job.message)
            if end is not None and self._monotonic() + pause > end:
                raise WaitTimeout(f"job {process_id} is {job.status} after {timeout:g} s")
            self._sleep(pause)
            pause = min(LONGEST_POLL_SECONDS, pause * 1.5)

    def cancel(self, process_id: str) -> None:
        """Ends a Pending or Processing job; its credits come back."""
        self._transport.call("DELETE", f"/image/v1/cancel/{process_id}")

    def delete(self, process_id: str) -> None:
        """Removes a finished job, its result, and its input unless other jobs use it."""
        self._transport.call("DELETE", f"/image/v1/status/{process_id}")

    # Files.

    def download_info(self, process_id: str) -> Download:
        return Download.of(self._transport.call("GET", f"/image/v1/download/{process_id}"))

    def input_info(self, process_id: str) -> Download:
        return Download.of(self._transport.call("GET", f"/image/v1/download/input/{process_id}"))

    def download(
        self,
        process_id: str,
        path: Union[str, "os.PathLike[str]"],
        *,
        output_format: Optional[str] = None,
        overwrite: bool = False,
    ) -> Path:
        """Saves the result. It appears under `path` whole or not at all; a connection that
        breaks is taken up where it broke. With `output_format` the bytes must be of it, in any
        case those of a picture (BadDownload otherwise). FileExistsError unless `overwrite`."""
        return files.save(self._transport, lambda: self.download_info(process_id).download_url,
                          Path(path), output_format, overwrite)

    def download_input(
        self, process_id: str, path: Union[str, "os.PathLike[str]"], *, overwrite: bool = False
    ) -> Path:
        """Saves the picture that was sent, as download() does."""
        return files.save(self._transport, lambda: self.input_info(process_id).download_url,
                          Path(path), None, overwrite)

    def enhance(
        self,
        image: Picture,
        output: Union[str, "os.PathLike[str]"],
        settings: Settings = Settings(),
        *,
        timeout: Optional[float] = None,
        on_progress: Optional[Callable[[Job], None]] = None,
        overwrite: bool = False,
    ) -> Job:
        """submit, wait and download in one call."""
        if not overwrite and Path(output).exists():
            raise FileExistsError(f"{output} is there already")
        submission = self.submit(image, settings)
        job = self.wait(submission.process_id, timeout=timeout, on_progress=on_progress)
        self.download(job.process_id, output, output_format=job.output_format, overwrite=overwrite)
        return job

    # All jobs of the key.

    def jobs(self, page_size: int = 50) -> Iterator[Job]:
        """All jobs, newest first, fetched page by page; stable while new ones arrive."""
        cursor = ""
        while True:
            query = {"paginated": "true", "limit": str(page_size)}
            if cursor:
                query["cursor"] = cursor
            page = self._transport.call("GET", "/image/v1/status", query=query)
            yield from map(Job.of, page["data"])
            cursor = page["pagination"].get("next_cursor", "")
            if not cursor:
                return

    def delete_finished(self) -> int:
        """Removes all finished jobs; how many."""
        return int(self._transport.call("DELETE", "/image/v1/status")["deleted_count"])

    # Costs.

    def estimate(self, width: int, height: int, settings: Settings = Settings()) -> Estimate:
        """Credits and seconds for an input of that size."""
        body = _estimate_item(width, height, settings)
        return Estimate.of(self._transport.call("POST", "/image/v1/estimate-gen", body=body))

    def estimate_bulk(
        self, items: Sequence["tuple[int, int, Settings]"]
    ) -> List[Estimate]:
        """The same for many; a bad item's `status` is "error", its `message` says why."""
        body = [_estimate_item(*item) for item in items]
        answer = self._transport.call("POST", "/image/v1/estimate-bulk", body=body)
        return [Estimate.of(item) for item in answer]

    def balance(self) -> Balance:
        return Balance.of(self._transport.call("GET", "/account/v1/credits/balance"))


def _estimate_item(width: int, height: int, settings: Settings) -> Mapping[str, Any]:
    wanted = {name: value for name, value in vars(settings).items() if value is not None}
    return {**wanted, "input_width": width, "input_height": height}


def _opened(image: Optional[Picture]) -> ContextManager[Optional[BinaryIO]]:
    if isinstance(image, (bytes, bytearray, memoryview)):
        return contextlib.nullcontext(io.BytesIO(image))
    if isinstance(image, (str, os.PathLike)):
        return open(image, "rb")
    return contextlib.nullcontext(image)


def _name_of(image: Optional[Picture]) -> str:
    if isinstance(image, (str, os.PathLike)):
        return Path(image).name
    name = getattr(image, "name", None)
    return Path(name).name if isinstance(name, str) else "image"
