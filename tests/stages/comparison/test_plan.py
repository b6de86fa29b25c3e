"""Which experiments of a comparison are there, and which are to be made."""

import subprocess

import pytest

from stages.comparison import plan as plans
from stages.comparison.plan import is_current, make_plan
from stages.comparison.records import Experiment, flat

WORKSPACE = Experiment("workspace", "", "", "workspace", {"train.epochs": 2, "train.learning_rate": 0.1})
RUNS = {name: {"train.learning_rate": rate} for name, rate in (("low", 0.01), ("middle", 0.1), ("high", 0.5))}


@pytest.fixture(autouse=True)
def current(monkeypatch):
    """Experiments are all of the workspace's code and data."""
    monkeypatch.setattr(plans, "is_current", lambda *_: True)


def existing(name, status, **train):
    params = flat({"train": {"epochs": 2, "learning_rate": 0.1} | train})
    return Experiment(name, "0" * 40, "abc1234", status, params)


def planned(*experiments):
    return [(run.name, run.done) for run in make_plan("c", RUNS, WORKSPACE, experiments)]


def test_what_is_there_is_not_planned_again():
    there = [
        existing("c-low", "done", learning_rate=0.01),
        existing("c-middle", "failed", learning_rate=0.1),
        existing("c-high", "done", learning_rate=0.5, epochs=9),
        existing("c-high-v2", "done", learning_rate=0.5, epochs=8),
    ]
    assert planned(*there) == [("c-low", True), ("c-middle", False), ("c-high-v3", False)]
    assert planned(*there, existing("c-high-v3", "done", learning_rate=0.5))[-1] == ("c-high-v3", True)
    assert planned(existing("c-high", "running", learning_rate=0.5))[-1] == ("c-high", False)  # perhaps it was killed


def test_what_other_code_made_is_planned_anew(monkeypatch):
    monkeypatch.setattr(plans, "is_current", lambda *_: False)
    assert planned(existing("c-low", "done", learning_rate=0.01))[0] == ("c-low-v2", False)


def test_options_of_an_optimizer_count_one_by_one():
    given = {"run": {"train.optimizer_options": {"beta1": 0.8}}}
    there = Experiment("c-run", "", "", "done", WORKSPACE.params | {"train.optimizer_options.beta1": 0.8})
    assert make_plan("c", given, WORKSPACE, [there])[0].done


def test_an_experiment_of_other_code_or_data_is_not_current(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def git(*words):
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@e.org", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    stage = "{deps: [code.py, '${path.x}']}"
    (tmp_path / "dvc.yaml").write_text(f"stages: {{train: {stage}, evaluate: {stage}}}\n")
    (tmp_path / "code.py").write_text("a = 1\n")
    (tmp_path / "other.py").write_text("b = 1\n")
    git("init")
    git("add", "--all")
    git("commit", "--message", "state")
    here = Experiment("workspace", "", "", "workspace", {}, data=("t", "v"))
    made = Experiment("a", git("rev-parse", "HEAD"), "", "done", {}, data=("t", "v"))
    (tmp_path / "other.py").write_text("b = 2\n")
    assert is_current(made, here)
    assert not is_current(Experiment("a", made.revision, "", "done", {}, data=("t", "w")), here)
    (tmp_path / "code.py").write_text("a = 2\n")
    assert not is_current(made, here)
