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
    (tmp_path / ".git").mkdir()
    done = repro(tmp_path, record)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "calls.txt").read_text().splitlines() == calls


@pytest.mark.parametrize(("config", "status"), [("", 2), ("[core]\n    no_scm = true\n", 0)])
def test_repro_without_git_tells_the_remedy(tmp_path, config, status):
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(config)
    done = repro(tmp_path)
    assert done.returncode == status
    assert ("error: DVC wants a git repository: git init && git add" in done.stderr) == (status > 0)
    assert (tmp_path / "calls.txt").exists() == (status == 0)


def repro(tmp_path, record=None):
    shutil.copy("Makefile", tmp_path)
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/installed").touch()
    (tmp_path / ".venv/bin/dvc").write_text('#!/bin/sh\necho "$@" >> calls.txt\n')
    (tmp_path / ".venv/bin/dvc").chmod(0o755)
    if record:
        (tmp_path / "data/raw").mkdir(parents=True)
        (tmp_path / "data/raw/dataset.json").write_text(record)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", "repro"], cwd=tmp_path, env=environment, capture_output=True, text=True)
