"""Rounds on few small images: what they find must not depend on workers, interruptions or the test set."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from dnn.base.errors import InputError
from stages.project.edit import apply
from stages.training.options import options_of
from stages.tuning import rounds
from stages.tuning.budget import Clock, Plan, Pruner
from stages.tuning.proposals import make_pruner
from stages.tuning.rounds import Search
from stages.tuning.space import load_space
from stages.tuning.study import completed, open_study, trials_table
from stages.workers.parallel import Workers
from stages.workers.task import Outcome, Task, load_data, train_task

pytest.importorskip("optuna")

PLAN = Plan(
    trials=14, minutes=10, epochs=4, shortest=1, generation=4, pruner=Pruner.HALVING, seed=0, training_seed=0
)  # fmt: skip


def run(name, plan=PLAN, workers=1, show=lambda: None):
    """The study's table after a search, without what differs from run to run, and the search."""
    with open_study(Path("studies.journal"), name, {}, make_pruner(plan)) as study:
        space, data = load_space(Path("space.yaml")), load_data(Path("data/processed"))
        job = Search(study, space, plan, data, Workers(count=workers), show)
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
    outcome = train_task(Task(options_of(), seed=0), job.data)
    assert len(outcome.history) == best["epochs"] == 4
    assert outcome.history[outcome.kept_epoch - 1]["val_loss"] == best["val_loss"]
    assert job.finished[best["trial"]].outcome.checkpoint == outcome.checkpoint


def test_params_yaml_as_it_stands_is_compared(project):
    _, job = run("one")
    outcome = train_task(Task(options_of(), seed=0), job.data)
    assert job.study.user_attrs["params.yaml"]["val_loss"] == min(row["val_loss"] for row in outcome.history)
    assert job.study.user_attrs["params.yaml"]["epochs"] == 3


@pytest.mark.parametrize(("pruner", "states"), [("hyperband", {"complete", "pruned"}), ("none", {"complete"})])
def test_other_pruners(project, pruner, states):
    assert set(run("other", replace(PLAN, pruner=pruner))[0]["state"]) == states


def test_a_training_that_diverges_ends_its_trial_only(project):
    wide = yaml.safe_load(Path("space.yaml").read_text())
    wide["train.learning_rate"] |= {"low": 0.01, "high": 1e30}
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


def made_up(task, data):
    """What a training comes to, without one."""
    digits = hashlib.sha256(str(task.options).encode()).digest()
    epochs = range(1, 1 + (task.until or task.options["epochs"]))
    history = [{"val_loss": (digits[0] + digits[epoch]) / epoch, "val_accuracy": 0.5} for epoch in epochs]
    return Outcome(history, len(history), 10, 0.0, b"checkpoint", b"model")


@pytest.mark.parametrize(("pruner", "step"), [(Pruner.HALVING, 1), (Pruner.HYPERBAND, 7)])
def test_a_search_that_was_killed_at_any_event_comes_to_the_same_trials(project, monkeypatch, pruner, step):
    """The journal has a line for each event; who is killed has not written those after it, or a part of one."""
    plan, space, journal = replace(PLAN, trials=12, pruner=pruner), load_space(Path("space.yaml")), Path("s.journal")
    monkeypatch.setattr(rounds, "attempt", made_up)
    monkeypatch.setattr(rounds, "options_of", lambda overrides=(): {"epochs": 3, **dict(overrides)})
    monkeypatch.setattr(os, "fsync", lambda handle: None)

    def trials():
        with open_study(journal, "study", {}, make_pruner(plan)) as study:
            Search(study, space, plan, None, Workers(count=1)).run()
            return trials_table(study, space)

    expected = trials()
    assert set(expected["state"]) == {"complete", "pruned"}
    lines = journal.read_bytes().splitlines(keepends=True)
    for count in range(0, len(lines), step):
        journal.write_bytes(b"".join(lines[:count]) + lines[count][: count % 40])
        table = trials()
        pd.testing.assert_frame_equal(table, expected, obj=f"trials after {count} of {len(lines)} events")
