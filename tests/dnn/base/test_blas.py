"""BLAS has one number of threads for the whole process."""

from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from dnn.base import blas as module
from dnn.base.blas import BlasThreads, blas

LIMITS = "import threadpool_limits"


def now():
    """The numbers of threads of all BLAS libraries."""
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2, "blas"):
        if now() != {2}:
            pytest.skip("BLAS does not take 2 threads here")
        yield


def test_it_is_fixed_and_put_back():
    threads = BlasThreads()
    for count in (1, 3):
        with threads(count):
            assert now() == {count}
        assert now() == {2}


def test_an_error_puts_it_back():
    threads = BlasThreads()
    with pytest.raises(KeyError), threads(1):
        raise KeyError
    assert now() == {2}


def test_of_several_the_least_counts_and_the_last_puts_it_back():
    threads = BlasThreads()
    first, second, third = threads(2), threads(1), threads(3)
    for context, after in ((first, 2), (second, 1), (third, 1)):
        context.__enter__()
        assert now() == {after}
    for context, after in ((second, 2), (first, 3), (third, 2)):
        context.__exit__(None, None, None)
        assert now() == {after}


@pytest.mark.parametrize("first_goes_first", [True, False])
def test_overlapping_threads_leave_it_as_it_was(first_goes_first):
    """Whichever of them comes and goes first."""
    threads, seen = BlasThreads(), []
    here, there, away = Event(), Event(), Event()

    def first():
        with threads(1):
            here.set()
            there.wait(10)
            if not first_goes_first:
                away.wait(10)
            seen.append(now())
        if first_goes_first:
            away.set()

    def second():
        here.wait(10)
        with threads(1):
            there.set()
            if first_goes_first:
                away.wait(10)
            seen.append(now())
        if not first_goes_first:
            away.set()

    running = [Thread(target=run) for run in (first, second)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert seen == [{1}, {1}]
    assert now() == {2}


def test_another_thread_may_use_it_while_this_one_lives():
    """Threadpoolctl leaves the number to the thread that set it first."""
    threads, seen = BlasThreads(), []

    def use():
        with threads(1):
            seen.append(now())
        seen.append(now())

    thread = Thread(target=use)
    thread.start()
    thread.join()
    assert seen == [{1}, {2}]


def test_as_many_threads_are_available_as_blas_has_and_there_are_cores(monkeypatch):
    """So that a caller's limit on BLAS limits what takes its place."""
    threads = BlasThreads()
    for cores, expected in ((8, 2), (1, 1)):
        monkeypatch.setattr("dnn.base.blas.available", lambda cores=cores: cores)
        assert threads.available() == expected
        with threads(1):
            assert threads.available() == 1
        with threadpool_limits(1, "blas"):
            assert threads.available() == 1


def test_without_a_library_that_is_known_the_cores_are_available(monkeypatch):
    monkeypatch.setattr("dnn.base.blas.available", lambda: 3)
    threads = BlasThreads()
    threads._libraries = []
    with threads(1):
        assert threads.available() == 3


def test_none_but_this_object_changes_the_number():
    """One that overlaps it would leave BLAS at a number that was meant to end."""
    users = [path.name for room in ("dnn", "stages") for path in Path(room).rglob("*.py") if LIMITS in path.read_text()]
    assert users == []


def test_it_is_numpys_own_also_where_the_environment_is_reached_by_a_link(tmp_path, monkeypatch):
    """With SciPy's, of another version, before it in the list."""
    packages = Path(np.__file__).resolve().parent.parent
    own = {"user_api": "blas", "filepath": f"{packages}/numpy.libs/a.so", "internal_api": "openblas", "version": "1"}
    other = own | {"filepath": f"{packages}/scipy.libs/a.so", "version": "2"}
    monkeypatch.setattr(module, "threadpool_info", lambda: [other, own])
    (tmp_path / "link").symlink_to(packages)
    for place in (packages, tmp_path / "link"):
        monkeypatch.setattr(np, "__file__", str(place / "numpy" / "__init__.py"))
        assert blas()["version"] == "1"
