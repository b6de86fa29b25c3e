"""The training history as DVCLive keeps it: one table for each figure, named as the trainer names it."""

from pathlib import Path

import numpy as np

from dnn.base.types import Array
from stages.project.outputs import read_output, read_table

NAMES = ("learning_rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy")


def load_history(training: Path) -> dict[str, Array]:
    """Columns epoch (from 1) and `NAMES`, a value for each epoch, from the DVCLive folder `training`.

    Raises:
        InputError: a table is missing or damaged, or has not as many rows as statistics.json tells epochs.
    """
    epochs = read_output(training / "statistics.json", "deliver", {"epochs": int})["epochs"]
    history = {}
    for name in NAMES:
        path = training / "plots" / "metrics" / f"{name}.tsv"
        history[name] = read_table(path, "deliver", {"step": int, name: float}, epochs, "\t")[name]
    return {"epoch": 1 + np.arange(epochs), **history}
