"""Rows of the benchmark that distort images."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy import ndimage

from dnn.batches.augmentation import Augmentation, Distorter
from stages.datasets.splits import Split
from stages.training.options import new_trainer, options_of
from tests.benchmarks import networks
from tests.benchmarks.clock import Row, race, seconds
from tests.benchmarks.networks import run_ours
from tests.benchmarks.setting import Setting

RANGES = Augmentation(rotation=10, scale=0.1, shear=0.1, shift=1, elastic=0.6, elastic_sigma=4)
SIDE, BATCH = 28, 128


def scipy_distort(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same kind of distortion with scipy.ndimage, image by image."""
    out = np.empty_like(images)
    grid = np.stack(np.meshgrid(np.arange(28), np.arange(28), indexing="ij")).astype(np.float32) - 13.5
    for image, target in zip(images, out, strict=True):
        turn = np.deg2rad(rng.uniform(-10, 10))
        affine = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        affine = affine @ np.array([[1, 0], [rng.uniform(-0.1, 0.1), 1]]) / (1 + rng.uniform(-0.1, 0.1, (2, 1)))
        points = np.tensordot(affine, grid, 1) + 13.5 + rng.uniform(-1, 1, (2, 1, 1))
        for axis in range(2):
            points[axis] += 0.6 * 14 * ndimage.gaussian_filter(rng.standard_normal((28, 28)), 4)
        ndimage.map_coordinates(image.reshape(28, 28), points, order=1, output=target.reshape(28, 28))
    return out


def augmentation(setting: Setting) -> Iterator[Row]:
    """A training with distortion against one without; distorting an epoch against training it; an image against
    scipy.ndimage, on the same points.
    """
    n = 6_400 if setting.quick else 12_800
    X, y, repeats = setting.train.images[:n], setting.train.digits[:n], setting.repeats
    options = options_of({"train.epochs": 1})
    yield race(
        "training step of params.yaml, with its augmentation",
        1.2, partial(run_recipe, options, X, y),
        {"without": partial(run_recipe, options | {"augmentation": None}, X, y)}, repeats,
    )  # fmt: skip
    distorter = Distorter(RANGES, SIDE, np.random.default_rng(0))
    points = distorter.coordinates(16)
    distorter._resampling.set(points)
    distorted = distorter._resampling.matrices[0] @ X[0]
    theirs = ndimage.map_coordinates(X[0].reshape(SIDE, SIDE), points[:, 0].reshape(2, SIDE, SIDE), order=1)
    # beyond the border ndimage reads 0 at once, ours fades out over a pixel: digits keep away from it
    if np.abs(distorted - theirs.ravel()).max() > 1e-4:
        raise SystemExit("error: our distortion and scipy.ndimage's differ")

    yield race(
        "augmenting an epoch, against training it",
        0.5, partial(run_distorter, X, len(X) // BATCH),
        {"the default network": partial(run_ours, networks.dense(networks.SMALL), BATCH, X, y, threads=1)}, repeats,
    )  # fmt: skip
    few = X[: 2 * BATCH]
    yield race(
        "augmenting an image",
        1 / 20, partial(run_distorter, few, len(few)), {"scipy.ndimage": partial(run_scipy, few)}, repeats,
    )  # fmt: skip


def run_recipe(options: dict[str, Any], X: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """Seconds a step, of one epoch by params.yaml, in the threads that it says."""
    Y = np.eye(10, dtype=np.float32)[y]
    trainer = new_trainer(options, 0, Split(X, Y, y, {}))

    def run() -> float:
        trainer.history.clear()
        return seconds(lambda: trainer.fit(X, Y)) / trainer.steps_per_epoch(len(X))

    return run


def run_distorter(X: np.ndarray, parts: int) -> Callable[[], float]:
    """Seconds of a part of the distortion of X."""
    distorter = Distorter(RANGES, SIDE, np.random.default_rng(0))

    def epoch() -> None:
        for start in range(0, len(X), BATCH):
            distorter(X[start : start + BATCH])

    return lambda: seconds(epoch) / parts


def run_scipy(X: np.ndarray) -> Callable[[], float]:
    rng = np.random.default_rng(0)
    return lambda: seconds(lambda: scipy_distort(X, rng)) / len(X)
