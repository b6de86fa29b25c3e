"""A search on few small images: what it finds must not depend on workers, interruptions or the test set."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.datasets import load_digits

from dnn.base.errors import InputError
from dnn.batches.labels import one_hot
from stages import search
from stages.datasets.small_digits import mnist_form
from stages.datasets.splits import Split, save_split
from stages.project.edit import apply
from stages.training.options import options_of
from stages.tuning.budget import Clock, Plan
from stages.tuning.rounds import Search
from stages.tuning.space import load_space
from stages.tuning.study import completed, make_pruner, open_study, trials_table
from stages.workers.parallel import Workers
from stages.workers.task import Trial, load_data, train_trial

pytest.importorskip("optuna")

SPACE = {
    "model.hidden_layers": {"type": "categorical", "choices": [[8], [16, 8]]},
    "train.learning_rate": {"type": "float", "low": 0.001, "high": 0.1, "log": True},
    "augment.rotation": {"type": "float", "low": 0, "high": 10},
}
PLAN = Plan(trials=14, minutes=10, epochs=4, shortest=1, generation=4, seed=0, training_seed=0)
PIPELINE = """
vars:
  - path: {processed: data/processed, search: reports/search}
metrics: ["${path.search}/best.yaml"]
plots:
  - search: {x: trial, y: {"${path.search}/trials.csv": validation_loss}, template: scatter}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with what a search needs; there is no test set in it."""
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    apply({"train.epochs": 3, "train.batch_size": 32, "model.hidden_layers": [8]})
    Path("dvc.yaml").write_text(PIPELINE)
    Path("space.yaml").write_text(yaml.safe_dump(SPACE))
    small = load_digits()
    for name, rows in (("train", slice(0, 300)), ("val", slice(300, 450))):
        images = np.stack([mnist_form(image).ravel() / np.float32(255) for image in small.images[rows]])
        digits = small.target[rows].astype(np.uint8)
        dataset = {"name": "digits", "fallback": False, "train_images": 450, "test_images": 0}
        save_split(f"data/processed/{name}.npz", Split(images, one_hot(digits, 10), digits, dataset))
    return tmp_path


def space():
    return load_space(Path("space.yaml"), lambda values: options_of(overrides=values))


def run(name, plan=PLAN, pruner="halving", workers=1, show=lambda: None, setting=None):
    """The study's table after a search, without what differs from run to run, and the search."""
    optuna_pruner = make_pruner(pruner, plan.shortest, plan.epochs, 3)
    with open_study(Path("studies.journal"), name, setting or {}, optuna_pruner) as study:
        job = Search(study, space(), plan, load_data(Path("data/processed")), Workers(count=workers), show)
        try:
            job.run()
        finally:
            table = trials_table(study, job.space).drop(columns="seconds")
    return table, job


def test_the_number_of_workers_makes_no_difference(project):
    table, _ = run("one")
    assert len(table) == PLAN.trials
    assert set(table["state"]) == {"complete", "pruned"}
    assert set(table["epochs"]) <= {1, 4}
    pd.testing.assert_frame_equal(table, run("two", workers=2)[0])


@pytest.mark.parametrize("trainings", [1, 7, 15])
def test_a_search_that_was_killed_goes_on_as_if_it_had_not_been(project, trainings):
    calls = []

    def killed():
        calls.append(1)
        if len(calls) == trainings:
            raise KeyboardInterrupt

    expected, _ = run("whole")
    with pytest.raises(KeyboardInterrupt):
        run("killed", show=killed)
    pd.testing.assert_frame_equal(run("killed")[0], expected)
    again, job = run("killed")
    pd.testing.assert_frame_equal(again, expected)  # all trials are there, so there is nothing to do
    assert not job.finished


def test_the_best_trial_is_what_its_parameters_give_in_one_go(project):
    _, job = run("one")
    best = completed(job.study, job.space, PLAN.epochs)[0]
    apply(best["values"])
    outcome = train_trial(Trial(options_of(), seed=0), job.data)
    assert len(outcome.history) == best["epochs"] == 4
    assert outcome.history[outcome.best_epoch - 1]["val_loss"] == best["validation_loss"]
    assert job.finished[best["trial"]].outcome.checkpoint == outcome.checkpoint


def test_params_yaml_as_it_stands_is_compared(project):
    _, job = run("one")
    outcome = train_trial(Trial(options_of(), seed=0), job.data)
    assert job.study.user_attrs["params.yaml"]["validation_loss"] == min(row["val_loss"] for row in outcome.history)
    assert job.study.user_attrs["params.yaml"]["epochs"] == 3


@pytest.mark.parametrize(("pruner", "states"), [("hyperband", {"complete", "pruned"}), ("none", {"complete"})])
def test_other_pruners(project, pruner, states):
    assert set(run("other", pruner=pruner)[0]["state"]) == states


def test_a_training_that_diverges_ends_its_trial_only(project):
    wide = SPACE | {"train.learning_rate": {"type": "float", "low": 0.01, "high": 1e30, "log": True}}
    Path("space.yaml").write_text(yaml.safe_dump(wide))
    table, _ = run("wide")
    diverged = table[table["state"] == "diverged"]
    assert len(table) == PLAN.trials
    assert 0 < len(diverged) < PLAN.trials
    assert diverged["error"].str.contains("no longer finite").all()


def test_a_search_in_which_all_diverge_ends(project):
    Path("space.yaml").write_text(yaml.safe_dump({"train.learning_rate": {"type": "float", "low": 1e29, "high": 1e30}}))
    with pytest.raises(InputError, match="every training ends with an error, such as: loss or weights were no longer"):
        run("high", plan=replace(PLAN, trials=4))


def test_what_a_deadline_cuts_off_goes_on_in_the_next_run(project):
    with pytest.MonkeyPatch.context() as patch:
        measure = Clock.measure
        patch.setattr(Clock, "measure", lambda clock, *told: (measure(clock, *told), setattr(clock, "minutes", -1)))
        table, _ = run("short", plan=replace(PLAN, trials=6))
    assert len(table) == 4, "a generation"
    assert "running" in set(table["state"])
    table, job = run("short", plan=replace(PLAN, trials=6))
    assert len(table) == 6
    assert all(trial.state.is_finished() for trial in job.study.trials)
    assert "complete" in set(table["state"][:4])


@pytest.mark.parametrize(
    ("shortest", "epochs", "rungs"),
    [(5, 45, (5, 15, 45)), (5, 30, (5, 15, 30)), (5, 29, (5, 29)), (3, 50, (3, 9, 50)), (5, 4, (4,))],
)
def test_rungs(shortest, epochs, rungs):
    assert replace(PLAN, shortest=shortest).rungs(epochs) == rungs


def test_the_clock_lets_begin_what_can_end():
    class Work:
        def __init__(self, epochs):
            self.epochs = epochs

    works = [Work(10), Work(30), Work(10)]
    clock = Clock(minutes=1)
    assert clock.for_new(PLAN)
    assert clock.affordable(works) == works  # nothing is known of the pace yet
    clock.measure(epochs=100, training=200, elapsed=100)  # two workers, two seconds an epoch
    assert clock.affordable(works) == [works[0], works[2]]  # thirty epochs take just the minute
    assert clock.for_new(replace(PLAN, epochs=29, generation=4, shortest=4))
    assert not clock.for_new(replace(PLAN, epochs=30))
    assert not clock.for_new(replace(PLAN, epochs=27, shortest=3, generation=7))  # 7 * 3 epochs at each of 3 rungs


def test_a_study_is_not_mixed_with_another_setting(project):
    with open_study(Path("s.journal"), "a", {"epochs": 4, "seed": 0}, None):
        pass
    with (
        pytest.raises(InputError, match=r"s.journal: study a was begun with epochs 4, now it is 5; .* --study"),
        open_study(Path("s.journal"), "a", {"epochs": 5, "seed": 0}, None),
    ):
        pass


def test_a_journal_is_written_by_one_search_at_a_time(project):
    with (
        open_study(Path("s.journal"), "a", {}, None),
        pytest.raises(InputError, match="in use by another search"),
        open_study(Path("s.journal"), "b", {}, None),
    ):
        pass


@pytest.mark.parametrize("text", ["hello\n", "{}\n", "[1]\n{", '{"op_code": 77, "worker_id": "x"}\n', "\x00\xff\n\n"])
def test_a_file_that_is_no_journal_is_an_error_and_stays(project, text):
    path = Path("s.journal")
    path.write_text(text, encoding="latin-1")
    with (
        pytest.raises(InputError, match=r"s\.journal is damaged or no journal"),
        open_study(path, "a", {}, None),
    ):
        pass
    assert path.read_text(encoding="latin-1") == text


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
    assert best["validation_loss"] == table.loc[table["state"] == "complete", "validation_loss"].min()
    assert "params.yaml as it stood: validation loss" in capsys.readouterr().out

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
    assert f'"validation_loss": {best["validation_loss"]}' in dvc("metrics", "show", "--json")
    assert "validation_loss" in dvc("plots", "show", "--json")


def test_a_search_that_finds_nothing_says_so(project):
    with pytest.raises(InputError, match="none of 0 trials got to the end; give more --minutes"):
        command(minutes=0)
