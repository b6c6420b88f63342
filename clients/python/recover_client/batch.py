"""Many pictures: a few under way at once, and a journal to go on after an interruption."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from . import formats
from .client import FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS, RecoverClient
from .errors import ApiError, RecoverError
from .records import Job
from .settings import Settings

JOURNAL_NAME = ".recover-batch.jsonl"


@dataclass(frozen=True)
class BatchItem:
    """How one picture ended: "done", "skipped" (was done before) or "failed"."""

    source: Path
    output: Path
    outcome: str
    message: str = ""


class Journal:
    """What was sent and finished, one JSON line each, on the disk before the next step. A
    picture is known by its path, size, time of change and settings."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: Dict[str, Dict[str, str]] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                    self._jobs[entry["key"]] = entry
                except (ValueError, KeyError, TypeError):
                    continue  # The line that a crash cut short.

    @staticmethod
    def key(source: Path, settings: Settings) -> str:
        stat = source.stat()
        facts = [str(source.resolve()), stat.st_size, stat.st_mtime_ns, sorted(settings.form().items())]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def find(self, key: str) -> Dict[str, str]:
        return self._jobs.get(key, {})

    def note(self, key: str, state: str, process_id: str = "") -> None:
        entry = {"key": key, "state": state, "process_id": process_id}
        self._jobs[key] = entry
        # A line that a crash cut short must not swallow this one.
        line = "\n" + json.dumps(entry) + "\n"
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


def output_path(source: Path, folder: Path, settings: Settings) -> Path:
    """FOLDER/NAME-recovered.EXT."""
    kind = formats.canonical(settings.output_format or "jpeg")
    return folder / f"{source.stem}-recovered{formats.EXTENSIONS.get(kind, '.' + kind)}"


class Batch:
    """Runs pictures through one client. Run it again after an interruption: what is finished is
    skipped, what the server has already is waited for, not sent and charged a second time."""

    def __init__(
        self,
        client: RecoverClient,
        folder: Path,
        settings: Settings = Settings(),
        *,
        at_once: int = 4,
        on_change: Optional[Callable[[Path, Job], None]] = None,
        sleep: Optional[Callable[[float], None]] = None,
    ) -> None:
        self._client = client
        self._folder = folder
        self._settings = settings
        self._at_once = at_once
        self._on_change = on_change
        self._sleep = sleep or client._sleep
        folder.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(folder / JOURNAL_NAME)

    def run(self, sources: Sequence[Path]) -> List[BatchItem]:
        """One item for each source, in order. A picture that fails does not stop the rest."""
        self._refuse_clashes(sources)
        waiting: List[Tuple[int, Path]] = list(enumerate(sources))
        under_way: Dict[int, Tuple[Path, str]] = {}
        results: Dict[int, BatchItem] = {}
        pause = FIRST_POLL_SECONDS
        while waiting or under_way:
            while waiting and len(under_way) < self._at_once:
                index, source = waiting.pop(0)
                begun = self._guarded(source, lambda: self._begin(source))
                if isinstance(begun, BatchItem):
                    results[index] = begun
                elif isinstance(begun, str):
                    under_way[index] = (source, begun)
            ended = False
            for index, (source, process_id) in list(under_way.items()):
                item = self._guarded(source, lambda: self._look(source, process_id))
                if isinstance(item, BatchItem):
                    results[index] = item
                    del under_way[index]
                    ended = True
            pause = FIRST_POLL_SECONDS if ended else min(LONGEST_POLL_SECONDS, pause * 1.5)
            if under_way and not ended:
                self._sleep(pause)
        return [results[index] for index in range(len(sources))]

    def _refuse_clashes(self, sources: Sequence[Path]) -> None:
        seen: Dict[Path, Path] = {}
        for source in sources:
            output = output_path(source, self._folder, self._settings)
            if output in seen:
                raise ValueError(f"{seen[output]} and {source} would both become {output}")
            seen[output] = source

    def _guarded(self, source: Path, step: Callable[[], object]) -> object:
        try:
            return step()
        except (RecoverError, OSError) as error:
            return self._item(source, "failed", str(error))

    def _item(self, source: Path, outcome: str, message: str = "") -> BatchItem:
        output = output_path(source, self._folder, self._settings)
        return BatchItem(source, output, outcome, message)

    def _begin(self, source: Path) -> object:
        """The job's id, or the item when there is nothing to do."""
        key = Journal.key(source, self._settings)
        known = self._journal.find(key)
        if known.get("state") == "done" and self._item(source, "").output.exists():
            return self._item(source, "skipped")
        if known.get("process_id") and known.get("state") != "failed":
            try:
                if self._client.status(known["process_id"]).status not in ("Failed", "Cancelled"):
                    return known["process_id"]
            except ApiError as error:
                if error.status != 404:  # The server forgets after a week.
                    raise
        process_id = self._client.submit(source, self._settings).process_id
        self._journal.note(key, "sent", process_id)
        return process_id

    def _look(self, source: Path, process_id: str) -> Optional[BatchItem]:
        """The item when the job has ended."""
        job = self._client.status(process_id)
        if self._on_change is not None:
            self._on_change(source, job)
        if not job.is_final:
            return None
        key = Journal.key(source, self._settings)
        if job.status != "Completed":
            self._journal.note(key, "failed", process_id)
            return self._item(source, "failed", job.message or job.status)
        item = self._item(source, "done")
        self._client.download(process_id, item.output, output_format=job.output_format,
                              overwrite=True)
        self._journal.note(key, "done", process_id)
        return item
