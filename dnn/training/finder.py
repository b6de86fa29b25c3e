"""The learning-rate range test: every rate is tried, for a step each."""

from collections.abc import Iterable

import numpy as np

from dnn.base.types import Array
from dnn.training.step import Stepper


def find_learning_rate(
    stepper: Stepper, steps: Iterable[tuple[Array, ...]], rates: Array, smoothing: float = 0.9
) -> tuple[Array, Array]:
    """Train with a rate that grows from step to step, until the loss has left its best value far behind.

    Args:
        stepper: its network is trained, so give it one to throw away.
        steps: mini-batches (X, Y), as many as there are rates.
        rates: (n,) growing learning rates.
        smoothing: in [0, 1), of the moving average of the loss, corrected for its start at 0.

    Returns:
        The rates that were tried, and the smoothed loss before the step of each.

    Source: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3.
    """
    losses: list[float] = []
    average = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for count, ((X, Y), rate) in enumerate(zip(steps, rates, strict=False), start=1):
            loss, _ = stepper.step(X, Y, float(rate))
            average = smoothing * average + (1 - smoothing) * loss
            losses.append(average / (1 - smoothing**count))
            if not np.isfinite(loss) or losses[-1] > 4 * min(losses):
                break
    return rates[: len(losses)], np.array(losses)
