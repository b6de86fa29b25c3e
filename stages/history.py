"""The training history, read back from the tables that DVCLive wrote."""

from pathlib import Path

import pandas as pd

from dnn.errors import InputError

COLUMNS = ("learning_rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy")


def load_history(training: Path) -> pd.DataFrame:
    """Columns epoch (from 1) and `COLUMNS`, one row for each epoch, from the DVCLive folder `training`."""
    history = pd.DataFrame()
    for column in COLUMNS:
        path = training / "plots" / "metrics" / f"{column.replace('_', '/', 1) if column[0] != 'l' else column}.tsv"
        if not path.exists():
            raise InputError(f"{path} is missing; run `dvc repro train`")
        history[column] = pd.read_csv(path, sep="\t").iloc[:, -1]
    history.insert(0, "epoch", history.index + 1)
    return history
