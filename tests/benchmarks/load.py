"""How busy the machine is with something else than this benchmark."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.clock import Row

MUCH = 0.1  # cores from which a row counts as disturbed: an idle system takes some hundredths
AT_ONCE = 0.1  # seconds, less than any process takes to start


class Watch:
    """Begins when it is made."""

    def __init__(self) -> None:
        self.start, self.busy, self.own = time.perf_counter(), busy(), own()

    def others(self) -> float | None:
        """Cores that others kept busy since then, at least 0; None where the system does not tell."""
        if self.busy is None or (now := busy()) is None:
            return None
        return max(0.0, (now - self.busy - (own() - self.own)) / (time.perf_counter() - self.start))


def busy() -> float | None:
    """Seconds that the cores that this process may use have worked since the system's start, for whom ever; of a
    virtual machine with those that its host gave to others.
    """
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    allowed = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    ticks = 0
    for line in lines:
        name, *fields = line.split()
        if name in allowed:
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
            ticks += user + nice + system + irq + softirq + steal
    return ticks / os.sysconf("SC_CLK_TCK")


def own() -> float:
    """Seconds of this process, and of those that it started and that have ended."""
    return sum(os.times()[:4])


def watched(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, each with the load beside it while it was measured; the processes of a row end with it.

    One that comes at once is of the same measurement as the row before.
    """
    disturbed = None
    while True:
        watch = Watch()
        row = next(rows, None)
        if row is None:
            return
        if time.perf_counter() - watch.start > AT_ONCE:
            disturbed = watch.others()
        row.disturbed = disturbed
        yield row


def remark(row: Row) -> str:
    """Says so where it was disturbed."""
    if row.disturbed is None or row.disturbed < MUCH:
        return ""
    return f"disturbed: {row.disturbed:.1f} of a core was busy with something else"
