"""Rows of the benchmark that train from the images in memory until the final weights have a given test accuracy."""

import time
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import fields, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from dnn.architecture import Architecture
from dnn.network import Network
from dnn.training.recipe import Training
from dnn.training.train import train
from stages.datasets.splits import Split, load_split
from stages.training.options import new_trainer
from tests.benchmarks import recipes
from tests.benchmarks.clock import OURS_PORTABLE, Maker, Row, alone, compared, in_turn, seconds
from tests.benchmarks.recipes import ITERATIONS, Recipe
from tests.benchmarks.setting import THREADS, Setting

SEEDS = 3
Answers = dict[str, list[tuple[float, float]]]  # of each rival, seed by seed: seconds and test accuracy


def lower(setting: Setting) -> Iterator[Row]:
    """97 and 98 %, by the shipped network and distortion in few epochs."""
    for target in (0.97, 0.98):
        recipe, iterations = recipes.default(target), ITERATIONS.get(target)
        sklearn = {"scikit-learn": partial(run_sklearn, setting.processed, iterations)} if iterations else {}
        answers = trained(setting, recipe, sklearn)
        work = f"{percent(target)} with the default network"
        yield row(work, 0.35, recipe, answers, "PyTorch")
        if sklearn:
            yield row(f"{work}, against scikit-learn's classifier as shipped", 0.5, recipe, answers, "scikit-learn")


def highest(setting: Setting) -> Iterator[Row]:
    """99 % by the shipped network and distortion; PyTorch with a single seed, as it takes a minute or more."""
    recipe = recipes.default(0.99)
    answers = trained(setting, recipe, {}, once={"PyTorch"})
    yield row(f"{percent(0.99)} with the default network", 0.35, recipe, answers, "PyTorch")


def speedrun(setting: Setting) -> Iterator[Row]:
    """The preset, against the clock and against PyTorch."""
    recipe = recipes.speedrun()
    answers = trained(setting, recipe, {})
    work = f"{percent(recipe.target)} with the preset speedrun"
    times = [time for time, _ in answers["ours"]]
    own = replace(alone(work, 10, times, "s"), ours=float(np.mean(times)), target=recipe.target)
    if OURS_PORTABLE in answers:
        own.portable = float(np.mean([time for time, _ in answers[OURS_PORTABLE]]))
    own.reached = accuracies({"ours": answers["ours"]})
    yield own
    yield row(f"{work}, against PyTorch", 0.7, recipe, answers, "PyTorch")


def trained(setting: Setting, recipe: Recipe, others: dict[str, Maker], once: Collection[str] = ()) -> Answers:
    """Each rival with the seeds from 0, in turn; the portable kernels and those of `once` with the first seed alone."""
    options = recipes.options(recipe)
    rivals = {"PyTorch": partial(run_torch, setting.processed, options)} | others
    ours, seeds = partial(run_ours, setting.processed, options), 1 if setting.quick else SEEDS
    return in_turn(ours, rivals, seeds, warm=False, once={OURS_PORTABLE, *once})


def row(work: str, goal: float, recipe: Recipe, answers: Answers, peer: str) -> Row:
    """Means over the seeds, of ours against one peer."""
    shown = {name: answer for name, answer in answers.items() if name in ("ours", OURS_PORTABLE, peer)}
    times = {name: [time for time, _ in answer] for name, answer in shown.items()}
    return replace(compared(work, goal, times, np.mean), target=recipe.target, reached=accuracies(shown))


def percent(share: float) -> str:
    return f"{100 * share:g} %"


def accuracies(answers: Answers) -> dict[str, float]:
    """The mean test accuracy of each."""
    return {name: float(np.mean([accuracy for _, accuracy in answer])) for name, answer in answers.items()}


def run_ours(processed: Path, options: dict[str, Any]) -> Callable[[], tuple[float, float]]:
    """Seconds and test accuracy of a training, each time with the next seed."""
    images, test, seeds = load_split(processed / "train.npz"), load_split(processed / "test.npz"), count()

    def run() -> tuple[float, float]:
        begin = time.perf_counter()
        trainer = new_trainer(options, next(seeds), images)
        train(trainer, images.images, images.labels)
        return time.perf_counter() - begin, accuracy(trainer.network.logits(test.images), test)

    return run


def run_torch(processed: Path, options: dict[str, Any]) -> Callable[[], tuple[float, float]]:
    """The same in PyTorch, with the same starting weights."""
    import torch

    from tests.benchmarks import with_torch

    torch.set_num_threads(THREADS)
    images, test, seeds = load_split(processed / "train.npz"), load_split(processed / "test.npz"), count()
    architecture, recipe = (cls(**{f.name: options[f.name] for f in fields(cls)}) for cls in (Architecture, Training))

    def start(seed: int) -> Network:
        return architecture.network(images.images.shape[1], 10, np.random.default_rng(seed))

    def run() -> tuple[float, float]:
        taken, net = with_torch.run_training(start, recipe, images.images, images.digits, next(seeds))
        with torch.inference_mode():
            logits = net(with_torch.as_input(torch.from_numpy(test.images), start(0)))
        return taken, accuracy(logits.numpy(), test)

    return run


def run_sklearn(processed: Path, iterations: int) -> Callable[[], tuple[float, float]]:
    """scikit-learn's classifier with its own defaults, but for the number of iterations."""
    images, test, seeds = load_split(processed / "train.npz"), load_split(processed / "test.npz"), count()

    def run() -> tuple[float, float]:
        model = MLPClassifier(max_iter=iterations, random_state=next(seeds))
        with warnings.catch_warnings(action="ignore"):  # that it has not converged
            taken = seconds(lambda: model.fit(images.images, images.digits))
        return taken, float(model.score(test.images, test.digits))

    return run


def accuracy(logits: np.ndarray, split: Split) -> float:
    return float((logits.argmax(axis=1) == split.digits).mean())
