"""The training loop."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from dnn.base.errors import InputError
from dnn.base.threads import Threads
from dnn.base.types import Array
from dnn.batches.augmentation import make_distorter
from dnn.batches.labels import smooth_labels
from dnn.batches.minibatches import batch_sizes, batches
from dnn.losses import loss_and_accuracy
from dnn.training.divergence import diverged, is_finite, last_good_weights
from dnn.training.learning_rate import LearningRate
from dnn.training.step import Stepper

Callback = Callable[["Trainer"], None]  # called after every epoch; may read the trainer, and set `trainer.stop`


@dataclass
class Trainer(Stepper):
    """One training: epoch after epoch of steps, measured.

    Args:
        network, optimizer, recipe, rng: see `Stepper`.
        history: one row of scores for each epoch done.
        stop: whether to train no further.
    """

    history: list[dict[str, Any]] = field(default_factory=list)
    stop: bool = False

    @np.errstate(over="ignore", invalid="ignore")
    def fit(
        self,
        X: Array,
        Y: Array,
        validation: tuple[Array, Array] | None = None,
        callbacks: Sequence[Callback] = (),
        weights: Array | None = None,
        until: int | None = None,
    ) -> None:
        """Train until `recipe.epochs` rows stand in `history`, or a callback stops it.

        Args:
            X, Y: (n, *input_shape) inputs and (n, classes) one-hot labels.
            validation: the same of examples to measure after each epoch.
            callbacks: called in order after each epoch.
            weights: (n,) of the examples in the loss, at least 0; None weighs all alike.
            until: the epoch, from 1, after which to pause; None goes to the end.

        Raises:
            InputError: the loss is no longer finite; the network then holds the weights of the last good epoch.
        """
        network, recipe = self.network, self.recipe
        if recipe.schedule == "plateau" and validation is None:
            raise InputError("schedule plateau looks at the validation loss: give a validation set")
        X, Y = (
            np.require(A, requirements=["C", "A"]) for A in (X, Y)
        )  # np.take would copy all others whole, each time
        labels = [smooth_labels(Y, recipe.label_smoothing) if recipe.label_smoothing else Y]
        if weights is not None:
            labels.append(weights.astype(X.dtype))
        learning_rate = LearningRate.of(recipe, self.steps_per_epoch(len(X)), self.history)
        # images are cut into pieces, each with products of its own; without them BLAS's threads share each product
        blas_threads = 1 if network.has_images else recipe.threads
        with threadpool_limits(blas_threads, "blas"), Threads(recipe.threads) as threads, network.at_work(threads):
            self.optimizer.threads = threads
            while len(self.history) < min(recipe.epochs, until or recipe.epochs) and not self.stop:
                self.show_average(False)
                with last_good_weights(network):
                    row = self.epoch(learning_rate, X, *labels)
                    self.show_average(True)
                    if validation is not None:
                        self._validate(row, *validation)
                        learning_rate.schedule.observe(row["val_loss"])
                self.history.append(row)
                for callback in callbacks:
                    callback(self)

    def epoch(self, learning_rate: LearningRate, X: Array, *labels: Array) -> dict[str, Any]:
        """One pass over X and its labels: its number, last learning rate, mean loss and accuracy before each step."""
        steps = self.steps_per_epoch(len(X))
        step = len(self.history) * steps
        total_loss = total_right = 0.0
        for X_batch, Y_batch, *weights in self.batches(X, *labels):
            rate = learning_rate(step)
            step += 1
            last = step % steps == 0
            loss, right = self.step(X_batch, Y_batch, rate, weights[0] if weights else None, last)
            # the loss does not know yet what the last step did to the weights
            if not np.isfinite(loss) or (last and not is_finite(self.network, X_batch)):
                raise diverged(f"step {step}", rate)
            total_loss += loss * len(X_batch)  # each example alike, also where the loss weighs them
            total_right += right
        return {
            "epoch": len(self.history) + 1,
            "learning_rate": rate,
            "train_loss": total_loss / len(X),
            "train_accuracy": total_right / len(X),
        }

    def _validate(self, row: dict[str, Any], X: Array, Y: Array) -> None:
        """Add the scores of the validation set to the row of an epoch."""
        row["val_loss"], row["val_accuracy"] = loss_and_accuracy(self.network.logits(X), Y)
        if not np.isfinite(row["val_loss"]):
            raise diverged(f"the end of epoch {row['epoch']}", row["learning_rate"])

    def batches(self, X: Array, *labels: Array) -> Iterator[tuple[Array, ...]]:
        """One epoch of mini-batches of X: (n, features), shuffled and distorted, with their labels."""
        transform = make_distorter(self.recipe.augmentation, X, self.rng)
        return batches(X, *labels, batch_size=self.recipe.batch_size or len(X), rng=self.rng, transform=transform)

    def steps_per_epoch(self, examples: int) -> int:
        """Number of mini-batches that so many examples make."""
        return len(batch_sizes(examples, self.recipe.batch_size or examples))
