"""An exponential moving average of the weights."""

from typing import Any

import numpy as np

from dnn.base.types import Array
from dnn.network import Network
from dnn.training.denormals import EVERY, drop_denormals


class WeightAverage:
    """a ← d a + (1 - d) w after every step, for all parameters and running statistics (batch normalisation's, too).

    The average of many steps lies nearer to the middle of the valley than the last of them.

    Args:
        network: whose vectors are averaged.
        decay: d in (0, 1), to which it grows as (1 + t) / (10 + t) with the steps t: the start is soon forgotten.

    Sources: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; Kingma & Ba 2015, "Adam: a
    method for stochastic optimization", section 7.2.
    """

    def __init__(self, network: Network, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.params, self.state = network.params.copy(), network.state.copy()
        self.shown = False
        self._scratch: Array | None = None

    def update(self, network: Network) -> None:
        """Take in the weights after a step."""
        if self._scratch is None:
            self._scratch = np.empty_like(network.params)
        self.steps += 1
        share = 1 - min(self.decay, self.steps / (self.steps + 9))
        for average, now in ((self.params, network.params), (self.state, network.state)):
            difference = np.subtract(now, average, out=self._scratch[: len(now)])
            np.multiply(difference, share, out=difference)
            np.add(average, difference, out=average)
            if self.steps % EVERY == 0:
                drop_denormals(average, difference)

    def show(self, network: Network, shown: bool = True) -> None:
        """Exchange the average and the network's weights, or take that back; nothing happens where it is so already."""
        if shown == self.shown:
            return
        self.shown = shown
        for average, now in ((self.params, network.params), (self.state, network.state)):
            kept = now.copy()
            now[...] = average
            average[...] = kept

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_scratch": None}  # which a copy makes anew
