"""The least that a training step in NumPy needs."""

from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from dnn.layers import Dense
from dnn.network import Network
from tests.benchmarks import networks
from tests.benchmarks.clock import seconds
from tests.benchmarks.setting import THREADS


def run_floor(network: Network, batch_size: int, X: np.ndarray, threads: int = THREADS) -> Callable[[], float]:
    """Seconds a step of a dense network's matrix products, the gather, and a pass of the optimizer."""
    rng = np.random.default_rng(0)
    layers = [layer for layer in network.layers if isinstance(layer, Dense)]
    acts = [rng.random((batch_size, len(layer.parameters["W"])), np.float32) for layer in layers]
    outs = [rng.random((batch_size, layer.units), np.float32) for layer in layers]
    optimizer = networks.trainer(network, batch_size, 1, 1).optimizer
    order = rng.permutation(len(X))

    def step(start: int) -> None:
        np.take(X, order[start : start + batch_size], axis=0, out=acts[0], mode="clip")
        for layer, A, Y in zip(layers, acts, outs, strict=True):
            np.matmul(A, layer.parameters["W"], out=Y)
        for number in range(len(layers) - 1, -1, -1):
            np.matmul(acts[number].T, outs[number], out=layers[number].gradients["W"])
            if number:
                np.matmul(outs[number], layers[number].parameters["W"].T, out=acts[number])
        optimizer.step(network.params, network.grads, 1e-9)

    def epoch() -> None:
        for start in range(0, len(X) - batch_size + 1, batch_size):
            step(start)
            for A in (*acts[1:], *outs):
                A.fill(0.5)  # or the numbers grow out of bounds

    def run() -> float:
        with threadpool_limits(threads, "blas"), np.errstate(all="ignore"):
            return seconds(epoch) / (len(X) // batch_size)

    return run
