"""Tasks in processes: all results come, once, whatever happens to the processes."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from stages.workers.parallel import Workers, run_all

TWO = Workers(count=2)


@dataclass
class Shared:
    """An object that tasks share, which notes in a file of each process how often it is unpickled there."""

    folder: Path
    numbers: np.ndarray

    def __setstate__(self, state):
        self.__dict__.update(state)
        with (self.folder / f"unpickled-{os.getpid()}").open("a") as file:
            file.write("x")


@pytest.fixture
def shared(tmp_path):
    return Shared(tmp_path, np.arange(100_000.0))


def start(task, shared):
    """Note the try; answer which one it is."""
    path = shared.folder / f"task-{task}"
    with path.open("a") as file:
        file.write("x")
    return len(path.read_text())


def pick(task, shared):
    start(task, shared)
    return shared.numbers[task], os.getpid(), shared.numbers.flags.writeable


def pick_or_die(task, shared):
    """Task 3 ends its process the first time."""
    first = start(task, shared) == 1
    time.sleep(0.05)
    if task == 3 and first:
        os.kill(os.getpid(), signal.SIGKILL)
    return shared.numbers[task]


def die(task, shared):
    start(task, shared)
    if task == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def refuse(task, shared):
    raise InputError(f"nothing to do for {task}")


def threads(task, shared):
    return os.environ.get("OPENBLAS_NUM_THREADS")


def tries(folder):
    return {int(path.name.removeprefix("task-")): len(path.read_text()) for path in folder.glob("task-*")}


@pytest.mark.parametrize("count", [1, 2])
def test_each_result_comes_once_and_shared_data_once_to_each_process(count, shared, tmp_path):
    results = list(run_all(pick, range(20), shared, Workers(count=count)))
    assert sorted((index, value) for index, (value, *_) in results) == [(n, n) for n in range(20)]
    assert set(tries(tmp_path).values()) == {1}
    used = {pid for _, (_, pid, _) in results}
    unpickled = {path.name: path.read_text() for path in tmp_path.glob("unpickled-*")}
    if count == 1:
        assert used == {os.getpid()}
        assert unpickled == {}
    else:
        assert os.getpid() not in used
        assert unpickled == {f"unpickled-{pid}": "x" for pid in used}
        assert not any(writeable for _, (*_, writeable) in results), "arrays are mapped, not copied"


def test_a_worker_that_dies_loses_only_what_runs(shared, tmp_path):
    results = list(run_all(pick_or_die, range(8), shared, TWO))
    assert sorted(results) == [(n, n) for n in range(8)]
    again = {task for task, times in tries(tmp_path).items() if times > 1}
    assert 3 in again
    assert len(again) <= 2, "two run at a time"
    assert sum(tries(tmp_path).values()) == 8 + len(again)


def test_a_task_that_ends_its_process_three_times_is_one_line(shared, tmp_path):
    with pytest.raises(
        InputError,
        match=r"^3 times a process died while task \d ran; give fewer --workers if 2 at once need more memory .*$",
    ):
        list(run_all(die, range(2), shared, TWO))
    assert tries(tmp_path)[1] == 3


@pytest.mark.parametrize("count", [1, 2])
def test_what_a_task_raises_is_raised(count):
    with pytest.raises(InputError, match=r"nothing to do for [ab]"):
        list(run_all(refuse, "ab", None, Workers(count=count)))


def test_no_tasks_have_no_results():
    assert list(run_all(refuse, [], None, Workers())) == []


def test_cores_are_divided_among_processes():
    cores = len(os.sched_getaffinity(0))
    assert {result for _, result in run_all(threads, "ab", None, TWO)} == {str(max(cores // 2, 1))}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheduler": "tcp://10.0.0.1:8786"}, "--scheduler is tcp://10.0.0.1:8786, but --backend is local"),
        ({"backend": "dask", "count": 2, "scheduler": "tcp://10.0.0.1:8786"}, "--workers is 2, but"),
        ({"backend": "dask"}, "--backend dask needs --scheduler"),
    ],
    ids=str,
)
def test_options_that_do_not_fit_are_named(options, message):
    with pytest.raises(InputError, match=message):
        Workers(**options)


def test_one_may_stop_before_the_last_result_and_begin_anew(shared):
    results = run_all(pick, range(20), shared, TWO)
    next(results)
    results.close()
    assert len(list(run_all(pick, range(5), shared, TWO))) == 5
