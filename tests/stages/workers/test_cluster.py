"""Trainings on a Dask cluster of two worker processes on this machine."""

import logging
import os
import re
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from dnn.base.errors import InputError
from stages.project.kernels import VARIABLE, has_avx2
from stages.workers import cluster
from stages.workers.parallel import Workers, run_all
from stages.workers.task import Data, Task, train_task
from tests.splits import noise

distributed = pytest.importorskip("distributed")

TASKS = [Task({"hidden_layers": [8], "epochs": 2, "threads": 1, "dropout": 0.2}, seed) for seed in range(10)]


@dataclass
class Shared:
    """Data that notes in a file of each process how often it is unpickled there."""

    folder: Path
    data: Data

    def __setstate__(self, state):
        self.__dict__.update(state)
        with (self.folder / f"unpickled-{os.getpid()}").open("a") as file:
            file.write("x")


def train(task, shared):
    """Answer the process, too; slow enough to be killed in the middle."""
    with (shared.folder / f"task-{task.seed}").open("a") as file:
        file.write("x")
    time.sleep(0.2)
    return os.getpid(), train_task(task, shared.data)


def refuse(task, shared):
    raise InputError(f"nothing to do for {task}")


def same(outcome):
    return outcome.model, outcome.checkpoint, outcome.history


@pytest.fixture(scope="module")
def workers():
    """Two processes of one thread each, which talk over loopback."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
    ) as local:
        yield Workers("dask", scheduler=local.scheduler_address)


def test_workers_that_are_all_gone_are_not_waited_for_without_end(monkeypatch, tmp_path):
    """Nor is a scheduler to which none has come."""
    monkeypatch.setattr(cluster, "WORKERS", 0.3)
    monkeypatch.setattr(cluster, "LOOK", 0.1)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
    ) as local:
        data, workers = Data(noise(200), noise(50, 1)), Workers("dask", scheduler=local.scheduler_address)
        results = run_all(train, TASKS, Shared(tmp_path, data), workers)
        next(results)
        local.scale(0)
        told = f"no workers at {local.scheduler_address}; `dask worker {local.scheduler_address}` starts one"
        with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
            list(results)
        with pytest.raises(InputError, match=f"^{re.escape(told)}$"):
            list(run_all(train, TASKS, None, workers))


@pytest.mark.skipif(not has_avx2(), reason="kernels to choose from are those of x86-64")
def test_a_worker_with_other_kernels_is_named(monkeypatch):
    monkeypatch.setenv(VARIABLE, "Nehalem")  # which the worker inherits
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as local,
        pytest.raises(InputError, match=f"computes with Nehalem kernels, .* start it with {VARIABLE}="),
    ):
        list(run_all(train, TASKS[:1], None, Workers("dask", scheduler=local.scheduler_address)))


def test_shared_data_is_unpickled_once_in_each_process(workers, tmp_path):
    """And once in the scheduler's, which here is this one."""
    shared = Shared(tmp_path, Data(noise(200), noise(50, 1)))
    used = {pid for _, (pid, _) in run_all(train, TASKS[:4], shared, workers)}
    unpickled = {path.name: path.read_text() for path in tmp_path.glob("unpickled-*")}
    assert len(used) == 2
    assert os.getpid() not in used
    assert unpickled == {f"unpickled-{pid}": "x" for pid in {*used, os.getpid()}}


def test_a_worker_killed_halfway_changes_no_result(workers, tmp_path):
    shared = Shared(tmp_path, Data(noise(200), noise(50, 1)))
    results, used = [], set()
    for index, (pid, outcome) in run_all(train, TASKS, shared, workers):
        results.append((index, same(outcome)))
        used.add(pid)
        if len(results) == 4:
            os.kill(pid, signal.SIGKILL)
    assert sorted(index for index, _ in results) == list(range(10))
    assert len(used) >= 2
    assert dict(results) == {index: same(train_task(task, shared.data)) for index, task in enumerate(TASKS)}
    tries = [len(path.read_text()) for path in tmp_path.glob("task-*")]
    assert len(tries) == 10
    assert sum(tries) <= 12, "only what ran, or was about to be sent, is done again"


def test_what_a_task_raises_is_raised(workers):
    with pytest.raises(InputError, match=r"nothing to do for [ab]"):
        list(run_all(refuse, "ab", None, workers))


def test_a_scheduler_out_of_reach_is_one_line(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 0.3)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # without listening
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(InputError, match=rf"^no Dask scheduler answers at {address}; `dask scheduler` starts one$"):
            list(run_all(refuse, "ab", None, Workers("dask", scheduler=address)))
    with pytest.raises(InputError, match="answers at nowhere"):
        list(run_all(refuse, "ab", None, Workers("dask", scheduler="nowhere")))
