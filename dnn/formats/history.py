"""The history of a training in a model file: the array `history`, a row for each epoch, NaN for what was not measured.

Its columns are `COLUMNS`; float64, as Python's numbers are, so that they come back as they were.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.npz import npz_layout, npz_names, read_npz
from dnn.base.types import Array

NAME = "history"
COLUMNS = ("epoch", "learning_rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy")
NEEDED = 4  # of them; the others are of a validation set


def as_arrays(history: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    """The arrays that hold the history, by their names; none without an epoch."""
    rows = [[row.get(name, np.nan) for name in COLUMNS] for row in history]
    return {NAME: np.array(rows, np.float64)} if rows else {}


def read_history(path: str | Path) -> list[dict[str, Any]]:
    """The rows as the trainer made them; none where the file has none.

    Raises:
        InputError: the file is damaged.
    """
    if NAME not in npz_names(path):
        return []
    [(shape, dtype)] = npz_layout(path, NAME)
    if len(shape) != 2 or shape[1] != len(COLUMNS) or dtype != np.float64:
        raise InputError(f"{path} is damaged: its history is {shape} {dtype}, it should be (epochs, 6) float64")
    [values] = read_npz(path, NAME)
    measured = ~np.isnan(values)
    counted = np.array_equal(values[:, 0], np.arange(1, len(values) + 1))
    if (
        not counted
        or np.isinf(values).any()
        or not measured[:, :NEEDED].all()
        or (measured[:, 4] != measured[:, 5]).any()
    ):
        raise InputError(f"{path} is damaged: its history is not that of a training")
    rows = [
        {name: value for name, value in zip(COLUMNS, row, strict=True) if value == value} for row in values.tolist()
    ]
    return [row | {"epoch": int(row["epoch"])} for row in rows]
