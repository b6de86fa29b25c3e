"""Rows of the benchmark that train: a step of dense networks, a step of a convolutional one."""

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from dnn.layers import Dense
from dnn.network import Network
from tests.benchmarks import networks
from tests.benchmarks.clock import Maker, Row, race, seconds


def run_ours(network: Network, batch_size: int, X: np.ndarray, y: np.ndarray, threads: int) -> Callable[[], float]:
    """Seconds a step, of one epoch over X."""
    Y = np.eye(10, dtype=np.float32)[y]
    trainer = networks.trainer(network, batch_size, 1, threads)

    def run() -> float:
        trainer.history.clear()
        return seconds(lambda: trainer.fit(X, Y)) / -(-len(X) // batch_size)

    return run


def run_torch(network: Network, kind: str, batch_size: int, X: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    torch.set_num_threads(2)
    images, digits = networks.tensors(X, y, network.has_images)
    steps = networks.torch_steps(network, kind)

    def batches() -> Iterator[tuple[Any, Any]]:
        for rows in torch.randperm(len(X)).split(batch_size):
            yield images[rows], digits[rows]

    return lambda: seconds(lambda: steps(batches())) / -(-len(X) // batch_size)


def run_sklearn(network: Network, batch_size: int, X: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    model = networks.sklearn_copy(network, batch_size)
    model.shuffle = True

    def run() -> float:
        with warnings.catch_warnings(action="ignore"):
            return seconds(lambda: model.partial_fit(X, y)) / -(-len(X) // batch_size)

    return run


def run_floor(network: Network, batch_size: int, X: np.ndarray, threads: int) -> Callable[[], float]:
    """The least that a NumPy step of this network needs: its matrix products, the gather, a pass of the optimizer."""
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


def rows(X: np.ndarray, y: np.ndarray, repeats: int, quick: bool) -> Iterator[Row]:
    """The rows, each after a check that all rivals compute the same losses."""
    kinds = ("PyTorch fused",) if quick else networks.KINDS
    small, large, cnn = networks.dense(networks.SMALL), networks.dense(networks.LARGE), networks.convolutional()
    for network, batch_size, sklearn in ((small, 128, True), (large, 256, False), (cnn, 128, False)):
        if not (quick and network is not small):
            # in a process that takes PyTorch's compilers with it when it ends
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                difference = pool.submit(networks.check_same, network, batch_size, X, y, kinds, sklearn).result()
            print(f"same losses over 20 steps, largest difference {difference:.1e}", flush=True)

    def peers(
        network: Network, kinds: tuple[str, ...], batch_size: int, X: np.ndarray, y: np.ndarray
    ) -> dict[str, Maker]:
        return {kind: partial(run_torch, network, kind, batch_size, X, y) for kind in kinds}

    n = 12_800 if quick else 25_600
    few = X[:n], y[:n]
    yield race(
        "training step, 784-128-64-32-10, batch 128",
        0.6, partial(run_ours, small, 128, *few, 2), peers(small, kinds, 128, *few), repeats,
    )  # fmt: skip
    yield race(
        "the same, against scikit-learn",
        0.45, partial(run_ours, small, 128, *few, 2), {"scikit-learn": partial(run_sklearn, small, 128, *few)}, repeats,
    )  # fmt: skip
    yield race(
        "the same, against its own products, gather and Adam",
        1.4, partial(run_ours, small, 128, *few, 2), {"floor": partial(run_floor, small, 128, few[0], 2)}, repeats,
    )  # fmt: skip
    if quick:
        return
    n = 10_240
    yield race(
        "training step, 784-1024-1024-512-10, batch 256",
        0.7, partial(run_ours, large, 256, X[:n], y[:n], 2), peers(large, kinds, 256, X[:n], y[:n]), repeats,
    )  # fmt: skip
    n = 3_840
    yield race(
        "training step, 188,530-parameter CNN, batch 128",
        1.0, partial(run_ours, cnn, 128, X[:n], y[:n], 2), peers(cnn, kinds, 128, X[:n], y[:n]), repeats,
    )  # fmt: skip
