"""A training that runs on although its `dvc` is gone, and the one that is started then."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages import train
from stages.project.edit import apply
from stages.training import run
from stages.training.checkpoints import checkpoint_path
from stages.training.options import options_of
from stages.workers.in_advance import train_in_advance
from stages.workers.parallel import Workers
from tests.interrupted import stopped_in_the_second_member
from tests.splits import noise, save

CODE = Path.cwd()
SEED = 5
PLACES = ["data/processed", "trained/model.npz", "trained/reports", "runs", "live.html"]


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A folder with parameters of a training that takes its time, and data."""
    values = yaml.safe_load(Path("params.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    for name in ("DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    values["model"]["hidden_layers"] = [8]
    values["train"] |= {
        "epochs": 100_000,
        "batch_size": 32,
        "schedule": "constant",
        "schedule_options": {},
        "seed": SEED,
    }
    Path("params.yaml").write_text(yaml.safe_dump(values))
    Path("dvc.yaml").write_text("vars: [{path: {processed: data/processed}}]\nstages: {train: {deps: []}}\n")
    save(train=noise(120), val=noise(60, 1))


@contextmanager
def start():
    """The stage in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(CODE)}
    command = [sys.executable, "-m", "stages.train", *PLACES]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never came to that")


@pytest.mark.parametrize("change", [{}, {"train.learning_rate": 0.02}], ids=["the same", "another"])
def test_an_orphan_is_named_and_its_folder_left_to_it(change):
    with start() as orphan:
        until(lambda: list(Path(".checkpoints").glob("[!.]*.npz")))
        orphan.send_signal(signal.SIGSTOP)  # or DVCLive may fail where its folder goes away
        apply(change)
        Path("trained").rename("removed")  # as DVC removes it before it starts the stage
        with start() as second:
            _, error = second.communicate(timeout=100)
        assert (second.returncode, error.count("\n")) == (1, 1)
        assert error.startswith(f"error: trained/model.npz is being written by process {orphan.pid} since ")
        orphan.send_signal(signal.SIGKILL)
        orphan.communicate()
    shutil.rmtree("trained", ignore_errors=True)
    apply(change | {"train.epochs": 3})
    train.main(*map(Path, PLACES))
    rows = Path("trained/reports/plots/metrics/val_loss.tsv").read_text().splitlines()
    assert [row.split("\t")[0] for row in rows] == ["step", "1", "2", "3"], "epochs, counted from 1"


HOLD = """
import sys, time
from dnn.base.locks import locked
with locked(sys.argv[1]):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_training_that_another_folder_does_too_is_waited_for(monkeypatch):
    """As two ensembles of DVC's queue do, which have members in common."""
    apply({"train.epochs": 2})
    checkpoint = checkpoint_path(options_of(), SEED, Path("data/processed"))
    told = []
    environment = os.environ | {"PYTHONPATH": str(CODE)}
    command = [sys.executable, "-c", HOLD, str(checkpoint)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as other:
        other.stdout.readline()
        monkeypatch.setattr(run, "note", lambda line: (told.append(line), other.kill()))
        train.main(*map(Path, PLACES))
    assert len(told) == 1
    assert f"{checkpoint} is being written by process {other.pid} since" in told[0]
    assert Path("trained/model.npz").exists()


def test_dynamics_outlast_a_kill_in_the_second_member(monkeypatch):
    apply({"train.epochs": 3, "train.members": 2, "train.dynamics": True})
    with stopped_in_the_second_member(monkeypatch):
        train.main(*map(Path, PLACES))
    shutil.rmtree("trained")  # as DVC does before it starts the stage again
    train.main(*map(Path, PLACES))
    with np.load("trained/reports/dynamics.npz") as file:
        assert file["epoch"].tolist() == [1, 2, 3]
    assert not list(Path().glob(".checkpoints/*"))


def test_dynamics_of_a_training_that_was_done_unwatched_are_made_up_for(capsys):
    apply({"train.epochs": 3})
    train_in_advance([{}], Workers(count=1))
    apply({"train.dynamics": True})
    train.main(*map(Path, PLACES))
    with np.load("trained/reports/dynamics.npz") as file:
        assert file["epoch"].tolist() == [1, 2, 3]
    assert "is done, but nothing was measured for train.dynamics; it is trained anew" in capsys.readouterr().err


def test_checkpoints_that_nothing_continues_are_told_of(capsys):
    apply({"train.epochs": 1})
    Path(".checkpoints").mkdir()
    Path(".checkpoints/0123456789abcdef.npz").write_bytes(bytes(2_000_000))
    train.main(*map(Path, PLACES))
    notes = [line for line in capsys.readouterr().err.splitlines() if ".checkpoints" in line]
    assert len(notes) == 1
    assert notes[0].startswith("note: .checkpoints has 1 files, 2.0 MB, of trainings by other code or software, which")
