"""The training history as DVCLive keeps it: one table for each figure, named as DVC shows it."""

from pathlib import Path

import pandas as pd

from dnn.base.errors import InputError

# From the trainer's names to DVCLive's. metrics.json has train.loss and the like of its own, measured after training.
NAMES = {
    "learning_rate": "learning_rate",
    "train_loss": "training/loss",
    "train_accuracy": "training/accuracy",
    "val_loss": "validation/loss",
    "val_accuracy": "validation/accuracy",
}


def load_history(training: Path) -> pd.DataFrame:
    """Columns epoch (from 1) and the keys of `NAMES`, one row for each epoch, from the DVCLive folder `training`."""
    history = pd.DataFrame()
    for column, name in NAMES.items():
        path = training / "plots" / "metrics" / f"{name}.tsv"
        if not path.exists():
            raise InputError(f"{path} is missing; run `dvc repro train`")
        history[column] = pd.read_csv(path, sep="\t").iloc[:, -1]
    history.insert(0, "epoch", history.index + 1)
    return history
