"""Where an interrupted training goes on, how long it has taken so far, and what belongs to no training any more."""

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError
from dnn.base.files import sha256, write_text
from dnn.base.locks import in_use
from dnn.base.npz import read_npz_text
from dnn.base.strict_json import parse_json, read_json
from dnn.training.checkpoint import HEADER
from dnn.training.trainer import Trainer
from stages.project.paths import top
from stages.training import provenance


def checkpoint_path(options: dict[str, Any], seed: int, processed: Path) -> Path:
    """The file in which an interrupted training of just these parameters, data and code goes on.

    It lies outside of the outputs, which DVC removes before a stage runs, in the real project even where a temporary
    experiment runs elsewhere.
    """
    files = [sha256(path) for _, path in provenance.data_files(processed, options["start_from"] or "")]
    options = options | {"start_from": None}  # whose content counts, not its place
    engine = provenance.engine()
    key = hashlib.sha256(f"{options} {seed} {engine} {files}".encode())
    return folder() / f"{beginning(engine)}{key.hexdigest()[:16]}.npz"


def folder() -> Path:
    """The folder of all checkpoints."""
    return Path(os.environ.get("DVC_ROOT") or top()) / ".checkpoints"


def beginning(engine: str) -> str:
    """The beginning of the names of all checkpoints of that code and software."""
    return f"{engine[:8]}-"


def lock_of(path: Path) -> Path:
    """The file by which a training locks what it writes at `path`: not beside it, as DVC removes the folder before."""
    return folder() / f".{hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]}.lock"


class Stopwatch:
    """Notes after each epoch, in a JSON file beside the checkpoint, the seconds that the training has taken so far.

    An interruption, and a training that was done elsewhere before, count with what they took.
    """

    def __init__(self, checkpoint: Path) -> None:
        self.path, self.before, self.started = checkpoint, seconds_spent(checkpoint), time.perf_counter()

    def __call__(self, trainer: Trainer) -> None:
        note_seconds(self.path, self.before + time.perf_counter() - self.started)


def note_seconds(checkpoint: Path, seconds: float) -> None:
    """Write down how long the training took that left the checkpoint."""
    write_text(checkpoint.with_suffix(".json"), json.dumps({"seconds": seconds}) + "\n")


def seconds_spent(checkpoint: Path) -> float:
    """The seconds that `note_seconds` wrote for the checkpoint; 0 where there is none, or no such note."""
    if not checkpoint.exists():
        return 0.0
    try:
        return float(read_json(checkpoint.with_suffix(".json"), {"seconds": float}, "")["seconds"])
    except InputError:
        return 0.0


def dynamics_path(checkpoint: Path) -> Path:
    """The file beside the checkpoint with what was measured in the training so far."""
    return checkpoint.with_suffix(".dynamics.npz")


def forget(checkpoint: Path) -> None:
    """Remove a checkpoint whose training is done, with all that belongs to it."""
    for path in (checkpoint, checkpoint.with_suffix(".json"), dynamics_path(checkpoint)):
        path.unlink(missing_ok=True)


def finished(checkpoint: Path) -> bool:
    """Whether the checkpoint is there and leaves no epoch to train; one that is damaged leaves all."""
    try:
        header = header_of(checkpoint)
        return bool(header["stop"]) or len(header["history"]) >= header["setting"]["epochs"]
    except (InputError, LookupError, TypeError, ValueError):
        return False


def epochs_in(checkpoint: Path) -> int:
    """The epochs that are done, by a checkpoint; 0 where there is none, or one that is damaged."""
    try:
        return len(header_of(checkpoint)["history"])
    except (InputError, LookupError, TypeError, ValueError):
        return 0


def header_of(checkpoint: Path) -> dict[str, Any]:
    """All that a checkpoint says of its training but the vectors; raises InputError where it is missing or damaged."""
    return parse_json(read_npz_text(checkpoint, "header", HEADER), {})


def abandoned() -> list[Path]:
    """Files of checkpoints that no training goes on with, as they are of other code or software."""
    ours = beginning(provenance.engine())
    others = [path for path in sorted(folder().glob("[!.]*")) if not path.name.startswith(ours)]
    return [path for path in others if not in_use(folder() / f"{path.name.partition('.')[0]}.npz")]
