"""What a measure of doubt says, and what its file may hold."""

import numpy as np
import pytest

from dnn.architecture import Architecture
from dnn.base.errors import InputError
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages.doubting.detector import Doubt, found_by, load, log_odds, save, save_reason
from tests.networks import mlp


@pytest.fixture
def doubt(rng):
    """One that finds strange what has ink in its left half."""
    layers = [{"conv": {"filters": 1, "kernel": 1}}, "flatten"]
    network = Architecture(hidden_layers=layers).network(784, 11, rng)
    network.params[:] = 0
    network.params[0] = 1  # the pixels as they are
    W = network.layers[-1].parameters["W"]
    W[np.arange(784) % 28 < 14, 10] = 0.1
    return Doubt(Model(network, np.arange(11)), 0.5, {"dataset": {"name": "made up"}})


def image(columns):
    """Ink in so many columns, from the left."""
    canvas = np.zeros((28, 28), np.float32)
    canvas[4:24, :columns] = 1
    return canvas.ravel()


def test_strangeness_is_the_log_odds_of_none_against_all_digits(rng):
    logits = rng.standard_normal((5, 11)).astype(np.float32)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(log_odds(logits), np.log(p[:, 10] / p[:, :10].sum(axis=1)), rtol=1e-5)
    assert np.isfinite(log_odds(1000 * logits)).all()


def test_it_doubts_above_its_threshold_the_mean_over_shifts(doubt):
    X = np.stack([image(0), image(2), image(10)])
    rows, columns = 20, np.array([[0, 2, 10], [0, 1.6, 9.8]])  # those that stay on the left when moved, on the average
    expected = -np.log(10) + 0.1 * rows * columns[1]
    assert doubt.doubts(X).tolist() == [False, True, True]
    np.testing.assert_allclose(doubt.strangeness(X)[[0, 2]], expected[[0, 2]], atol=0.5)


def test_a_file_gives_it_back(doubt, tmp_path):
    save(tmp_path / "doubt.npz", doubt)
    again, X = load(tmp_path / "doubt.npz"), np.stack([image(k) for k in range(9)])
    assert np.array_equal(again.strangeness(X), doubt.strangeness(X))
    assert again.threshold == 0.5
    assert again.about["dataset"] == {"name": "made up"}
    save(tmp_path / "again.npz", again)
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "doubt.npz").read_bytes()


def test_a_missing_file_says_what_makes_it(tmp_path):
    with pytest.raises(InputError, match=r"doubt\.npz is missing; `dvc repro doubt` makes it"):
        load(tmp_path / "doubt.npz")


def test_where_there_is_no_measure_the_file_says_why(tmp_path):
    save_reason(tmp_path / "doubt.npz", "no measure: of clothes")
    with pytest.raises(InputError, match=r"^no measure: of clothes$"):
        load(tmp_path / "doubt.npz")


def test_another_model_is_no_measure(tmp_path):
    save_model(tmp_path / "doubt.npz", Model(mlp([784, 10]), np.arange(10)))
    with pytest.raises(InputError, match="is a model, but no measure of doubt"):
        load(tmp_path / "doubt.npz")


def test_a_damaged_file_is_told(doubt, tmp_path):
    path = tmp_path / "doubt.npz"
    save(path, doubt)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match=r"doubt\.npz"):
        load(path)


@pytest.mark.parametrize("change", [{"threshold": "much"}, {"threshold": None}, {"dataset": 3}, {"dataset": {}}])
def test_a_measure_that_lacks_what_predict_asks_for_is_none(change, doubt, tmp_path):
    about = {"dataset": {"name": "made up"}, "threshold": 0.5}
    save_model(tmp_path / "doubt.npz", Model(doubt.model.network, np.arange(11), about))
    assert load(tmp_path / "doubt.npz").threshold == 0.5
    save_model(tmp_path / "doubt.npz", Model(doubt.model.network, np.arange(11), about | change))
    with pytest.raises(InputError, match="is a model, but no measure of doubt"):
        load(tmp_path / "doubt.npz")


FOUND = {"at": 0.5, "false_alarms": [0.1, 0.5], "kinds": {"letters": [0.2, 0.9]}, "unseen": ["letters"]}


@pytest.mark.parametrize(
    "change",
    [
        {"at": 0.3},
        {"at": "0.5"},
        {"false_alarms": []},
        {"false_alarms": [0, 0.5]},
        {"false_alarms": 3},
        {"kinds": {}},
        {"kinds": {"letters": [0.2]}},
        {"kinds": {"letters": [0.2, "0.9"]}},
        {"unseen": None},
    ],
)
def test_what_it_found_is_told_whole_or_not_at_all(change, doubt, tmp_path):
    about = dict(doubt.about)
    save(tmp_path / "doubt.npz", Doubt(doubt.model, 0.5, about | {"found": FOUND}))
    assert found_by(tmp_path / "doubt.npz") == FOUND
    for wrong in (about, about | {"found": FOUND | change}):
        save(tmp_path / "doubt.npz", Doubt(doubt.model, 0.5, wrong))
        with pytest.raises(InputError, match=r"doubt\.npz does not tell what it doubts; `dvc repro -f doubt` makes it"):
            found_by(tmp_path / "doubt.npz")
