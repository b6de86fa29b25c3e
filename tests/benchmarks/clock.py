"""Time rivals in turn, so that what else the machine does falls on all of them alike."""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Self

import numpy as np

Maker = Callable[[], Callable[[], float]]

PAUSE = 0.2  # seconds until the waiting threads of the rival before have gone to sleep


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


def race(work: str, goal: float, ours: Maker, peers: dict[str, Maker], repeats: int) -> Row:
    """Run all in turn, `repeats` times after one that does not count.

    Args:
        ours, peers: each makes a function that answers its seconds, in a process of its own: in the same one, waiting
            threads of one library slowed down the next by up to a half.
    """
    with ExitStack() as stack:
        rivals = {name: stack.enter_context(Rival(make)) for name, make in {"ours": ours, **peers}.items()}
        for rival in rivals.values():
            rival.run()
        times: dict[str, list[float]] = {name: [] for name in rivals}
        for _ in range(repeats):
            for name, rival in rivals.items():
                times[name].append(rival.run())
    medians = {name: float(np.median(values)) for name, values in times.items()}
    best = min(peers, key=lambda name: medians[name])
    ratios = np.array(times["ours"]) / np.array(times[best])
    spread = [float(ratios.min()), float(ratios.max())]
    return Row(work, medians["ours"], medians[best], best, medians["ours"] / medians[best], goal, spread, "s", medians)


class Rival:
    """The result of `make`, in a process of its own that does nothing while others run."""

    def __init__(self, make: Maker) -> None:
        context = get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, make))
        self.process.start()
        other.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pipe.close()
        self.process.join()

    def run(self) -> float:
        time.sleep(PAUSE)
        try:
            self.pipe.send(None)
            return self.pipe.recv()
        except (EOFError, OSError):
            raise SystemExit("error: a rival stopped; what went wrong stands above") from None


def serve(pipe: Connection, make: Maker) -> None:
    """The loop of a rival's process."""
    run = make()
    with suppress(EOFError):
        while True:
            pipe.recv()
            pipe.send(run())


def alone(work: str, goal: float, values: list[float], unit: str) -> Row:
    """A figure that has no peer, only a goal."""
    return Row(work, float(np.median(values)), None, "", None, goal, [min(values), max(values)], unit, {})
