"""The training loop."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from dnn.base.blas import blas_threads
from dnn.base.errors import InputError
from dnn.base.threads import Threads
from dnn.base.types import Array
from dnn.batches.augmentation import make_distorter
from dnn.batches.labels import smooth_labels
from dnn.batches.minibatches import batch_sizes, batches
from dnn.batches.weights import check_some_weight
from dnn.losses import hits
from dnn.network import Network
from dnn.training.divergence import diverged, is_finite
from dnn.training.learning_rate import LearningRate
from dnn.training.optimizers import make_optimizer
from dnn.training.recipe import Training
from dnn.training.step import Stepper

Examples = tuple[Array, Array] | tuple[Array, Array, Array | None]  # inputs, labels and, perhaps, weights in the loss
Callback = Callable[["Trainer"], None]  # called after every epoch; may read the trainer, and set `trainer.stop`
Watch = Callable[[float, float, float], None]  # a callback's `on_step`, see `Trainer.fit`


@dataclass
class Trainer(Stepper):
    """One training: epoch after epoch of steps, measured.

    Args:
        network, optimizer, recipe, rng: see `Stepper`.
        history: one row of scores for each epoch done.
        stop: whether to train no further.
        kept_epoch: the epoch, from 1, whose weights the network holds once the training is over.
    """

    recipe: Training
    history: list[dict[str, Any]] = field(default_factory=list)
    stop: bool = False
    kept_epoch: int = 0

    @classmethod
    def of(cls, network: Network, training: Training, rng: np.random.Generator) -> Self:
        """A new training of the network, with the optimizer that `training` names."""
        return cls(network, make_optimizer(training.optimizer, **(training.optimizer_options or {})), training, rng)

    def going_on(self, training: Training) -> Self:
        """A training by other options that goes on where this one is; another optimizer starts anew."""
        if vars(training) == vars(self.recipe):
            return self
        new = self.of(self.network, training, self.rng)
        new.history, new.kept_epoch = self.history, self.kept_epoch
        if (training.optimizer, training.optimizer_options) == (self.recipe.optimizer, self.recipe.optimizer_options):
            new.optimizer = self.optimizer
        if training.ema == self.recipe.ema:
            new.average = self.average
        return new

    def fit(
        self,
        X: Array,
        Y: Array,
        validation: Examples | None = None,
        callbacks: Sequence[Callback] = (),
        weights: Array | None = None,
        until: int | None = None,
    ) -> None:
        """Train until `recipe.epochs` rows stand in `history`, or a callback stops it.

        Args:
            X, Y: (n, *input_shape) inputs and (n, classes) one-hot labels.
            validation: the same of examples to measure after each epoch.
            callbacks: called in order after each epoch. The method `on_step` of those that have one is called after
                each mini-batch with the epochs that are done, such as 3.25, the learning rate, and the mean loss of the
                epoch so far; it should take no time.
            weights: (n,) of the examples in the loss, at least 0, with mean 1; None weighs all alike.
            until: the epoch, from 1, after which to pause; None goes to the end.

        Raises:
            DivergenceError: the loss is no longer finite; the network then holds the weights of the last good epoch.
        """
        recipe = self.recipe
        if recipe.schedule == "plateau" and validation is None:
            raise InputError("schedule plateau looks at the validation loss: give a validation set")
        examples = self.examples(X, Y, weights)
        watching = [callback.on_step for callback in callbacks if hasattr(callback, "on_step")]
        learning_rate = LearningRate.of(recipe, self.steps_per_epoch(len(X)), self.history)
        with self.computing():
            while len(self.history) < min(recipe.epochs, until or recipe.epochs) and not self.stop:
                row = self.epoch(learning_rate, *examples, validation=validation, watching=watching)
                if validation is not None:
                    learning_rate.schedule.observe(row["val_loss"])
                self.history.append(row)
                for callback in callbacks:
                    callback(self)

    def pass_once(self, X: Array, Y: Array, weights: Array | None = None) -> None:
        """Train for one more epoch, of these examples, without a schedule: it would have to know the end.

        Args, Raises: as in `fit`. Weights that are all 0 raise InputError, too.
        """
        check_some_weight(weights, "examples", "there is nothing to learn")
        with self.computing():
            row = self.epoch(lambda _: self.recipe.learning_rate, *self.examples(X, Y, weights))
        self.history.append(row)
        self.kept_epoch = len(self.history)

    def epoch(
        self,
        learning_rate: Callable[[int], float],
        X: Array,
        *labels: Array,
        validation: Examples | None = None,
        watching: Sequence[Watch] = (),
    ) -> dict[str, Any]:
        """One pass over X and its labels: its number, last learning rate, and scores; the average of the weights, where
        there is one, stands in their place afterwards.

        Loss and accuracy in training are means over the examples, before each step.
        """
        steps = self.steps_per_epoch(len(X))
        step = len(self.history) * steps
        total_loss = total_right = 0.0
        seen = 0
        with self.going_back():
            self.show_average(False)
            for X_batch, Y_batch, *weights in self.batches(X, *labels):
                rate = learning_rate(step)
                step += 1
                last = step % steps == 0
                loss, right = self.step(X_batch, Y_batch, rate, weights[0] if weights else None, last)
                # the loss does not know yet what the last step did to the weights
                if not np.isfinite(loss) or (last and not is_finite(self.network, X_batch)):
                    raise diverged(f"step {step}", rate, len(self.history))
                total_loss += loss * len(X_batch)
                total_right += right
                seen += len(X_batch)
                for watch in watching:
                    watch(step / steps, rate, total_loss / seen)
            self.show_average(True)
            row = {
                "epoch": len(self.history) + 1,
                "learning_rate": rate,
                "train_loss": total_loss / len(X),
                "train_accuracy": total_right / len(X),
            }
            return row if validation is None else row | self._validate(row, *validation)

    def _validate(self, row: dict[str, Any], X: Array, Y: Array, weights: Array | None = None) -> dict[str, Any]:
        """The scores of the validation set, by the loss that training minimises."""
        logits = self.network.logits(X)
        loss = self.loss.value(logits, Y, weights)
        if not np.isfinite(loss):
            raise diverged(f"the end of epoch {row['epoch']}", row["learning_rate"], len(self.history))
        return {"val_loss": loss, "val_accuracy": hits(logits, Y) / len(Y)}

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Threads for the network and the optimizer, while they train."""
        with blas_threads(1), Threads(self.recipe.threads) as threads, self.network.at_work(threads):
            self.optimizer.threads = threads
            with np.errstate(over="ignore", invalid="ignore"):
                try:
                    yield
                finally:
                    self.make_memory()  # in place of that which holds the last mini-batch

    def examples(self, X: Array, Y: Array, weights: Array | None) -> list[Array]:
        """Inputs, smoothed labels and, where there are such, weights, as `batches` takes them."""
        if self.recipe.label_smoothing:
            Y = smooth_labels(Y, self.recipe.label_smoothing)
        examples = [X, Y] if weights is None else [X, Y, weights.astype(X.dtype)]
        return [np.require(A, requirements=["C", "A"]) for A in examples]  # np.take copies all others whole, each time

    def batches(self, X: Array, *labels: Array) -> Iterator[tuple[Array, ...]]:
        """One epoch of mini-batches of X: (n, features), shuffled and distorted, with their labels."""
        transform = make_distorter(self.recipe.augmentation, X, self.rng)
        return batches(X, *labels, batch_size=self.recipe.batch_size or len(X), rng=self.rng, transform=transform)

    def steps_per_epoch(self, examples: int) -> int:
        """Number of mini-batches that so many examples make."""
        return len(batch_sizes(examples, self.recipe.batch_size or examples))
