"""Rows of the benchmark on a training from its first epoch on, and on the whole pipeline."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from dnn.training.train import train
from stages.datasets.splits import load_split
from stages.training.options import new_trainer, options_of
from tests.benchmarks.clock import Rival, Row, alone, compared, seconds
from tests.benchmarks.setting import Setting


def late(setting: Setting) -> Iterator[Row]:
    """The epochs 5 and 6 of a training without augmentation against its first: once a weight has no gradient, what the
    optimizer keeps of it shrinks until it is denormal, which some processors take many times as long for.
    """
    with Rival(partial(run_epochs, setting.processed / "train.npz")) as rival:
        runs = [rival.run() for _ in range(min(3, setting.repeats))]
    times = {"ours": [float(np.mean(epochs[4:6])) for epochs in runs], "epoch 1": [epochs[0] for epochs in runs]}
    yield compared("epochs 5 and 6 of a training without augmentation, against its first", 1.1, times)


def run_epochs(images: Path) -> Callable[[], list[float]]:
    """Seconds of each of the first six epochs of the network of params.yaml."""
    split = load_split(images)
    options = options_of({"train.epochs": 6, "train.schedule": "constant", "train.schedule_options": {}})

    def run() -> list[float]:
        trainer = new_trainer(options | {"augmentation": None}, 0, split)
        ends = [time.perf_counter()]
        train(trainer, split.images, split.labels, callbacks=[lambda _: ends.append(time.perf_counter())])
        return np.diff(ends).tolist()

    return run


def pipeline(_: Setting) -> Iterator[Row]:
    """Everything from the raw files to the report, in a clone of the repository."""
    environment = dict(os.environ)
    if mirror := environment.get("MNIST_MIRROR"):
        environment["MNIST_MIRROR"] = str(Path(mirror).resolve())
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", ".", folder], check=True)

        def run() -> None:
            subprocess.run(["dvc", "repro"], cwd=folder, env=environment, check=True, capture_output=True)

        yield alone("dvc repro of everything", 90, [seconds(run)], "s")
