"""Trainings in advance: what they leave, the train stage takes for its own, and has nothing left to do."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from threadpoolctl import threadpool_limits

from dnn import DeepNeuralNetwork
from stages.project.edit import apply
from stages.training import provenance
from stages.training import run as train
from stages.training.checkpoints import checkpoint_path, note_seconds, seconds_spent
from stages.training.options import options_of
from stages.workers.in_advance import train_in_advance
from stages.workers.parallel import Workers
from stages.workers.task import Task, load_data, train_task
from tests.interrupted import stopped_in_the_second_member
from tests.splits import noise, save

HERE = Workers(count=1)
PROCESSED = Path("data/processed")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A folder with parameters and data."""
    values = yaml.safe_load(Path("params.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    values["model"]["hidden_layers"] = [8]
    values["train"] |= {"epochs": 3, "batch_size": 32, "seed": 5}
    Path("params.yaml").write_text(yaml.safe_dump(values))
    Path("dvc.yaml").write_text(f"vars: [{{path: {{processed: {PROCESSED}}}}}]\nstages: {{train: {{deps: []}}}}\n")
    save(train=noise(120), val=noise(60, 1))
    with threadpool_limits(1):
        yield


def place(overrides=(), seed=5):
    return checkpoint_path(options_of(overrides=dict(overrides)), seed, PROCESSED)


def fit(overrides, **more):
    """Train as the train stage does; give the model's bytes and the history."""
    data = load_data(PROCESSED)
    classifier = DeepNeuralNetwork(**options_of(overrides=overrides), random_state=5)
    validation = data.val.images, data.val.digits
    classifier.train(data.train.images, data.train.digits, validation_data=validation, **more).save_model("m.npz")
    return Path("m.npz").read_bytes(), classifier.history_


def fail(trainer):
    pytest.fail("an epoch was trained")


def test_the_stage_ends_at_once_with_the_same_bytes(capsys):
    changes = [{}, {"train.learning_rate": 0.1}]
    train_in_advance(changes, HERE)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0] for line in lines] == ["trained in advance 1 of 2", "trained in advance 2 of 2"]
    for overrides in changes:
        path = place(overrides)
        assert fit(overrides, checkpoint=path, callbacks=[fail]) == fit(overrides)
        assert not path.exists()
    train_in_advance([{}], HERE)
    assert seconds_spent(place()) > 0


def test_an_interrupted_ensemble_trains_no_member_twice(monkeypatch):
    apply({"train.members": 2})
    outputs = Path("model.npz"), Path("train"), Path("runs"), Path("live.html")
    with stopped_in_the_second_member(monkeypatch):
        train.run(PROCESSED, *outputs)
    assert seconds_spent(place()) > 0
    seen = []
    monkeypatch.setattr(train.Stopwatch, "__call__", lambda self, trainer: seen.append(trainer))
    note_seconds(place(), 1000.0)
    train.run(PROCESSED, *outputs)
    assert len(seen) == 3, "the epochs of the second member alone"
    (record,) = outputs[2].glob("*.json")
    assert json.loads(record.read_text())["seconds"] == 1000.0
    assert not place().exists()
    assert not place(seed=6).exists()


def test_other_code_or_another_numpy_begins_anew(monkeypatch):
    before = place()
    monkeypatch.setattr(provenance, "engine", lambda: "other")
    assert place() != before


def test_what_is_begun_goes_on_and_what_is_done_is_left_alone():
    task = Task(options_of(), 5, until=1)
    place().parent.mkdir()
    place().write_bytes(train_task(task, load_data(PROCESSED)).checkpoint)
    train_in_advance([{}], HERE)
    done = place().read_bytes(), place().stat().st_mtime_ns
    assert fit({}, checkpoint=place(), callbacks=[fail]) == fit({})
    place().write_bytes(done[0])
    done = place().stat().st_mtime_ns, place().with_suffix(".json").stat().st_mtime_ns
    train_in_advance([{}], HERE)
    assert done == (place().stat().st_mtime_ns, place().with_suffix(".json").stat().st_mtime_ns)


def left():
    return set(Path(".checkpoints").glob("*.npz"))


def test_members_of_an_ensemble_are_trained():
    train_in_advance([{"train.members": 3}], HERE)
    assert left() == {place(seed=seed) for seed in (5, 6, 7)}


def test_what_the_stage_must_watch_is_left_to_it():
    train_in_advance([{"train.dynamics": True, "train.members": 2}], HERE)
    assert left() == {place(seed=6)}


def test_a_training_that_fails_is_a_line_and_ends_no_other(capsys):
    wrong = {"train.learning_rate": 1e30, "train.optimizer": "sgd"}
    with np.errstate(all="ignore"):
        errors = train_in_advance([wrong, {}, wrong], HERE)
    assert left() == {place()}
    assert errors.keys() == {0, 2}
    assert errors[0].startswith("loss or weights were no longer finite")
    assert "train.optimizer sgd, seed 5: failed: loss or weights were no longer finite" in capsys.readouterr().out
