"""Gradients of several mini-batches for one step, where a batch of their size would not fit."""

import numpy as np

from dnn.base.types import Array


class GradientSum:
    """Gathers gradients and gives the mean over all examples.

    Args:
        size: elements of the gradient vector.
        count: mini-batches to gather for a step.
        dtype: of the vector.
    """

    def __init__(self, size: int, count: int, dtype: np.dtype) -> None:
        self.count, self.gathered, self.examples = count, 0, 0
        self._sum = np.zeros(size, dtype)

    def add(self, grads: Array, examples: int, flush: bool) -> bool:
        """Take in the mean gradient of so many examples.

        Returns:
            Whether there are enough for a step, or `flush` asks for it; then `grads` is the mean over all of them.
        """
        np.multiply(grads, examples, out=grads)
        np.add(self._sum, grads, out=self._sum)
        self.gathered += 1
        self.examples += examples
        if self.gathered < self.count and not flush:
            return False
        np.divide(self._sum, self.examples, out=grads)
        self._sum[...] = 0
        self.gathered = self.examples = 0
        return True
