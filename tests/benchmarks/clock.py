"""Time rivals in turn, so that what else the machine does falls on all of them alike."""

import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Self

import numpy as np

from dnn.base.blas import kernels
from stages.project.kernels import OURS, PORTABLE, VARIABLE, has_avx2

Maker = Callable[[], Callable[[], Any]]

PAUSE = 0.2  # seconds until the waiting threads of the rival before have gone to sleep
OURS_PORTABLE = "ours, portable kernels"


@dataclass
class Row:
    """One line of the benchmark: figures of ours and of the best peer, smaller is better.

    Args:
        work: what was done.
        ours, peer: medians over the repeats, in `unit`; ours with the kernels that OpenBLAS chooses itself.
        peer_name: the best of the peers.
        ratio: ours / peer; None where there is no peer and `ours` has the goal itself.
        goal: what the ratio, or `ours`, should be at most.
        spread: smallest and largest ratio of the repeats.
        unit: s, MB or x, which is a multiple.
        rivals: the median of every one that took part.
        portable: ours with the portable kernels; None where that was not measured.
        disturbed: cores that were busy with something else meanwhile; None where that is not known.
        target: the test accuracy that a training is to reach, in [0, 1]; None where it is not about that.
        reached: the mean test accuracy of each rival.
    """

    work: str
    ours: float
    peer: float | None
    peer_name: str
    ratio: float | None
    goal: float
    spread: list[float]
    unit: str
    rivals: dict[str, float] = field(default_factory=dict)
    portable: float | None = None
    disturbed: float | None = None
    target: float | None = None
    reached: dict[str, float] = field(default_factory=dict)

    def met(self, goal: float) -> bool:
        """Whether it is within the goal, and where there is a target reached that."""
        there = self.target is None or self.reached["ours"] >= self.target
        return there and (self.ours if self.ratio is None else self.ratio) <= goal


def seconds(work: Callable[[], Any]) -> float:
    """How long it takes, once."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def race(work: str, goal: float, ours: Maker, peers: dict[str, Maker], repeats: int) -> Row:
    """Run all in turn, `repeats` times after one that does not count; ours also with the portable kernels.

    Args:
        ours, peers: each makes a function that answers its seconds, in a process of its own: in the same one, waiting
            threads of one library slowed down the next by up to a half.
    """
    return compared(work, goal, in_turn(ours, peers, repeats, warm=True))


def in_turn(
    ours: Maker, peers: dict[str, Maker], repeats: int, warm: bool, once: Collection[str] = ()
) -> dict[str, list[Any]]:
    """The answers of each rival, run in turn.

    Args:
        warm: whether there is a first round that does not count.
        once: those that run in the first round only, as they take long.
    """
    makers = {"ours": ours} | ({OURS_PORTABLE: ours} if has_avx2() else {}) | peers
    with ExitStack() as stack:
        rivals = {name: stack.enter_context(Rival(make, name == OURS_PORTABLE)) for name, make in makers.items()}
        for rival in rivals.values():
            rival.get_ready()
        answers: dict[str, list[Any]] = {name: [] for name in rivals}
        for number in range(repeats + warm):
            for name, rival in rivals.items():
                if number and name in once:
                    continue
                answer = rival.run()
                if number >= warm:
                    answers[name].append(answer)
    return answers


def compared(work: str, goal: float, times: dict[str, list[float]], average: Any = np.median) -> Row:
    """The row that these seconds of `ours` and of its peers make, with the fastest of them."""
    typical = {name: float(average(values)) for name, values in times.items()}
    best = min(times.keys() - {"ours", OURS_PORTABLE}, key=lambda name: typical[name])
    ratios = np.array(times["ours"]) / np.array(times[best])
    spread = [float(ratios.min()), float(ratios.max())]
    ratio, portable = typical["ours"] / typical[best], typical.get(OURS_PORTABLE)
    return Row(work, typical["ours"], typical[best], best, ratio, goal, spread, "s", typical, portable)


def alone(work: str, goal: float, values: list[float], unit: str) -> Row:
    """A figure that has no peer, only a goal."""
    return Row(work, float(np.median(values)), None, "", None, goal, [min(values), max(values)], unit)


class Rival:
    """The result of `make`, in a process of its own that does nothing while others run."""

    def __init__(self, make: Maker, portable: bool = False) -> None:
        context = get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, make))
        with environment(portable):
            self.process.start()
        other.close()
        self.portable, self.ready = portable, False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pipe.close()
        self.process.join()

    def get_ready(self) -> None:
        """Wait until it has made what it runs; others meanwhile do the same."""
        if not self.ready and (found := self.answer()) != PORTABLE and self.portable:
            raise SystemExit(f"error: the kernels are {found}, they should be {PORTABLE}")
        self.ready = True

    def run(self) -> Any:
        """Its answer, after a pause."""
        self.get_ready()
        time.sleep(PAUSE)
        with suppress(OSError):  # which the answer tells
            self.pipe.send(None)
        return self.answer()

    def answer(self) -> Any:
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            raise SystemExit("error: a rival stopped; what went wrong stands above") from None


def serve(pipe: Connection, make: Maker) -> None:
    """The loop of a rival's process."""
    run = make()
    pipe.send(kernels())
    with suppress(EOFError):
        while True:
            pipe.recv()
            pipe.send(run())


@contextmanager
def environment(portable: bool) -> Iterator[None]:
    """That of a process about to start: portable kernels or OpenBLAS's own choice, whatever params.yaml and the user's
    environment say; and no processes of PyTorch's compiler, which would outlast it.
    """
    before = dict(os.environ)
    for name in (VARIABLE, OURS):
        os.environ.pop(name, None)
    os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
    if portable:
        os.environ[VARIABLE] = PORTABLE
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
