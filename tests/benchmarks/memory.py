"""Rows of the benchmark on what a training takes of the memory, and how it grows with the images."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from dnn.batches.augmentation import Augmentation
from dnn.classifier import DeepNeuralNetwork
from stages.datasets.splits import load_split
from tests.benchmarks.clock import Rival, Row, alone, compared
from tests.benchmarks.setting import Setting

FEW, MANY = 60_000, 480_000

Cost = tuple[float, float, float]  # seconds an epoch, peak memory and size of the images in bytes


def memory(setting: Setting) -> Iterator[Row]:
    """Peak memory of default training, two epochs of it, against the array of its images."""
    _, peak, size = cost(setting, 0, 2)
    yield alone("peak memory of default training, in training arrays", 2.5, [peak / size], "x")


def linear(setting: Setting) -> Iterator[Row]:
    """An epoch of many images against as many times one of few, in time and in memory beyond the images."""
    few, many = cost(setting, FEW, 4), cost(setting, MANY, 1)
    name, work = f"{FEW:,} images", f"epoch of {MANY:,} images, against {MANY // FEW} of {FEW:,}"
    yield compared(work, 1.1, {"ours": [many[0]], name: [few[0] * MANY / FEW]})
    beyond = {which: [(peak - size) / 1e6] for which, (_, peak, size) in (("ours", many), (name, few))}
    yield replace(compared(f"memory beyond the images, {MANY:,} against {FEW:,}", 1.1, beyond), unit="MB")


def cost(setting: Setting, images: int, epochs: int) -> Cost:
    """That of a training in a process of its own."""
    with Rival(partial(run_training, setting.processed / "train.npz", images, epochs)) as rival:
        return rival.run()


def run_training(train: Path, count: int, epochs: int) -> Callable[[], Cost]:
    """A training of so many images, over and over the same; 0: as they are, augmented."""
    split = load_split(train)
    X, y = split.images, split.digits
    if count:
        X, y = np.empty((count, X.shape[1]), X.dtype), np.empty(count, y.dtype)
        for start in range(0, count, len(split.images)):
            n = min(len(split.images), count - start)
            X[start : start + n], y[start : start + n] = split.images[:n], split.digits[:n]
    augmentation = None if count else Augmentation(10, 0.1, 0.1, 1, 0.6, 4)
    options = {"epochs": epochs, "learning_rate": 0.003, "optimizer": "adam", "schedule": "cosine"}
    network = DeepNeuralNetwork(**options, augmentation=augmentation, random_state=0)

    def run() -> Cost:
        start = time.perf_counter()
        network.train(X, y)
        seconds = (time.perf_counter() - start) / epochs
        # the peak of this program: ru_maxrss would begin with that of the one that started it
        status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        return seconds, int(peak) * 1024, X.nbytes

    return run
