"""A whole training: from the data, or an interruption, to the weights that are kept."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import DamagedError, InputError, TrainingWarning
from dnn.base.kinds import Kind, check
from dnn.base.paths import FILE
from dnn.base.types import Array
from dnn.batches.weights import check_some_weight
from dnn.training.callbacks import BestWeights
from dnn.training.checkpoint import Checkpoint, load_checkpoint
from dnn.training.sanity import warn_if_nothing_learned, warn_of_scale
from dnn.training.trainer import Callback, Examples, Trainer


def functions(value: Any) -> list[Callback]:
    """Callbacks, each of which can be called."""
    callbacks = list(value)
    if not all(map(callable, callbacks)):
        raise TypeError
    return callbacks


CALLBACKS = Kind("a list of functions that take the Trainer", functions)


def train(
    trainer: Trainer,
    X: Array,
    Y: Array,
    weights: Array | None = None,
    validation: Examples | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | Path | None = None,
    until: int | None = None,
) -> None:
    """Train to the end, or on from where the checkpoint was left, and keep the weights of the best epoch, or with
    `restore_best` off those of the last.

    Args:
        trainer: a new one; its `history` and `kept_epoch` tell afterwards what came of it.
        X, Y: (n, features) inputs and (n, classes) one-hot labels, float32.
        weights: (n,) of the examples in the loss, at least 0; they are scaled to the mean 1. None weighs all alike.
        validation: X, Y and, perhaps, weights of examples to measure after each epoch.
        callbacks: called after each epoch.
        checkpoint: file to save the training to after each epoch; where it is there, it is one of this same training
            that was interrupted, which goes on to the same bytes. It is removed at the end. One that is torn is put
            aside, and the training starts anew.
        until: stop after this epoch, from 1, as if interrupted there, so that the checkpoint stays; None: train to the
            end.

    Raises:
        DivergenceError: the loss is no longer finite. As after any other end in between, the network then holds the
            weights of the best epoch, or without a validation set or `restore_best` of the last good one, and `history`
            says how many.
        InputError: all weights are 0, the schedule needs a validation set, or the checkpoint is of another training or
            cannot be written.

    Warns:
        TrainingWarning: the scale of X makes failure likely; the checkpoint is torn; or at the end the network is no
            better than always naming the most frequent class.
    """
    until = None if until is None else check("until", until, int, least=1)
    callbacks = check("callbacks", callbacks, CALLBACKS)
    checkpoint = None if checkpoint is None else check("checkpoint", checkpoint, FILE)
    best = BestWeights(trainer.recipe.patience, trainer.recipe.restore_best)
    hooks: list[Callback] = [*callbacks] if validation is None else [best, *callbacks]
    if validation is not None:
        X_val, Y_val, *more = validation
        measured = "there is nothing to measure epochs by"
        validation = X_val, Y_val, scaled(more[0], "validation examples", measured) if more else None
    weights = scaled(weights, "examples", "there is nothing to learn")
    warn_of_scale(trainer.network, X)
    if checkpoint is not None:
        if checkpoint.exists():
            resume(checkpoint, trainer, best)
        else:
            make_folder(checkpoint)
        hooks.append(Checkpoint(checkpoint, best))
    try:
        trainer.fit(X, Y, validation, hooks, weights, until)
    finally:
        restores = trainer.recipe.restore_best and best.epoch
        if restores:
            best.restore(trainer)
        trainer.kept_epoch = best.epoch if restores else len(trainer.history)
        trainer.start_average()  # from the weights that are kept
    if checkpoint is not None and until is None:
        checkpoint.unlink(missing_ok=True)
    if trainer.stop or len(trainer.history) >= trainer.recipe.epochs:
        steps = trainer.steps_per_epoch(len(X)) * len(trainer.history)
        warn_if_nothing_learned(trainer.network, X, Y.argmax(axis=1), weights, steps)


def resume(checkpoint: Path, trainer: Trainer, best: BestWeights) -> None:
    """Go on from the checkpoint; one that is torn, as by a fault of the disk, is renamed, with a warning."""
    try:
        load_checkpoint(checkpoint, trainer, best)
    except DamagedError as error:
        aside = checkpoint.with_name(f"{checkpoint.name}.damaged")
        checkpoint.replace(aside)
        told = f"{error}; it is {aside.name} now, to be removed, and the training starts anew"
        warnings.warn(told, TrainingWarning, stacklevel=3)


def make_folder(checkpoint: Path) -> None:
    """Make the folder of the file, so that it fails, if it does, before the first epoch."""
    try:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"checkpoint is {checkpoint}, its folder cannot be made ({error.strerror})") from None


def scaled(weights: Array | None, which: str, so: str) -> Array | None:
    """(n,) weights with the mean 1, so that the learning rate means the same with them and without.

    Raises:
        InputError: as of `check_some_weight`.
    """
    check_some_weight(weights, which, so)
    if weights is None:
        return None
    scaled: Array = weights / np.mean(weights, dtype=np.float64)
    return scaled
