"""Time rivals in turn, so that what else the machine does falls on all of them alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Row:
    """One line of the benchmark: figures of ours and of the best peer, smaller is better.

    Args:
        work: what was done.
        ours, peer: medians over the repeats, in `unit`.
        peer_name: the best of the peers.
        goal: what the ratio ours / peer should be at most; None where there is no peer and `ours` has the goal itself.
        spread: smallest and largest ratio of the repeats.
        rivals: the median of every one that took part.
    """

    work: str
    ours: float
    peer: float | None
    peer_name: str
    ratio: float | None
    goal: float
    spread: list[float]
    unit: str
    rivals: dict[str, float]

    @property
    def met(self) -> bool:
        return (self.ours if self.ratio is None else self.ratio) <= self.goal


def seconds(work: Callable[[], Any]) -> float:
    """How long it takes, once."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def race(work: str, goal: float, ours: Callable[[], float], peers: dict[str, Callable[[], float]], repeats: int) -> Row:
    """Run all in turn, `repeats` times after one that does not count; each answers its seconds."""
    rivals = {"ours": ours, **peers}
    for run in rivals.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(repeats):
        for name, run in rivals.items():
            times[name].append(run())
    medians = {name: float(np.median(values)) for name, values in times.items()}
    best = min(peers, key=lambda name: medians[name])
    ratios = np.array(times["ours"]) / np.array(times[best])
    spread = [float(ratios.min()), float(ratios.max())]
    return Row(work, medians["ours"], medians[best], best, medians["ours"] / medians[best], goal, spread, "s", medians)


def alone(work: str, goal: float, values: list[float], unit: str) -> Row:
    """A figure that has no peer, only a goal."""
    return Row(work, float(np.median(values)), None, "", None, goal, [min(values), max(values)], unit, {})
