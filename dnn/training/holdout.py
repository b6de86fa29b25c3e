"""Part of the training set to validate on, where early stopping is given nothing else."""

from math import ceil

import numpy as np
from sklearn.model_selection import train_test_split

from dnn.base.errors import InputError, shown
from dnn.base.types import Array

HELD_OUT = 0.1  # the fraction of the training set


def hold_out(y: Array) -> tuple[Array, Array]:
    """Rows to train on and rows to validate on, with each class in both; the same for the same labels.

    Args:
        y: (n,) labels.

    Raises:
        InputError: there are too few examples, or a class has a single one.
    """
    classes, counts = np.unique(y, return_counts=True)
    remedy = "call train with validation_data, or set patience=0"
    if counts.min() < 2:
        raise InputError(
            f"patience holds a tenth of the examples out to validate on, with each class in both parts, but class "
            f"{shown(classes[counts.argmin()].item())} has a single one: {remedy}"
        )
    if ceil(HELD_OUT * len(y)) < len(classes):
        raise InputError(
            f"patience holds a tenth of the examples out to validate on, but of {len(y)} that is fewer than the "
            f"{len(classes)} classes: {remedy}"
        )
    rows, val_rows = train_test_split(np.arange(len(y)), test_size=HELD_OUT, stratify=y, random_state=0)
    return rows, val_rows
