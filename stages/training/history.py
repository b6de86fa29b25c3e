"""The training history as DVCLive keeps it: one table for each figure, named as the trainer names it."""

from pathlib import Path

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array

NAMES = ("learning_rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy")


def load_history(training: Path) -> dict[str, Array]:
    """Columns epoch (from 1) and `NAMES`, a value for each epoch, from the DVCLive folder `training`."""
    history = {}
    for name in NAMES:
        path = training / "plots" / "metrics" / f"{name}.tsv"
        if not path.exists():
            raise InputError(f"{path} is missing; `dvc repro deliver` makes it")
        history[name] = np.loadtxt(path, skiprows=1, usecols=1, ndmin=1)
    return {"epoch": 1 + np.arange(len(history[name])), **history}
