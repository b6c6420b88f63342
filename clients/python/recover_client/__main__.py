"""The client on the command line: python -m recover_client COMMAND ..."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import typing
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from .batch import Batch
from .client import RecoverClient
from .errors import RecoverError
from .records import Job
from .settings import Settings


def _switch(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError("true or false")
    return text.lower() == "true"


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """One flag for each setting: --output-width 2000."""
    kinds: Dict[type, Callable[[str], Any]] = {bool: _switch, int: int, float: float, str: str}
    for name, hint in typing.get_type_hints(Settings).items():
        kind = next(entry for entry in typing.get_args(hint) if entry is not type(None))
        parser.add_argument("--" + name.replace("_", "-"), dest=name, type=kinds[kind],
                            metavar=kind.__name__.upper())


def _settings(arguments: argparse.Namespace) -> Settings:
    names = [entry.name for entry in dataclasses.fields(Settings)]
    return Settings(**{name: getattr(arguments, name) for name in names})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recover_client", description=__doc__)
    parser.add_argument("--url", default=os.environ.get("RECOVER_URL", "http://127.0.0.1:8080"),
                        help="where the server is (environment: RECOVER_URL)")
    parser.add_argument("--key", default=os.environ.get("RECOVER_API_KEY"),
                        help="better given by the environment, RECOVER_API_KEY: a command line "
                        "can be read by others")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str, *positionals: str, settings: bool = False) -> Any:
        command = commands.add_parser(name, help=text)
        for positional in positionals:
            command.add_argument(positional)
        if settings:
            _add_settings(command)
        return command

    add("enhance", "send a picture, wait, save the result", "input", "output",
        settings=True).add_argument("--overwrite", action="store_true")
    batch = add("batch", "the same for many; run again to go on", settings=True)
    batch.add_argument("inputs", nargs="+", type=Path)
    batch.add_argument("-o", "--folder", required=True, type=Path)
    batch.add_argument("--at-once", type=int, default=4)
    add("submit", "send a picture and print its job", "input", settings=True)
    add("status", "print a job", "process_id")
    add("wait", "wait until a job has ended", "process_id")
    add("download", "save a job's result", "process_id", "output").add_argument(
        "--overwrite", action="store_true")
    add("cancel", "end a job", "process_id")
    add("delete", "remove a finished job and its files", "process_id")
    add("list", "print all jobs, newest first")
    estimate = add("estimate", "print credits and seconds", settings=True)
    estimate.add_argument("width", type=int)
    estimate.add_argument("height", type=int)
    add("balance", "print the key's credits")
    return parser


def _print(record: Any) -> None:
    values = {name: value for name, value in dataclasses.asdict(record).items()
              if name != "raw" and value is not None}
    print(json.dumps(values, ensure_ascii=False))


def _show(job: Job) -> None:
    """One line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        end = "\n" if job.is_final else "\r"
        print(f"{job.status} {job.progress:3d} %   ", end=end, file=sys.stderr, flush=True)


def _run_batch(client: RecoverClient, arguments: argparse.Namespace) -> int:
    batch = Batch(client, arguments.folder, _settings(arguments), at_once=arguments.at_once)
    items = batch.run(arguments.inputs)
    for item in items:
        print(f"{item.outcome}: {item.source} -> {item.output}"
              + (f": {item.message}" if item.message else ""))
    return 1 if any(item.outcome == "failed" for item in items) else 0


def _run(client: RecoverClient, arguments: argparse.Namespace) -> int:
    command = arguments.command
    if command == "enhance":
        _print(client.enhance(arguments.input, arguments.output, _settings(arguments),
                              on_progress=_show, overwrite=arguments.overwrite))
    elif command == "batch":
        return _run_batch(client, arguments)
    elif command == "submit":
        _print(client.submit(arguments.input, _settings(arguments)))
    elif command == "status":
        _print(client.status(arguments.process_id))
    elif command == "wait":
        _print(client.wait(arguments.process_id, on_progress=_show))
    elif command == "download":
        client.download(arguments.process_id, arguments.output, overwrite=arguments.overwrite)
    elif command == "cancel":
        client.cancel(arguments.process_id)
    elif command == "delete":
        client.delete(arguments.process_id)
    elif command == "list":
        for job in client.jobs():
            _print(job)
    elif command == "estimate":
        _print(client.estimate(arguments.width, arguments.height, _settings(arguments)))
    elif command == "balance":
        _print(client.balance())
    return 0


def main(arguments: Optional[List[str]] = None) -> int:
    """0 done, 1 refused or failed, 2 wrong usage, 130 stopped by Ctrl-C."""
    parsed = _parser().parse_args(arguments)
    try:
        return _run(RecoverClient(parsed.url, parsed.key), parsed)
    except (RecoverError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
