"""A comparison from its declaration to its report: once with DVC itself, on stages that take no time."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dnn.base.errors import InputError
from dnn.base.locks import InUseError
from stages import experiments
from stages.comparison import run as runs
from stages.comparison.declared import Comparison
from stages.comparison.plan import Planned
from stages.comparison.run import make_missing, select
from stages.project.dvc import show_experiments
from stages.workers.parallel import Workers
from tests.experiments import experiment

PIPELINE = """
vars:
  - path:
      checked: checked
      processed: data
      model: model.npz
      training: reports/train
      metrics: reports/metrics.json
      runs: reports/runs
      experiments: reports/experiments
stages:
  preprocess:
    cmd: python stage.py preprocess
    outs: [data/train.npz, data/val.npz]
  train:
    cmd: python stage.py train
    deps: [stage.py, "${path.processed}/val.npz"]
    params: [train]
    outs: [model.npz, {reports/train: {cache: false}}]
  evaluate:
    cmd: python stage.py evaluate
    deps: [stage.py, model.npz]
    metrics: [{reports/metrics.json: {cache: false}}]
  report:
    cmd: exit 1
    deps: [model.npz]
"""
STAGE = """
import json, pathlib, sys, yaml
train = yaml.safe_load(pathlib.Path("params.yaml").read_text())["train"]
def write(name, text):
    pathlib.Path(name).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(name).write_text(text)
if sys.argv[1] == "preprocess":
    for name in ("train", "val"):
        write(f"data/{name}.npz", name * 50_000)  # as large as 47 images
elif sys.argv[1] == "evaluate":
    write("reports/metrics.json", json.dumps({"val_accuracy": 0.5, "val_loss": 1.0, "test_accuracy": 0.4}))
elif train["learning_rate"] > 0.5:
    sys.exit("error: loss or weights were no longer finite")
else:
    write("model.npz", str(train))
    member = {"kept": {}, "parameters": 90, "epochs": train["epochs"]}
    write("reports/train/statistics.json", json.dumps({"members": [member]}))
    write("reports/train/plots/metrics/val_accuracy.tsv", "step\\tval_accuracy\\n0\\t0.5\\n")
"""
PAIR = Comparison(
    question="Which rate?",
    why="Because.",
    fixed={"train.optimizer": "sgd"},
    runs={"good": {"train.learning_rate": 0.1}, "bad": {"train.learning_rate": 0.9}},
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A DVC project with stages that take no time, of which all is committed."""
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("DVC_ROOT", "DVC_EXP_NAME", "DVC_STAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(runs, "find_comparison", lambda _: PAIR)
    Path("dvc.yaml").write_text(PIPELINE)
    Path("stage.py").write_text(STAGE)
    user = ["-c", "user.name=t", "-c", "user.email=t@e.org"]
    for command in (
        ["git", "init", "--quiet"],
        [sys.executable, "-m", "dvc", "init", "--quiet"],
        ["git", "add", "--all"],
        ["git", *user, "commit", "--quiet", "--message", "state"],
    ):
        subprocess.run(command, check=True, capture_output=True)


def test_what_is_missing_is_made_and_a_failure_ends_no_other(project, monkeypatch, capsys):
    trained = []
    monkeypatch.setattr(runs, "train_in_advance", lambda changes, _: trained.append(changes) or {})
    assert not runs.run("pair", ["train.epochs=3"], Workers())
    told = capsys.readouterr()
    assert told.err == "pair-bad failed: `dvc exp run` failed: loss or weights were no longer finite\n"
    assert "pair-good" in told.out
    assert "Not in this: 1 failed" in told.out
    assert trained[0][1] == {"train.optimizer": "sgd", "train.epochs": 3, "train.learning_rate": 0.9}

    assert not runs.run("pair", ["train.epochs=3"], Workers())
    assert "pair-good is there already" in capsys.readouterr().out
    assert [changes["train.learning_rate"] for changes in trained[1]] == [0.9]

    (found,) = show_experiments()[1]["experiments"]
    assert found["revs"][0]["data"]["params"]["params.yaml"]["data"]["train"]["epochs"] == 3
    runs.compare(["pair-good"])
    rows = Path("reports/experiments/pair-good/table.csv").read_text().splitlines()
    assert rows[1].startswith("pair-good,done,0.5,1.0,0.4,90,3")


def test_trainings_that_failed_in_advance_are_not_tried_again(monkeypatch, capsys):
    made = []
    monkeypatch.setattr(runs, "train_in_advance", lambda *_: {1: "no longer finite"})
    monkeypatch.setattr(runs, "run_experiment", lambda name, overrides, target: made.append((name, overrides, target)))
    plan = [Planned(name, {"train.seed": seed}, name == "there") for seed, name in enumerate(("there", "new", "bad"))]
    assert make_missing(plan, Workers()) == {"bad": "no longer finite"}
    assert made == [("new", {"train.seed": 1}, "evaluate")]
    assert "there is there already" in capsys.readouterr().out
    assert make_missing(plan[:1], Workers()) == {}


def test_a_setting_that_cannot_be_stops_before_anything_runs(project):
    with pytest.raises(InputError, match="learning_rate is what this comparison varies"):
        experiments.run("pair", ["train.learning_rate=1"])
    with pytest.raises(InputError, match=r"train\.epochs is 0"):
        experiments.run("pair", ["train.epochs=0"])
    assert not Path("data").exists()


def test_words_choose_experiments():
    known = [experiment(name, 0.9) for name in ("optimizers-sgd", "optimizers-adam", "mine")]
    assert [e.name for e in select("mine", known)] == ["mine"]
    assert [e.name for e in select("optimizers", known)] == ["optimizers-sgd", "optimizers-adam"]
    assert select("architectures", []) == []
    with pytest.raises(InputError, match=r"architectures has no experiments yet; .* run architectures` makes them"):
        select("architectures", known)
    assert [e.name for e in select("mine-r", known)] == ["mine"], "by the revision"
    with pytest.raises(InputError, match="there is no experiment other; there are mine, optimizers-adam"):
        select("other", known)


def test_the_command_lists_and_fails(monkeypatch, capsys):
    experiments.list_comparisons()
    assert "learning-rates       5 runs  How large should the steps be?" in capsys.readouterr().out
    monkeypatch.setattr(runs, "run", lambda *_: False)
    with pytest.raises(experiments.typer.Exit) as ended:
        experiments.run("pair")
    assert ended.value.exit_code == 1


def test_a_comparison_runs_once_at_a_time_and_can_be_looked_at_meanwhile(project, monkeypatch):
    def again(*_):
        runs.compare([])
        runs.run("pair", [], Workers())

    monkeypatch.setattr(runs, "read_experiments", lambda: ([], []))
    monkeypatch.setattr(runs, "dvc", again)
    with pytest.raises(InUseError, match="reports/experiments/pair is being written by process"):
        runs.run("pair", [], Workers())
