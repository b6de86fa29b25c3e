"""The training history as DVCLive keeps it: one table for each figure, named as the trainer names it."""

from pathlib import Path

import pandas as pd

from dnn.base.errors import InputError

NAMES = ("learning_rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy")


def load_history(training: Path) -> pd.DataFrame:
    """Columns epoch (from 1) and `NAMES`, one row for each epoch, from the DVCLive folder `training`."""
    history = pd.DataFrame()
    for name in NAMES:
        path = training / "plots" / "metrics" / f"{name}.tsv"
        if not path.exists():
            raise InputError(f"{path} is missing; run `dvc repro train`")
        history[name] = pd.read_csv(path, sep="\t").iloc[:, -1]
    history.insert(0, "epoch", history.index + 1)
    return history
