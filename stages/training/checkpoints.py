"""Where an interrupted training goes on, and how long it has taken so far."""

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

from dnn.base.files import sha256, write_text
from dnn.base.strict_json import read_json
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
    key = hashlib.sha256(f"{options} {seed} {provenance.engine()} {files}".encode())
    return Path(os.environ.get("DVC_ROOT") or top()) / ".checkpoints" / f"{key.hexdigest()[:16]}.npz"


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
    """The seconds that `note_seconds` wrote for the checkpoint; 0 where there is none."""
    path = checkpoint.with_suffix(".json")
    if not (checkpoint.exists() and path.exists()):
        return 0.0
    remedy = "remove it: what the training took before is not counted then"
    return float(read_json(path, {"seconds": float}, remedy)["seconds"])


def forget(checkpoint: Path) -> None:
    """Remove a checkpoint whose training is done, with its seconds."""
    checkpoint.unlink(missing_ok=True)
    checkpoint.with_suffix(".json").unlink(missing_ok=True)
