"""The learning-rate range test: every rate is tried, for a step each."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from dnn.base.errors import InputError
from dnn.base.kinds import Kind, check, finite, listed
from dnn.base.types import Array
from dnn.training.trainer import Trainer


def growing(value: object) -> Array:
    """Two or more numbers above 0, each larger than the one before."""
    rates = [finite(rate) for rate in listed(value)]
    if len(rates) < 2 or rates[0] <= 0 or not all(low < high for low, high in pairwise(rates)):
        raise ValueError
    return np.array(rates)


RATES = Kind("a list of two or more finite numbers above 0, each larger than the one before", growing)


def find_learning_rate(
    trainer: Trainer, X: Array, Y: Array, rates: Array, weights: Array | None = None, smoothing: float = 0.9
) -> tuple[Array, Array]:
    """Train with a rate that grows from step to step, until the loss has left its best value far behind.

    All else is as in training: the order of the examples, distortions, smoothed labels, weights, accumulation.

    Args:
        trainer: a new one; its network is trained, so give it one to throw away.
        X, Y: (n, *input_shape) inputs and (n, classes) one-hot labels.
        rates: (m,) growing learning rates, at least two, each for one step.
        weights: (n,) of the examples in the loss, at least 0, with mean 1; None weighs all alike.
        smoothing: in [0, 1), of the moving average of the loss, corrected for its start at 0.

    Returns:
        The rates that were tried, and the smoothed loss before the step of each.

    Raises:
        InputError: the rates or the smoothing are no such numbers, or there are no examples.

    Source: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3.
    """
    rates, smoothing = check("rates", rates, RATES), check("smoothing", smoothing, float, least=0, below=1)
    if not len(X):
        raise InputError("X has no examples, so no rate can be tried: give some")
    examples, average = trainer.examples(X, Y, weights), 0.0
    losses: list[float] = []
    with trainer.computing():
        for count, loss in enumerate(losses_of(trainer, rates, *examples), start=1):
            average = smoothing * average + (1 - smoothing) * loss
            losses.append(average / (1 - smoothing**count))
            if not np.isfinite(loss) or losses[-1] > 4 * min(losses):
                break
    return rates[: len(losses)], np.array(losses)


def losses_of(trainer: Trainer, rates: Array, X: Array, *labels: Array) -> Iterator[float]:
    """The loss before the step with each rate, epoch after epoch; with `accumulate` the mean of its mini-batches."""
    left, last = iter(rates), trainer.steps_per_epoch(len(X))
    rate = next(left, None)
    while rate is not None:
        loss, count = 0.0, 0
        for number, (X_batch, Y_batch, *weights) in enumerate(trainer.batches(X, *labels), start=1):
            one, _ = trainer.step(X_batch, Y_batch, rate, weights[0] if weights else None, number == last)
            loss, count = loss + one * len(X_batch), count + len(X_batch)
            if trainer.gradients and trainer.gradients.gathered:  # there is more to come for this step
                continue
            yield loss / count
            loss, count, rate = 0.0, 0, next(left, None)
            if rate is None:
                break
