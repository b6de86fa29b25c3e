"""One training as a task that can run in any process, on any machine that has the code."""

import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dnn.base.errors import InputError, TrainingWarning
from dnn.classifier import DeepNeuralNetwork
from stages.datasets.splits import Split, load_split
from stages.training.checkpoints import Stopwatch, seconds_spent


@dataclass(frozen=True)
class Data:
    """The data that trainings share: the training and the validation set."""

    train: Split
    val: Split


def load_data(processed: Path) -> Data:
    """Read the two sets from the folder that preprocess fills; InputError where one is missing or damaged."""
    return Data(load_split(processed / "train.npz"), load_split(processed / "val.npz"))


@dataclass(frozen=True)
class Task:
    """A training, or the part of one up to some epoch."""

    options: dict[str, Any]  # arguments of the classifier, see `options_of`: of the whole training, wherever this ends
    seed: int  # of the weights, the order of the images and their distortion
    until: int | None = None  # the epoch, from 1, at whose end to stop; None: with the last one
    checkpoint: bytes = b""  # of an `Outcome` of the same training, to go on from; empty: from the start
    place: Path | None = None  # a file that keeps the checkpoint, so that a training that is killed goes on from there


@dataclass(frozen=True)
class Outcome:
    """The result of a task."""

    history: list[dict[str, Any]]  # a row of figures for each epoch done, those before `Task.checkpoint` among them
    kept_epoch: int  # the one, from 1, whose weights training would keep by now
    parameters: int  # number of weights
    seconds: float  # that this part of the training took, and with `Task.place` those before it
    checkpoint: bytes  # a file that continues exactly where this stopped
    model: bytes  # a model file with the weights of that epoch

    @property
    def kept(self) -> dict[str, Any]:
        """The row of the epoch whose weights are those of the model."""
        return self.history[self.kept_epoch - 1]


def train_task(task: Task, data: Data) -> Outcome:
    """Train; the same task gives the same bytes in any process, in one go or in parts.

    Raises:
        InputError: as `DeepNeuralNetwork.train`, for example where the loss is no longer finite.
    """
    classifier = DeepNeuralNetwork(**task.options, random_state=task.seed)
    with TemporaryDirectory() as folder:
        checkpoint, model = task.place or Path(folder, "checkpoint.npz"), Path(folder, "model.npz")
        if task.checkpoint:
            checkpoint.write_bytes(task.checkpoint)
        before, started = seconds_spent(checkpoint), time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TrainingWarning)  # its scores say it
            classifier.train(
                data.train.images,
                data.train.digits,
                validation_data=(data.val.images, data.val.digits),
                callbacks=[Stopwatch(checkpoint)] if task.place else [],
                checkpoint=checkpoint,
                until=classifier.epochs if task.until is None else task.until,
            )
        seconds = before + time.perf_counter() - started
        classifier.save_model(model)
        return Outcome(
            classifier.history_,
            classifier.kept_epoch_,
            classifier.network_.params.size,
            seconds,
            checkpoint.read_bytes(),
            model.read_bytes(),
        )


def attempt(task: Task, data: Data) -> Outcome | str:
    """Train; an error that ends it, as a too high learning rate brings, is a result like any other."""
    try:
        return train_task(task, data)
    except InputError as error:
        return str(error)
