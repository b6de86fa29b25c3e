"""The networks of the benchmark."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dnn.architecture import Architecture
from dnn.layers import BatchNorm, Conv2D, Dense, GlobalAveragePool, MaxPool, ReLU
from dnn.network import Network
from dnn.training.optimizers import make_optimizer
from dnn.training.recipe import Training
from dnn.training.trainer import Trainer
from tests.benchmarks.clock import seconds
from tests.benchmarks.setting import THREADS
from tests.networks import mlp

SMALL, LARGE = [784, 128, 64, 32, 10], [784, 1024, 1024, 512, 10]
FILTERS = [[24, 32], [48, 64], [96, 96]]  # of the convolutions between poolings
RATE, DECAY = 1e-3, 0.01


def dense(sizes: list[int]) -> Network:
    return started(mlp(sizes))


def convolutional() -> Network:
    """Six convolutions, 3x3."""
    layers: list[Any] = []
    for number, block in enumerate(FILTERS):
        layers += [MaxPool(2)] if number else []
        for filters in block:
            layers += convolution(filters, 3)
    return started(Network([*layers, GlobalAveragePool(), Dense(10)], (28, 28, 1)))


def strided() -> Network:
    """Larger steps in place of poolings."""
    layers = [*convolution(24, 3), *convolution(48, 3, stride=2), *convolution(96, 3, stride=2)]
    return started(Network([*layers, GlobalAveragePool(), Dense(10)], (28, 28, 1)))


def bottleneck() -> Network:
    """1x1 kernels around one of 3x3."""
    layers = [*convolution(64, 3), MaxPool(2), *convolution(32, 1), *convolution(32, 3), *convolution(128, 1)]
    return started(Network([*layers, GlobalAveragePool(), Dense(10)], (28, 28, 1)))


def convolution(filters: int, kernel: int, stride: int = 1) -> list[Any]:
    # PyTorch pads both sides alike, which "same" does not with a stride of 2
    padding = "same" if stride == 1 else "valid"
    return [Conv2D(filters, kernel, stride, padding, bias=False), BatchNorm(), ReLU()]


def described(hidden_layers: list[Any]) -> Network:
    """The network of params.yaml's `model.hidden_layers`."""
    return started(Architecture(hidden_layers=hidden_layers).build(784, 10))


def started(network: Network) -> Network:
    network.initialize(np.random.default_rng(0))
    return network


def trainer(network: Network, batch_size: int, epochs: int, threads: int) -> Trainer:
    decay = DECAY if network.has_images else 0.0
    recipe = Training(epochs=epochs, batch_size=batch_size, learning_rate=RATE, weight_decay=decay, threads=threads)
    return Trainer(network, make_optimizer("adamw" if decay else "adam"), recipe, np.random.default_rng(0))


def run_ours(
    network: Network, batch_size: int, X: np.ndarray, y: np.ndarray, threads: int = THREADS
) -> Callable[[], float]:
    """Seconds a step, of one epoch over X."""
    Y = np.eye(10, dtype=np.float32)[y]
    training = trainer(network, batch_size, 1, threads)

    def run() -> float:
        training.history.clear()
        return seconds(lambda: training.fit(X, Y)) / training.steps_per_epoch(len(X))

    return run
