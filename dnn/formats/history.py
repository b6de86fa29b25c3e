"""The history of a training in a model file: the array `history`, a row for each epoch, NaN for what was not
measured, and `kept_epoch`, the number of the epoch whose weights were kept.

The columns of `history` are `COLUMNS`; float64, as Python's numbers are, so that they come back as they were.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.npz import npz_layout, npz_names, read_npz
from dnn.base.types import Array

NAME, KEPT = "history", "kept_epoch"
COLUMNS = ("epoch", "learning_rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy")
NEEDED = 4  # of them; the others are of a validation set


def as_arrays(history: Sequence[Mapping[str, Any]], kept_epoch: int) -> dict[str, Array]:
    """The arrays that hold the history, by their names; none without an epoch."""
    rows = [[row.get(name, np.nan) for name in COLUMNS] for row in history]
    return {NAME: np.array(rows, np.float64), KEPT: np.array(kept_epoch, np.int64)} if rows else {}


def read_history(path: str | Path) -> tuple[list[dict[str, Any]], int]:
    """The rows as the trainer made them, and the number of the epoch that was kept; no rows, and 0, where the file has
    none.

    Raises:
        InputError: the file is damaged.
    """
    if not {NAME, KEPT} <= npz_names(path):
        return [], 0
    (shape, dtype), of_kept = npz_layout(path, NAME, KEPT)
    if len(shape) != 2 or shape[1] != len(COLUMNS) or dtype != np.float64:
        raise InputError(f"{path} is damaged: its history is {shape} {dtype}, it should be (epochs, 6) float64")
    if of_kept != ((), np.dtype(np.int64)):
        raise InputError(f"{path} is damaged: its history is without the epoch that was kept")
    values, kept_epoch = read_npz(path, NAME, KEPT)
    measured = ~np.isnan(values)
    counted = np.array_equal(values[:, 0], np.arange(1, len(values) + 1))
    if (
        not counted
        or np.isinf(values).any()
        or not measured[:, :NEEDED].all()
        or (measured[:, 4] != measured[:, 5]).any()
        or not 0 < kept_epoch <= len(values)
    ):
        raise InputError(f"{path} is damaged: its history is not that of a training")
    rows = [
        {name: value for name, value in zip(COLUMNS, row, strict=True) if value == value} for row in values.tolist()
    ]
    return [row | {"epoch": int(row["epoch"])} for row in rows], int(kept_epoch)
