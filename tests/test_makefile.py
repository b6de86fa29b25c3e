"""`make repro`, with a command dvc that only notes how it was called."""

import os
import shutil
import subprocess

import pytest


@pytest.mark.parametrize(
    ("record", "calls"),
    [
        (None, ["repro"]),
        ('{\n  "name": "MNIST",\n  "fallback": false\n}\n', ["repro"]),
        ('{\n  "name": "small digits",\n  "fallback": true\n}\n', ["repro --force --single-item fetch", "repro"]),
    ],
)
def test_repro_asks_the_mirrors_again_after_a_fallback(tmp_path, record, calls):
    shutil.copy("Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/installed").touch()
    (tmp_path / ".venv/bin/dvc").write_text('#!/bin/sh\necho "$@" >> calls.txt\n')
    (tmp_path / ".venv/bin/dvc").chmod(0o755)
    if record:
        (tmp_path / "data/raw").mkdir(parents=True)
        (tmp_path / "data/raw/dataset.json").write_text(record)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "repro"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "calls.txt").read_text().splitlines() == calls
