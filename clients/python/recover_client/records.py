"""The server's answers as typed records."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import Any, Mapping, Optional, Type, TypeVar

FINAL_STATUSES = frozenset({"Completed", "Cancelled", "Failed"})

T = TypeVar("T")


def _known(kind: Type[T], answer: Mapping[str, Any]) -> T:
    """The record of `answer`, fields that this version does not know passed over: a newer
    server may send more."""
    names = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in answer.items() if name in names})


@dataclass(frozen=True)
class Submission:
    """A job that the server took."""

    process_id: str
    source_id: str
    """Give it to another submit to use the same picture without sending it again."""
    eta: int
    """Unix seconds at which the job is expected to be finished."""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Submission":
        return _known(cls, answer)


@dataclass(frozen=True)
class Job:
    """A job as the server reports it. Times are Unix seconds, sizes pixels."""

    process_id: str
    status: str
    """Pending, Processing, Completed, Cancelled or Failed."""
    progress: int
    """0 to 100, never falling."""
    filename: str
    model: str
    input_format: str
    input_width: int
    input_height: int
    output_format: str
    output_width: int
    output_height: int
    crop_to_fill: bool
    eta: int
    creation_time: int
    modification_time: int
    credits: int
    category: str = "Enhance"
    model_type: str = ""
    source_id: Optional[str] = None
    subject_detection: Optional[str] = None
    face_enhancement: Optional[bool] = None
    face_enhancement_strength: Optional[float] = None
    face_enhancement_creativity: Optional[float] = None
    options_json: Optional[str] = None
    message: str = ""
    """Why a Failed job failed."""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The whole answer."""

    @property
    def is_final(self) -> bool:
        return self.status in FINAL_STATUSES

    @property
    def options(self) -> Mapping[str, Any]:
        """Every other setting, given or chosen; empty where the server told none."""
        return json.loads(self.options_json) if self.options_json else {}

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Job":
        return _known(cls, {**answer, "raw": answer})


@dataclass(frozen=True)
class Download:
    """Where a file can be fetched, without the key, until `expiry` (Unix seconds)."""

    download_url: str
    head_url: str
    expiry: int

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Download":
        return _known(cls, answer)


@dataclass(frozen=True)
class Estimate:
    """What a job would take. Items of a bulk estimate may have failed: see `message`."""

    credits: int = 0
    duration: int = 0
    """Seconds of work, without the wait in the queue."""
    status: str = "success"
    message: str = ""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Estimate":
        return _known(cls, answer)


@dataclass(frozen=True)
class Balance:
    """Credits of a key: total = available + reserved."""

    available_credits: int
    reserved_credits: int
    total_credits: int

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Balance":
        return _known(cls, answer)
