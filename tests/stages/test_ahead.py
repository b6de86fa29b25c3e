"""Trainings ahead: what they leave, the train stage's own training takes for its own, and has nothing left to do."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from threadpoolctl import threadpool_limits

from dnn import DeepNeuralNetwork
from dnn.labels import one_hot
from stages import ensemble
from stages.ahead import train_ahead
from stages.data import Split, save_split
from stages.parallel import Workers
from stages.train import checkpoint_path, seconds_ahead
from stages.trials import Trial, load_data, options_of, train_trial

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
    Path("dvc.yaml").write_text(f"vars: [{{path: {{processed: {PROCESSED}}}}}]\n")
    for name, n in (("train", 120), ("val", 60)):
        rng = np.random.default_rng(n)
        digits = rng.integers(0, 10, n).astype(np.uint8)
        images = rng.random((n, 784), dtype=np.float32)
        save_split(PROCESSED / f"{name}.npz", Split(images, one_hot(digits, 10), digits, {"name": "noise"}))
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
    train_ahead(changes, HERE)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0] for line in lines] == ["trained ahead 1 of 2", "trained ahead 2 of 2"]
    for overrides in changes:
        path = place(overrides)
        assert fit(overrides, checkpoint=path, callbacks=[fail]) == fit(overrides)
        assert not path.exists()
    train_ahead([{}], HERE)
    assert seconds_ahead(place()) > 0
    assert seconds_ahead(place()) == 0, "it is taken once"


def test_what_is_begun_goes_on_and_what_is_done_is_left_alone():
    trial = Trial(options_of(), 5, until=1)
    place().parent.mkdir()
    place().write_bytes(train_trial(trial, load_data(PROCESSED)).checkpoint)
    train_ahead([{}], HERE)
    done = place().read_bytes(), place().stat().st_mtime_ns
    assert fit({}, checkpoint=place(), callbacks=[fail]) == fit({})
    place().write_bytes(done[0])
    done = place().stat().st_mtime_ns, place().with_suffix(".json").stat().st_mtime_ns
    train_ahead([{}], HERE)
    assert done == (place().stat().st_mtime_ns, place().with_suffix(".json").stat().st_mtime_ns)


def left():
    return set(Path(".checkpoints").glob("*.npz"))


def test_members_of_an_ensemble_are_trained(capsys):
    ensemble.main(members=3, workers=1)
    assert left() == {place(seed=seed) for seed in (5, 6, 7)}
    assert "dvc exp run -S train.members=3" in capsys.readouterr().out


def test_what_the_stage_must_watch_is_left_to_it():
    train_ahead([{"train.dynamics": True, "train.members": 2}], HERE)
    assert left() == {place(seed=6)}


def test_a_training_that_fails_is_a_line_and_ends_no_other(capsys):
    wrong = {"train.learning_rate": 1e30, "train.optimizer": "sgd"}
    with np.errstate(all="ignore"):
        train_ahead([wrong, {}], HERE)
    assert left() == {place()}
    assert "trained ahead 1 of 2: seed 5, failed: loss or weights were no longer finite" in capsys.readouterr().out
