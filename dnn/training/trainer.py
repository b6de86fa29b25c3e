"""The training loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from dnn import losses
from dnn.base.errors import InputError
from dnn.base.threads import Threads
from dnn.base.types import Array
from dnn.batches.augmentation import Distorter
from dnn.batches.minibatches import batches
from dnn.batches.mixing import cutout, mixup
from dnn.network import Network
from dnn.training import regularizers
from dnn.training.accumulation import GradientSum
from dnn.training.moving_average import WeightAverage
from dnn.training.optimizers.base import Optimizer
from dnn.training.recipe import Recipe
from dnn.training.schedules import learning_rate_at, make_schedule


class Callback(Protocol):
    """Called after every epoch; may read the trainer, and set `trainer.stop`."""

    def __call__(self, trainer: "Trainer") -> None: ...


@dataclass
class Trainer:
    """One training run: the network and everything that changes from step to step.

    Args:
        network: trained in place.
        optimizer: keeps its own state.
        recipe: how to train.
        rng: draws the order of the examples, distortions and dropout.
    """

    network: Network
    optimizer: Optimizer
    recipe: Recipe
    rng: np.random.Generator
    history: list[dict[str, Any]] = field(default_factory=list)  # one row of figures for each epoch done
    stop: bool = False

    def __post_init__(self) -> None:
        self.start_average()
        self._gradients = GradientSum(self.network.grads.size, self.recipe.accumulate, self.network.grads.dtype)

    def start_average(self) -> None:
        """Begin the moving average, where there is one, at the weights that are there."""
        self.average = WeightAverage(self.network, self.recipe.ema) if self.recipe.ema else None

    def fit(
        self,
        X: Array,
        Y: Array,
        validation: tuple[Array, Array] | None = None,
        callbacks: Sequence[Callback] = (),
        weights: Array | None = None,
    ) -> None:
        """Train until `recipe.epochs` rows stand in `history`, or a callback stops it.

        Args:
            X, Y: (n, *input_shape) inputs and (n, classes) one-hot labels.
            validation: the same of examples to measure after each epoch.
            callbacks: called in order after each epoch.
            weights: (n,) of the examples in the loss, at least 0; None weighs all alike.

        Raises:
            InputError: the loss is no longer finite; the network then holds the weights of the last good epoch.
        """
        if self.recipe.schedule == "plateau" and validation is None:
            raise InputError("schedule plateau looks at the validation loss: give a validation set")
        X, Y = (np.require(A, requirements=["C", "A"]) for A in (X, Y))  # a batch of others would cost a copy of all
        targets = losses.smooth_labels(Y, self.recipe.label_smoothing) if self.recipe.label_smoothing else Y
        labels = (targets,) if weights is None else (targets, weights.astype(X.dtype))
        # Images are cut into pieces, each with products of its own; without them BLAS's threads share each product.
        blas_threads = 1 if self.network.has_images else self.recipe.threads
        with (
            threadpool_limits(blas_threads, "blas"),
            Threads(self.recipe.threads) as threads,
            np.errstate(over="ignore", invalid="ignore"),
        ):
            self.network.use(threads)
            self.optimizer.use(threads)
            while len(self.history) < self.recipe.epochs and not self.stop:
                self._show_average(False)
                row = self.epoch(X, *labels)
                self._show_average(True)
                if validation is not None:
                    row["val_loss"], row["val_accuracy"] = loss_and_accuracy(self.network, *validation)
                    if not np.isfinite(row["val_loss"]):
                        self._give_up(f"the end of epoch {row['epoch']}", row["learning_rate"])
                self.history.append(row)
                for callback in callbacks:
                    callback(self)

    def epoch(self, X: Array, *labels: Array) -> dict[str, Any]:
        """One pass over X and its labels: its number, last learning rate, mean loss and accuracy before each step."""
        self._good = self.network.params.copy(), self.network.state.copy()
        batch_size = self.recipe.batch_size or len(X)
        steps = -(-len(X) // batch_size)
        step = len(self.history) * steps
        learning_rate = self.learning_rates(steps)
        total_loss = total_right = 0.0
        for X_batch, Y_batch, *weights_batch in batches(
            X, *labels, batch_size=batch_size, rng=self.rng, transform=self.distorter(X)
        ):
            rate = learning_rate(step)
            step += 1
            last = step % steps == 0
            loss, right = self.step(X_batch, Y_batch, rate, weights_batch[0] if weights_batch else None, last)
            # what the last step does to the weights is in no loss yet
            if not np.isfinite(loss) or (last and not self._is_finite(X_batch)):
                self._give_up(f"step {step}", rate)
            total_loss += loss * len(X_batch)  # each example alike, also where the loss weighs them
            total_right += right
        return {
            "epoch": len(self.history) + 1,
            "learning_rate": rate,
            "train_loss": total_loss / len(X),
            "train_accuracy": total_right / len(X),
        }

    def step(
        self, X: Array, Y: Array, learning_rate: float, weights: Array | None = None, flush: bool = True
    ) -> tuple[float, int]:
        """One step of gradient descent on a mini-batch: its mean loss and number of right answers before the step.

        Args:
            X, Y: (batch, features) inputs and (batch, classes) targets.
            learning_rate: at least 0.
            weights: (batch,) of the examples.
            flush: with gradient accumulation, step even if there are fewer mini-batches than it gathers.
        """
        network, recipe = self.network, self.recipe
        if recipe.cutout:
            X = cutout(X, recipe.cutout, self.rng)
        if recipe.mixup:
            X, Y, weights = mixup(X, Y, recipe.mixup, self.rng, weights)
        logits = network.forward(X.reshape(len(X), *network.input_shape), training=True, rng=self.rng)
        dlogits = network.layers[-1].buffer("dlogits", logits.shape, logits.dtype)
        loss_of = losses.softmax_cross_entropy if recipe.loss == "cross_entropy" else losses.mean_squared_error
        loss = loss_of(logits, Y, dlogits, weights)
        right = hits(logits, Y)
        network.backward(dlogits)
        if self._gradients.add(network.grads, len(X), flush):
            self._regularize(learning_rate)
            self.optimizer.step(network.params, network.grads, learning_rate, network.segments)
            if recipe.max_norm:
                regularizers.max_norm(network.decayed, recipe.max_norm)
            if self.average:
                self.average.update(network)
        return loss, right

    def learning_rates(self, steps_per_epoch: int) -> Callable[[int], float]:
        """From the step, counted over the whole training from 0, to its learning rate, for the epoch to come."""
        recipe = self.recipe
        return partial(
            learning_rate_at,
            make_schedule(recipe.schedule, **(recipe.schedule_options or {})),
            recipe.learning_rate,
            total_steps=recipe.epochs * steps_per_epoch,
            warmup_steps=round(recipe.warmup_epochs * steps_per_epoch),
            losses=[row["val_loss"] for row in self.history if "val_loss" in row],
        )

    def _regularize(self, learning_rate: float) -> None:
        """Add the gradients of the penalties, clip, and decay the weights."""
        network, recipe = self.network, self.recipe
        if recipe.l1:
            regularizers.add_l1_gradient(network.decayed, recipe.l1)
        if recipe.l2:
            regularizers.add_l2_gradient(network.decayed, recipe.l2)
        if recipe.clip_value:
            regularizers.clip_by_value(network.grads, recipe.clip_value)
        if recipe.clip_norm:
            regularizers.clip_by_norm(network.grads, recipe.clip_norm, network.segments)
        if recipe.weight_decay:
            regularizers.decay(network.decayed, learning_rate * recipe.weight_decay)

    def _is_finite(self, X: Array) -> bool:
        """Whether the network answers X with numbers."""
        return bool(np.isfinite(self.network.state).all() and np.isfinite(self.network.logits(X)).all())

    def _give_up(self, where: str, rate: float) -> None:
        """Go back to the weights before the epoch and say so."""
        self.network.params[...], self.network.state[...] = self._good
        raise InputError(
            f"loss or weights were no longer finite at {where}, learning rate {rate:.3g}: try a smaller learning_rate "
            "or a warm-up, or check the data; the weights of the last good epoch are kept"
        )

    def _show_average(self, shown: bool) -> None:
        """Put the average in place of the weights, to be measured and kept, or take that back."""
        if self.average:
            self.average.show(self.network, shown)

    def distorter(self, X: Array) -> Callable[[Array], Array] | None:
        """What distorts the mini-batches of one epoch, where the recipe says so."""
        if not self.recipe.augmentation:
            return None
        side = round(X.shape[1] ** 0.5)
        if side * side != X.shape[1]:
            raise InputError(f"augmentation needs square images, {X.shape[1]} features are none; switch it off")
        # a generator of its own, as it draws ahead, in another thread
        return Distorter(self.recipe.augmentation, side, np.random.default_rng(self.rng.integers(2**63)))


def loss_and_accuracy(network: Network, X: Array, Y: Array) -> tuple[float, float]:
    """Mean cross-entropy in nats and fraction of right answers for X: (n, features) with labels Y: (n, classes)."""
    logits = network.logits(X)
    return -float(np.vdot(losses.log_softmax(logits), Y)) / len(X), hits(logits, Y) / len(X)


def hits(logits: Array, Y: Array) -> int:
    """How many rows of (n, classes) logits are highest where the row of Y is."""
    return int(np.count_nonzero(logits.argmax(axis=1) == Y.argmax(axis=1)))
