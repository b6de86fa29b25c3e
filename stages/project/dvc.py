"""DVC's experiment queue: put in, take out, start, say why one failed."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError

JOBS = 2  # experiments at a time; what they train was trained ahead, so that each takes seconds
ROW = re.compile(r"(?P<revision>[0-9a-f]{7,}) .* (?P<status>Queued|Running|Success|Failed)\s*")
STATUS = {"Queued": "queued", "Running": "running", "Success": "done", "Failed": "failed"}


@dataclass(frozen=True)
class Task:
    """What the queue says of one experiment: its stashed commit, its name, and queued, running, done or failed."""

    revision: str
    name: str
    status: str


def queue_status() -> tuple[list[Task], int]:
    """All that the queue remembers, and the number of workers that answer."""
    text = dvc("queue", "status")
    rows = [match for line in text.splitlines() if (match := ROW.fullmatch(line))]
    workers = re.search(r"(\d+) active, (\d+) idle", text)
    count = int(workers[1]) + int(workers[2]) if workers else 0
    return [Task(row["revision"], row[0].split()[1], STATUS[row["status"]]) for row in rows], count


def tasks() -> list[Task]:
    """All that the queue remembers."""
    return queue_status()[0]


def enqueue(name: str, overrides: Mapping[str, Any]) -> None:
    """Queue the workspace as it is, with other parameters, as an experiment.

    It runs the whole pipeline: of a part, `dvc exp apply` could not bring back files that belong together.
    """
    dvc("exp", "run", "--queue", "--name", name, *settings(overrides))


def settings(overrides: Mapping[str, Any]) -> list[str]:
    """Arguments of `dvc exp run`. `++` also adds what params.yaml lacks, such as an entry of `optimizer_options`."""
    return [f"--set-param=++{key}={literal(value)}" for key, value in entries(overrides)]


def entries(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and values, those inside of mappings, too."""
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from entries(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def literal(value: Any) -> str:
    """A value as DVC's `--set-param` reads it: no exponents, no spaces."""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, str):
        return value if re.fullmatch(r"[A-Za-z_][\w./-]*", value) else "'" + value.replace("'", r"\'") + "'"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{literal(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(map(literal, value)) + "]"
    return json.dumps(value)


def start() -> None:
    """Start workers where there are none; they end some seconds after the queue is empty."""
    dvc("queue", "start", "--jobs", str(JOBS))


def remove(names: Sequence[str]) -> None:
    """Take failed experiments out of the queue's memory."""
    if names:
        dvc("queue", "remove", *names)


def reason(name: str) -> str:
    """Why an experiment failed, in one line: what its stage said, or else the last line of the log."""
    try:
        lines = [line.strip() for line in dvc("queue", "logs", name).splitlines() if line.strip()]
    except InputError as error:
        return str(error)
    told = next((line for start in ("error: ", "ERROR: ") for line in lines if line.startswith(start)), None)
    return (told or (lines[-1] if lines else "its log is empty")).removeprefix("error: ")


def dvc(*arguments: str) -> str:
    """What a DVC command prints, with this Python's packages.

    Raises:
        InputError: it fails; with the last line of what it printed.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # Not a pipe: the worker that `queue start` leaves behind would hold it open.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        command = [sys.executable, "-m", "dvc", *arguments]
        done = subprocess.run(command, env=os.environ | {"PATH": path}, stdout=output, stderr=subprocess.STDOUT)
        output.seek(0)
        text = output.read()
    if done.returncode:
        lines = [line for line in text.splitlines() if line.strip()]
        said = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "it printed nothing")
        raise InputError(f"`dvc {' '.join(arguments)}` failed: {said.removeprefix('ERROR: ')}")
    return text
