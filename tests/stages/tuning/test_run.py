"""The search as a command: its files, its winner in params.yaml, its experiments."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from dnn.base.errors import InputError
from stages import search
from stages.project.paths import pipeline_path
from stages.training.checkpoints import checkpoint_path
from stages.training.options import options_of
from stages.tuning import run as tuning

pytest.importorskip("optuna")


def command(**options):
    given = {"trials": 12, "epochs": 3, "shortest": 1, "generation": 4, "workers": 1, "space": Path("space.yaml")}
    search.main(**given | options)


def test_the_command_writes_what_dvc_shows_and_applies_the_winner(project, capsys):
    before = Path("params.yaml").read_text()
    command()
    assert Path("params.yaml").read_text() == before
    folder = Path("reports/search")
    assert {path.name for path in folder.iterdir()} == {*("best.yaml", "trials.csv", "history.png", "importance.png")}
    table, best = pd.read_csv(folder / "trials.csv"), yaml.safe_load((folder / "best.yaml").read_text())["best"]
    assert best["val_loss"] == table.loc[table["state"] == "complete", "val_loss"].min()
    assert "params.yaml as it stood: val_loss" in capsys.readouterr().out

    command(minutes=0, write=True)  # shows and applies what was found
    for name, value in best["values"].items():
        section, key = name.split(".")
        assert yaml.safe_load(Path("params.yaml").read_text())[section][key] == value
    command(trials=13)  # and the study can go on, as its parameters are those that were searched

    def dvc(*arguments):
        done = subprocess.run([sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    dvc("init", "--no-scm", "--quiet")
    assert f'"val_loss": {best["val_loss"]}' in dvc("metrics", "show", "--json")
    assert "val_loss" in dvc("plots", "show", "--json")


def test_a_search_that_finds_nothing_says_so(project):
    with pytest.raises(InputError, match="is not there, so there are no trials to show; give --minutes"):
        command(minutes=0)
    assert not Path(".search").exists(), "to show begins nothing"
    with pytest.raises(InputError, match="none of 0 trials got to the end yet; give more --minutes"):
        command(minutes=1e-9)
    with pytest.raises(InputError, match="has no study other; there are search"):
        command(minutes=0, study="other")
    with pytest.raises(InputError, match="--minutes is nan, it should be a number at least 0"):
        command(minutes=float("nan"))


def test_a_place_without_commits_is_told_before_the_search(project, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(Path.cwd().parent))
    with pytest.raises(InputError, match="this folder is no git repository, which experiments need"):
        command(experiments=1)
    assert not Path(".search").exists()


def test_the_best_become_experiments_of_finished_trainings(project, monkeypatch, capsys):
    made = []
    monkeypatch.setattr(tuning, "experiment_references", lambda: [("0" * 40, "search-0")])
    monkeypatch.setattr(tuning, "need_temporary", lambda *names: None)
    monkeypatch.setattr(tuning, "run_experiment", lambda *given: made.append(given))
    command(trials=4, pruner=search.Pruner.NONE, experiments=4)
    assert len(made) == 3
    assert "DVC experiment search-0 is there already" in capsys.readouterr().out
    for name, values, target in made:
        assert name.startswith("search-")
        assert target == "deliver", "the test set stays shut"
        assert checkpoint_path(options_of(values), 0, pipeline_path("processed")).exists()
