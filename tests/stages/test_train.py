"""The stage as a person watches it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from stages.training.checkpoints import epochs_in
from tests.splits import noise, save

CODE = Path.cwd()
PLACES = ["data/processed", "trained/model.npz", "trained/reports", "runs", "live.html"]


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start the stage with so many epochs of a small training."""
    values = yaml.safe_load(Path("params.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    for name in ("DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    Path("dvc.yaml").write_text("vars: [{path: {processed: data/processed}}]\nstages: {train: {deps: []}}\n")
    save(train=noise(120), val=noise(60, 1))

    def call(epochs, *words):
        values["model"]["hidden_layers"] = [8]
        values["train"] |= {"epochs": epochs, "batch_size": 32}
        Path("params.yaml").write_text(yaml.safe_dump(values))
        command = [sys.executable, "-m", "stages.train", *PLACES, *words]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        # What runs in the background may have been told to ignore Ctrl-C, and hands that on.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(CODE)}, **pipes)
        finally:
            signal.signal(signal.SIGINT, before)

    return call


def test_ctrl_c_says_after_which_epoch_and_the_same_command_goes_on(start):
    with start(100_000) as process:
        end = time.monotonic() + 30
        while not (found := list(Path(".checkpoints").glob("[!.]*.npz"))) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    done = epochs_in(found[0])
    assert done > 0
    assert errors == f"stopped after epoch {done} of 100000; the same command goes on\n"
    assert process.returncode == 130
    with start(100_000) as process:
        while not (line := process.stdout.readline()).startswith("goes on"):
            assert line
        process.kill()
    assert line == f"goes on after epoch {done} of 100000\n"


def test_layers_and_the_live_page_are_told_before_training(start, tmp_path):
    out, errors = start(1).communicate()
    lines = out.splitlines()
    assert lines[0].startswith("layer ")
    assert f"learning curves: {(tmp_path / 'live.html').as_uri()}" in lines[: lines.index(lines[-4])]
    assert re.match(r"epoch   1 of 1: loss", lines[-4])
    assert re.match(r"1 epoch in \d+\.\d s; kept epoch 1 ", lines[-1])
    assert errors == ""


def test_quiet_prints_nothing(start):
    assert start(1, "--quiet").communicate() == ("", "")
    assert Path("trained/model.npz").exists()


def test_a_file_that_is_no_checkpoint_has_no_epochs(tmp_path):
    assert epochs_in(tmp_path / "none.npz") == 0
    (tmp_path / "other.npz").write_bytes(b"none")
    assert epochs_in(tmp_path / "other.npz") == 0
