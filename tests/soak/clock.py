"""The time of a soak test, shared out among its rows as they begin: what one does not need, the later ones have."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

AT_ONCE = 2  # rows
BEYOND = 1.1  # times the time, after which what still runs is ended


class Clock:
    """A clock that runs from now on.

    Args:
        needs: of each row, by its name: the seconds that it takes to begin, and its share of the time beyond those.
        seconds: until which rows begin new tries.
    """

    def __init__(self, needs: Mapping[str, tuple[float, float]], seconds: float) -> None:
        self.waiting, self.ends, self.lock = dict(needs), dict[str, float](), Lock()
        self.end, self.last = (time.monotonic() + times * seconds for times in (1, BEYOND))

    @contextmanager
    def share(self, name: str) -> Iterator[float]:
        """Give the seconds that the row has, which begins now and ends with the block."""
        with self.lock:
            now = time.monotonic()
            rest = max(self.end - now, 0)
            taken = sum(max(end - now, 0) for end in self.ends.values())
            starts, shares = (sum(column) for column in zip(*self.waiting.values(), strict=True))
            start, share = self.waiting.pop(name)
            seconds = min(start + share / shares * max(AT_ONCE * rest - taken - starts, 0), rest)
            self.ends[name] = now + seconds
        yield seconds
        with self.lock:
            del self.ends[name]
