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
        shares: of the time, by the names of the rows.
        seconds: until which rows begin new tries.
    """

    def __init__(self, shares: Mapping[str, float], seconds: float) -> None:
        self.waiting, self.ends, self.lock = dict(shares), dict[str, float](), Lock()
        self.end, self.last = (time.monotonic() + times * seconds for times in (1, BEYOND))

    @contextmanager
    def share(self, name: str) -> Iterator[float]:
        """Give the seconds that the row has, which begins now and ends with the block."""
        with self.lock:
            now = time.monotonic()
            rest = max(self.end - now, 0)
            taken = sum(max(end - now, 0) for end in self.ends.values())
            share = self.waiting[name] / sum(self.waiting.values())
            del self.waiting[name]
            seconds = min(share * (AT_ONCE * rest - taken), rest)
            self.ends[name] = now + seconds
        yield seconds
        with self.lock:
            del self.ends[name]
