"""The figures that the tutorial in dnn/README.md quotes and draws: trainings on MNIST, judged by validation images."""

import stages  # noqa: F401 - first, as it chooses the kernels that NumPy computes with

# isort: split

import io
import runpy
import tracemalloc
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from dnn import lesson
from dnn.architecture import Architecture
from dnn.base.types import Array
from dnn.layers import Dense, ReLU
from dnn.losses import SoftmaxCrossEntropy
from dnn.network import Network
from dnn.training.divergence import DivergenceError
from dnn.training.optimizers import SGD
from dnn.training.recipe import Training
from dnn.training.trainer import Trainer
from stages.workers.parallel import Workers, run_all
from stages.workers.task import Data

Record = dict[str, Any]

SEEDS = 3
DISTORTION = {"rotation": 10, "scale": 0.1, "shear": 0.1, "shift": 1, "elastic": 0.6}
NORMALISED = [{"dense": lesson.HIDDEN}, "batchnorm", "relu"]
CONVOLUTION = [{"conv": {"filters": 8, "kernel": 5, "stride": 2}}, "batchnorm", "relu", "flatten"]
OPTIMIZERS = {
    "sgd": {"optimizer": "sgd", "learning_rate": lesson.LEARNING_RATE},
    "momentum": {"optimizer": "momentum", "learning_rate": lesson.LEARNING_RATE / 10},
    "adam": {"optimizer": "adam", "learning_rate": 0.002},
}
# From the lesson to the engine: each step keeps what those before it have changed.
STEPS: dict[str, dict[str, Any]] = {
    "lesson": {"layers": [lesson.HIDDEN], **OPTIMIZERS["sgd"]},
    "momentum": OPTIMIZERS["momentum"],
    "Adam": OPTIMIZERS["adam"],
    "batch norm": {"layers": NORMALISED},
    "convolution": {"layers": [*CONVOLUTION, *NORMALISED]},
    "augmentation": {"augmentation": DISTORTION},
    "schedule": {"schedule": "cosine"},
    "moving average": {"ema": 0.999},
}
PIXELS = (0.01, 0.1, 1, 10, 100, 255)  # their largest value
DEPTHS = (1, 2, 4, 8, 16)  # hidden layers


@dataclass(frozen=True)
class Run:
    """A training by the lesson's settings but for these options, from images of such a largest value."""

    layers: list[Any]
    options: dict[str, Any]
    seed: int = 0
    largest: float = 1


def train(run: Run, data: Data) -> list[float]:
    """The validation accuracy after each epoch, up to a divergence."""
    options = {"epochs": lesson.EPOCHS, "batch_size": lesson.BATCH_SIZE, "threads": 1} | run.options
    rng = np.random.default_rng(run.seed)
    network = Architecture(hidden_layers=run.layers, initializer="he").network(784, 10, rng)
    trainer = Trainer.of(network, Training(**options), rng)
    X, X_val = (split.images * np.float32(run.largest) for split in (data.train, data.val))
    with suppress(DivergenceError):
        trainer.fit(X, data.train.labels, (X_val, data.val.labels))
    return [row["val_accuracy"] for row in trainer.history]


def results(runs: dict[Any, Run], data: Data, workers: Workers) -> dict[Any, list[float]]:
    """`train` of each."""
    names = list(runs)
    found = {names[index]: result for index, result in run_all(train, list(runs.values()), data, workers)}
    return {name: found[name] for name in names}


def steps(data: Data, workers: Workers) -> Record:
    """Of each step, seed by seed, the validation accuracy after each epoch."""
    runs, options = {}, {}
    for name, change in STEPS.items():
        options |= change
        for seed in range(SEEDS):
            runs[name, seed] = Run(options["layers"], {k: v for k, v in options.items() if k != "layers"}, seed)
    found = results(runs, data, workers)
    return {name: [found[name, seed] for seed in range(SEEDS)] for name in STEPS}


def pixels(data: Data, workers: Workers) -> Record:
    """Of each optimizer the validation accuracy after one epoch with pixels of 0 to `PIXELS`; None: it diverged."""
    runs = {
        (name, largest): Run([lesson.HIDDEN], options | {"epochs": 1}, largest=largest)
        for name, options in OPTIMIZERS.items()
        for largest in PIXELS
    }
    found = results(runs, data, workers)
    return {"largest": PIXELS} | {name: [last(found[name, x]) for x in PIXELS] for name in OPTIMIZERS}


def depths(data: Data, workers: Workers) -> Record:
    """The validation accuracy after one epoch of `DEPTHS` hidden layers; None: it diverged."""
    kinds = {"without": [lesson.HIDDEN], "with": NORMALISED}
    options = OPTIMIZERS["sgd"] | {"epochs": 1}
    runs = {(name, depth): Run(layers * depth, options) for name, layers in kinds.items() for depth in DEPTHS}
    found = results(runs, data, workers)
    return {"layers": DEPTHS} | {name: [last(found[name, depth]) for depth in DEPTHS] for name in kinds}


def last(accuracies: list[float]) -> float | None:
    """That of the last epoch, where there was one."""
    return accuracies[-1] if accuracies else None


def told() -> tuple[str, Array]:
    """The lines that `python -m dnn.lesson` prints, and the first weights that it has learned, (784, 128)."""
    with redirect_stdout(io.StringIO()) as text:
        names = runpy.run_path(lesson.__file__, run_name="__main__")
    return text.getvalue(), names["parameters"][0]


def new_memory(X: Array, Y: Array) -> Record:
    """The most bytes of new memory that a step with these images holds at a time, of the lesson and of the engine."""
    steps = {
        "float64": lesson_step(X.astype(np.float64), Y.astype(np.float64), np.float64),
        "float32": lesson_step(X, Y, np.float32),
        "engine": engine_step(X, Y),
    }
    found = {}
    for name, step in steps.items():
        step()  # the engine makes its memory in the first
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        step()
        found[name] = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
    return found


def lesson_step(X: Array, Y: Array, dtype: type) -> Callable[[], None]:
    """The body of the loop in `lesson.train`."""
    parameters = [A.astype(dtype) for A in lesson.initialize(np.random.default_rng(0), 784, 10)]

    def step() -> None:
        H, P = lesson.forward(X, parameters)
        for A, dA in zip(parameters, lesson.backward(X, Y, H, P, parameters), strict=True):
            A -= lesson.LEARNING_RATE * dA

    return step


def engine_step(X: Array, Y: Array) -> Callable[[], None]:
    """The same by the engine."""
    network = Network([Dense(lesson.HIDDEN, initializer="he"), ReLU(), Dense(10, initializer="he")], (784,))
    network.initialize(np.random.default_rng(0))
    loss, optimizer = SoftmaxCrossEntropy(), SGD()

    def step() -> None:
        loss.forward(network.forward(X, training=True), Y)
        network.backward(loss.backward())
        optimizer.step(network.params, network.grads, lesson.LEARNING_RATE)

    return step
