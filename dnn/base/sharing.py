"""Work that several threads share for one call, which leaves nothing behind."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import copy_context
from threading import Lock, Thread
from typing import TypeVar, cast

T = TypeVar("T")


def share(work: Callable[[T], None], items: Iterable[T], threads: int) -> None:
    """Call work(item) for each of the items, in so many threads, one of which is the caller's.

    They live for this call only, and are fewer where the system has no more. A thread takes the next item as soon as it
    is free, and none after an error, which is raised here once all have come to an end.
    """
    left, end, lock, errors = iter(items), object(), Lock(), list[BaseException]()

    def run() -> None:
        try:
            while not errors:
                with lock:
                    item = next(left, end)
                if item is end:
                    return
                work(cast(T, item))
        except BaseException as error:  # KeyboardInterrupt, too: it ends all threads
            errors.append(error)

    others: list[Thread] = []
    with suppress(RuntimeError):
        for _ in range(threads - 1):
            thread = Thread(target=copy_context().run, args=(run,))  # the context holds np.errstate
            thread.start()
            others.append(thread)
    run()
    for thread in others:
        thread.join()
    if errors:
        raise errors[0]
