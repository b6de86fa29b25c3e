"""One step of training: from a mini-batch to changed weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array
from dnn.batches.mixing import cutout, mixup
from dnn.losses import LOSSES, hits
from dnn.network import Network
from dnn.training.accumulation import GradientSum
from dnn.training.denormals import EVERY, drop_denormals
from dnn.training.moving_average import WeightAverage
from dnn.training.optimizers.base import Optimizer
from dnn.training.recipe import Recipe
from dnn.training.regularizers import add_l1_gradient, add_l2_gradient, clip_by_norm, clip_by_value, decay, max_norm


@dataclass
class Stepper:
    """Takes training steps: the network and everything that changes from step to step.

    Args:
        network: trained in place.
        optimizer: keeps its own state.
        recipe: how to train.
        rng: draws the order of the examples, distortions and dropout.

    Raises:
        InputError: the optimizer is in another training already, whose state it keeps.
    """

    network: Network
    optimizer: Optimizer
    recipe: Recipe
    rng: np.random.Generator

    def __post_init__(self) -> None:
        if self.optimizer.taken:
            raise InputError(
                f"this {self.optimizer.kind} optimizer is in a training already, whose state it keeps: make a new one"
            )
        self.recipe.check_inputs(self.network.input_shape)
        self.optimizer.taken = True
        self.make_memory()
        self.start_average()

    def make_memory(self) -> None:
        """Make, anew and empty, what no step leaves anything in for the next epoch."""
        grads, accumulate = self.network.grads, self.recipe.accumulate
        self.gradients = GradientSum(grads.size, accumulate, grads.dtype) if accumulate > 1 else None
        self.loss = LOSSES[self.recipe.loss]()

    def start_average(self) -> None:
        """Begin the moving average, where there is one, at the weights that are there."""
        self.average = WeightAverage(self.network, self.recipe.ema) if self.recipe.ema else None

    def show_average(self, shown: bool) -> None:
        """Put the average, where there is one, in place of the weights, to be measured and kept, or take that back."""
        if self.average:
            self.average.show(self.network, shown)

    def step(
        self, X: Array, Y: Array, learning_rate: float, weights: Array | None = None, flush: bool = True
    ) -> tuple[float, int]:
        """A mini-batch forward and backward, and with enough of them a step; its mean loss and right answers before.

        Args:
            X, Y: (batch, features) inputs and (batch, classes) targets.
            learning_rate: at least 0.
            weights: (batch,) factor of each example in the loss; their mean over the training set should be 1.
            flush: with gradient accumulation, step even if there are fewer mini-batches than `accumulate` asks for.
        """
        network, recipe = self.network, self.recipe
        if recipe.cutout:
            X = cutout(X, recipe.cutout, self.rng)
        if recipe.mixup:
            X, Y, weights = mixup(X, Y, recipe.mixup, self.rng, weights)
        logits = network.forward(X.reshape(len(X), *network.input_shape), training=True, rng=self.rng)
        loss, right = self.loss.forward(logits, Y, weights), hits(logits, Y)
        network.backward(self.loss.backward())
        if self.gradients is None or self.gradients.add(network.grads, len(X), flush):
            self._update(learning_rate)
        return loss, right

    def _update(self, learning_rate: float) -> None:
        """Change the weights by `network.grads`, in this order."""
        network, recipe = self.network, self.recipe
        if recipe.l1:
            add_l1_gradient(network.decayed, recipe.l1)
        if recipe.l2:
            add_l2_gradient(network.decayed, recipe.l2)
        if recipe.clip_value:
            clip_by_value(network.grads, recipe.clip_value)
        if recipe.clip_norm:
            clip_by_norm(network.grads, recipe.clip_norm, network.segments)
        if recipe.weight_decay:
            decay(network.decayed, learning_rate * recipe.weight_decay)
        self.optimizer.step(network.params, network.grads, learning_rate, network.segments)
        if recipe.max_norm:
            max_norm(network.decayed, recipe.max_norm)
        if self.average:
            self.average.update(network)
        if self.optimizer.steps % EVERY == 0:
            drop_denormals(network.state)

    @contextmanager
    def going_back(self) -> Iterator[None]:
        """Put all that a step changes back to what it is now, if the block ends with an error or is interrupted."""
        network, optimizer, average = self.network, self.optimizer, self.average
        optimizer.prepare(network.params)
        vectors = [network.params, network.state, *optimizer.state.values()]
        if average:
            vectors += [average.params, average.state]
        copies = [vector.copy() for vector in vectors]
        counters = {name: getattr(optimizer, name) for name in optimizer.counters}
        averaged = (average.steps, average.shown) if average else (0, False)
        random = self.rng.bit_generator.state
        try:
            yield
        except BaseException:
            for vector, copy in zip(vectors, copies, strict=True):
                vector[...] = copy
            for name, value in counters.items():
                setattr(optimizer, name, value)
            if average:
                average.steps, average.shown = averaged
            self.rng.bit_generator.state = random
            raise

    def __getstate__(self) -> dict[str, Any]:
        """All that a copy needs to go on as the original would, without memory that it makes anew."""
        state = vars(self) | {"gradients": None, "loss": None}
        if self.average and not self.average.steps:  # it is the weights themselves
            del state["average"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.make_memory()
        if "average" not in state:
            self.start_average()
