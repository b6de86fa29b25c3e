from threading import Barrier, Thread, get_ident

import numpy as np
import pytest

from dnn.base.sharing import share


@pytest.mark.parametrize("threads", [0, 1, 2, 5])
@pytest.mark.parametrize("items", [0, 1, 7])
def test_each_item_is_worked_on_once(threads, items):
    done = []
    share(done.append, range(items), threads)
    assert sorted(done) == list(range(items))


def test_threads_work_at_the_same_time_and_the_caller_is_one_of_them():
    together, seen = Barrier(3, timeout=10), set()

    def work(_):
        together.wait()
        seen.add(get_ident())

    share(work, range(3), 3)
    assert len(seen) == 3
    assert get_ident() in seen


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("error", [ValueError, StopIteration, KeyboardInterrupt])
def test_an_error_ends_the_work_and_is_raised(threads, error):
    done = []

    def work(item):
        if item == 2:
            raise error("broken")
        done.append(item)

    with pytest.raises(error, match="broken"):
        share(work, range(100_000), threads)
    assert len(done) < 100_000


def test_floating_point_errors_are_ignored_in_all_threads_where_the_caller_ignores_them():
    together, large = Barrier(2, timeout=10), np.full(3, 1e300)

    def work(_):
        together.wait()
        large * large

    with np.errstate(over="ignore"):
        share(work, range(2), 2)
    with pytest.raises(FloatingPointError), np.errstate(over="raise"):
        share(work, range(2), 2)


def test_a_system_without_more_threads_will_do(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refuse)
    done = []
    share(done.append, range(5), 4)
    assert done == list(range(5))
