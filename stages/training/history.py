"""The training history as DVCLive keeps it: one table for each figure, named as the trainer names it."""

from pathlib import Path

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array
from stages.project.outputs import read_output, read_table, remedy

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


def kept_epochs(training: Path) -> list[int]:
    """The epochs, counted as `load_history` does, whose weights were kept: one for each member of an ensemble.

    Raises:
        InputError: statistics.json is missing, damaged or tells others.
    """
    path = training / "statistics.json"
    told = read_output(path, "deliver", {"epochs": int, "members": [{"epochs": int, "kept_epoch": int}]})
    before, kept = 0, []
    for member in told["members"]:
        if not 0 < member["kept_epoch"] <= member["epochs"]:
            raise InputError(
                f"{path} is damaged: epoch {member['kept_epoch']} of {member['epochs']}; {remedy('deliver')}"
            )
        kept.append(before + member["kept_epoch"])
        before += member["epochs"]
    if before != told["epochs"] or not kept:
        raise InputError(f"{path} is damaged: {told['epochs']} epochs, of its members {before}; {remedy('deliver')}")
    return kept
