"""The training loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from dnn.augment import Augmentation, Distorter
from dnn.batches import batches
from dnn.errors import InputError
from dnn.losses import log_softmax, smooth_labels, softmax_cross_entropy
from dnn.network import Network
from dnn.optimizers import Optimizer
from dnn.regularizers import add_l2_gradient, decay
from dnn.schedules import learning_rate_at
from dnn.types import Array


@dataclass(frozen=True)
class Recipe:
    """How to train, apart from the network, the optimizer and the data.

    Args:
        epochs: passes over the training set, at least 1.
        batch_size: examples of a step; 0 means all of them.
        learning_rate: the highest rate of the schedule, above 0.
        schedule: one of `dnn.schedules.SCHEDULES`.
        warmup_epochs: epochs in which the rate climbs to its highest, may be fractional.
        l2: penalty λ/2 Σ W² added to the loss.
        weight_decay: decoupled from the gradient: W ← (1 - η · weight_decay) W.
        label_smoothing: in [0, 1).
        augmentation: distortion of every mini-batch of square images.
    """

    epochs: int
    batch_size: int = 128
    learning_rate: float = 0.01
    schedule: str = "constant"
    warmup_epochs: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    augmentation: Augmentation | None = None

    def __post_init__(self) -> None:
        lowest = {"epochs": 1, "batch_size": 0, "warmup_epochs": 0, "l2": 0, "weight_decay": 0, "label_smoothing": 0}
        for name, least in lowest.items():
            if not getattr(self, name) >= least:
                raise InputError(f"{name} is {getattr(self, name)}, it should be at least {least}")
        if not 0 < self.learning_rate < np.inf:
            raise InputError(f"learning_rate is {self.learning_rate}, it should be above 0 and finite")
        if self.label_smoothing >= 1:
            raise InputError(f"label_smoothing is {self.label_smoothing}, it should be below 1")


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

    def fit(
        self, X: Array, Y: Array, validation: tuple[Array, Array] | None = None, callbacks: Sequence[Callback] = ()
    ) -> None:
        """Train until `recipe.epochs` rows stand in `history`, or a callback stops it.

        Args:
            X, Y: (n, *input_shape) inputs and (n, classes) one-hot labels.
            validation: the same of examples to measure after each epoch.
            callbacks: called in order after each epoch.

        Raises:
            InputError: the loss is no longer finite; the network then holds the weights of the last good epoch.
        """
        targets = smooth_labels(Y, self.recipe.label_smoothing) if self.recipe.label_smoothing else Y
        # OpenBLAS's threads spin while they wait for each other: where the machine has other work, a step of a small
        # network takes many times as long with two as with one. One also gives the same bytes on any number of cores.
        with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore"):
            while len(self.history) < self.recipe.epochs and not self.stop:
                row = self.epoch(X, targets)
                if validation is not None:
                    row["val_loss"], row["val_accuracy"] = loss_and_accuracy(self.network, *validation)
                self.history.append(row)
                for callback in callbacks:
                    callback(self)

    def epoch(self, X: Array, Y: Array) -> dict[str, Any]:
        """One pass over (X, Y): its number, its last learning rate, mean loss and accuracy before each step."""
        good = self.network.params.copy()
        batch_size = self.recipe.batch_size or len(X)
        steps = -(-len(X) // batch_size)
        step = len(self.history) * steps
        total_loss = total_right = 0.0
        for X_batch, Y_batch in batches(X, Y, batch_size, self.rng, self._distorter(X)):
            rate = self.learning_rate(step, steps)
            loss, right = self.step(X_batch, Y_batch, rate)
            step += 1
            last = step % steps == 0  # what it does to the weights is in no loss yet
            if not np.isfinite(loss) or (last and not np.isfinite(self.network.params).all()):
                self.network.params[...] = good
                raise InputError(
                    f"loss or weights were no longer finite at step {step}, learning rate {rate:.3g}: try a smaller "
                    "learning_rate or a warm-up, or check the data; the weights of the last good epoch are kept"
                )
            total_loss += loss * len(X_batch)
            total_right += right
        return {
            "epoch": len(self.history) + 1,
            "learning_rate": rate,
            "train_loss": total_loss / len(X),
            "train_accuracy": total_right / len(X),
        }

    def step(self, X: Array, Y: Array, learning_rate: float) -> tuple[float, int]:
        """One step of gradient descent on one mini-batch: its mean loss and number of right answers before the step."""
        network, recipe = self.network, self.recipe
        logits = network.forward(X, training=True, rng=self.rng)
        dlogits = network.layers[-1].buffer("dlogits", logits.shape, logits.dtype)
        loss = softmax_cross_entropy(logits, Y, dlogits)
        network.backward(dlogits)
        if recipe.l2:
            add_l2_gradient(network.decayed, recipe.l2)
        if recipe.weight_decay:
            decay(network.decayed, learning_rate * recipe.weight_decay)
        self.optimizer.step(network.params, network.grads, learning_rate, network.segments)
        return loss, hits(logits, Y)

    def learning_rate(self, step: int, steps_per_epoch: int) -> float:
        """The rate of a step, counted over the whole training from 0."""
        recipe = self.recipe
        total, warmup = recipe.epochs * steps_per_epoch, round(recipe.warmup_epochs * steps_per_epoch)
        return learning_rate_at(recipe.schedule, recipe.learning_rate, step, total, warmup)

    def _distorter(self, X: Array) -> Callable[[Array], Array] | None:
        if not self.recipe.augmentation:
            return None
        side = round(X.shape[1] ** 0.5)
        if side * side != X.shape[1]:
            raise InputError(f"augmentation needs square images, {X.shape[1]} features are none; switch it off")
        # a generator of its own, as it draws ahead, in another thread
        return Distorter(self.recipe.augmentation, side, np.random.default_rng(self.rng.integers(2**63)))


def loss_and_accuracy(network: Network, X: Array, Y: Array) -> tuple[float, float]:
    """Mean cross-entropy in nats and fraction of right answers for X: (n, *input_shape) with labels Y: (n, classes)."""
    logits = network.logits(X)
    return -float(np.vdot(log_softmax(logits), Y)) / len(X), hits(logits, Y) / len(X)


def hits(logits: Array, Y: Array) -> int:
    """How many rows of (n, classes) logits are highest where the row of Y is."""
    return int(np.count_nonzero(logits.argmax(axis=1) == Y.argmax(axis=1)))
