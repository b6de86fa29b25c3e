import inspect
import re
import warnings

import numpy as np
import pytest

from dnn import DeepNeuralNetwork
from dnn.base.errors import TrainingWarning
from dnn.training.sanity import warn_if_nothing_learned, warn_of_other_scale, warn_of_scale
from tests.networks import build_network

SCALE = "X has values from .*StandardScaler"
CONV = {"conv": {"filters": 2, "kernel": 3}}


def pixels(rng, n=50, side=28):
    """As MNIST's: a fifth of them inked, in [0, 1]."""
    return (rng.random((n, side * side)) * (rng.random((n, side * side)) < 0.2)).astype(np.float32)


def rare_z_scores(rng):
    """Standardised pixels, some of which one image in 4,000 has."""
    X = pixels(rng, 4000, 8)
    X[:, :9] = 0
    X[::4000, :9] = 1
    return (X - X.mean(axis=0)) / X.std(axis=0)


def one_hot_words(rng):
    """Few of very many features are 1."""
    X = np.zeros((20, 30_000), np.float32)
    X[np.arange(20), rng.integers(0, 30_000, 20)] = 1
    return X


@pytest.mark.parametrize(
    "data",
    [
        pixels,
        rare_z_scores,
        one_hot_words,
        lambda rng: 2 * pixels(rng) - 1,
        lambda rng: pixels(rng, side=8) * 16,
        lambda rng: rng.normal(5, 2, (50, 4)),
        lambda rng: rng.normal(size=(3, 100_000)),
        lambda rng: np.zeros((5, 3)),
    ],
)
def test_usual_inputs_are_taken_without_a_word(data, rng):
    X = data(rng).astype(np.float32)
    warn_of_scale(build_network(X.shape[1], [8], 2), X)


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        (255, "from 0 to 255, so large .* divide pixels by 255"),
        (65535, "so large"),
        (1 / 255, "so small .* twice"),
        (1 / 65535, "so small"),
    ],
)
@pytest.mark.parametrize("hidden", [[8], ["relu", "batchnorm", 8], [CONV, "relu", "flatten", 8]], ids=str)
def test_pixels_of_another_scale(scale, message, hidden, rng):
    X = pixels(rng)
    X[0, 0] = 1
    with pytest.warns(TrainingWarning, match=message) as caught:
        warn_of_scale(build_network(784, hidden, 2), scale * X)
    assert "\n" not in str(caught[0].message)


@pytest.mark.parametrize(
    "hidden",
    [["batchnorm", 8], ["layernorm", 8], [{"dense": 8}, "batchnorm", "relu"], [CONV, "batchnorm", "relu", "flatten"]],
    ids=str,
)
def test_a_network_that_normalises_takes_every_scale(hidden, rng):
    for scale in (255, 65535, 1 / 255):
        warn_of_scale(build_network(784, hidden, 2), scale * pixels(rng))


def answering(logits):
    """A network that gives these logits for every example of one feature, times that feature."""
    network = build_network(1, [], len(logits))
    network.params[: len(logits)] = logits
    return network


LABELS = np.arange(300) % 3
ONES = np.ones((300, 1), np.float32)
NOTHING = "has learned nothing: on 300 of its training examples its accuracy is 33.3%.* gives 33.3%"


@pytest.mark.parametrize("logits", [[0, 0, 0], [0, 1, 0], [0, 0, 90]])
def test_always_the_same_answer_is_nothing_learned(logits):
    with pytest.warns(TrainingWarning, match=NOTHING):
        warn_if_nothing_learned(answering(logits), ONES, LABELS, None, 100)


def test_nothing_is_said_where_nothing_could_be_expected():
    warn_if_nothing_learned(answering([0, 0, 0]), ONES, LABELS, None, 99)  # steps
    warn_if_nothing_learned(answering([0, 0, 0]), ONES, np.zeros(300, int), None, 100)  # one class
    warn_if_nothing_learned(answering([0, 0, 0]), ONES, LABELS, (LABELS == 1) * 1.0, 100)  # one that counts


def test_a_network_that_is_right_has_learned():
    X = np.where(np.arange(300) % 2, 1, -1)[:, None].astype(np.float32)
    warn_if_nothing_learned(answering([0, 3]), X, np.arange(300) % 2, None, 100)


def test_knowing_when_a_rare_class_is_likelier_is_something_learned():
    y = np.arange(1000) % 10 == 0
    X = np.where(y | (np.arange(1000) % 10 == 1), -1.0, -3.0)[:, None].astype(np.float32)  # half of them, or none
    network = answering([0, 1])
    assert not network.logits(X).argmax(axis=1).any()
    warn_if_nothing_learned(network, X, y.astype(int), None, 100)
    with pytest.warns(TrainingWarning, match=r"accuracy is 90.0%, and .* gives 90.0%"):
        warn_if_nothing_learned(answering([0, -9]), -X, y.astype(int), None, 100)


def test_classes_count_by_their_weights():
    y = np.arange(1000) % 10 // 9  # a tenth of them 1
    balanced = np.where(y, 5.0, 5 / 9)
    X = np.where(y | (np.arange(1000) % 3 == 0), 1.0, -1.0)[:, None].astype(np.float32)
    network = answering([0, 1])  # right in 70 % of 90 %, and all of the rest: by count less than 90 %
    warn_if_nothing_learned(network, X, y, balanced, 100)
    with pytest.warns(TrainingWarning, match=r"accuracy is 50.0%, and .* gives 50.0%"):
        warn_if_nothing_learned(answering([9, 0]), np.ones_like(X), y, balanced, 100)


@pytest.mark.parametrize("scale", [255, 1 / 255])
def test_fit_warns_once_before_and_once_after_and_partial_fit_once(scale, rng):
    X, y = scale * pixels(rng, 200), rng.integers(0, 2, 200)
    model = DeepNeuralNetwork(hidden_layers=[8], learning_rate=1e-6, batch_size=20, epochs=10)
    with pytest.warns(TrainingWarning) as caught:
        model.fit(X, y)
    first, *others = [str(warning.message) for warning in caught]
    assert first.startswith("X has values from 0")
    assert len(others) <= 1
    with pytest.warns(TrainingWarning, match=SCALE) as caught:
        model = DeepNeuralNetwork(hidden_layers=[8]).partial_fit(X, y)
    assert len(caught) == 1
    model.partial_fit(X, y)


def test_the_sample_holds_all_classes_however_the_labels_are_ordered():
    """Ten times as many as the sample, the class of every tenth the same."""
    y = np.arange(20_000) % 10
    with pytest.warns(TrainingWarning, match=r"on 2000 of its training examples its accuracy is (9|10|11)\.\d%"):
        warn_if_nothing_learned(answering([9] + [0] * 9), np.ones((20_000, 1), np.float32), y, None, 100)


@pytest.mark.parametrize(("scale", "warns"), [(255, True), (1 / 255, True), (19, False), (1 / 19, False), (0, False)])
def test_a_scale_is_compared_with_that_of_training(scale, warns, rng):
    X, y = pixels(rng), np.arange(50) % 2
    message = "has a root mean square of .*, in training it was 0.2.*: scale it in the same way"

    def caught(call):
        with warnings.catch_warnings(record=True) as those:
            warnings.simplefilter("always")
            call()
        return [str(w.message) for w in those]

    model = DeepNeuralNetwork(hidden_layers=["batchnorm", 8], epochs=1, learning_rate=1e-9).fit(X, y)
    said = [
        caught(lambda: warn_of_other_scale("X", scale * X, 0.25)),
        caught(lambda: model.train(X, y, validation_data=(scale * X, y))),
        caught(lambda: model.partial_fit(scale * X, y)),
    ]
    assert [len(those) for those in said] == [warns] * 3
    assert all(re.search(message, line) for those in said for line in those)
    assert not caught(lambda: model.predict(scale * X))


def test_warnings_name_the_line_that_called(rng):
    X, y = 255 * pixels(rng), np.arange(50) % 2
    model = DeepNeuralNetwork(hidden_layers=[8], epochs=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        line = inspect.currentframe().f_lineno
        model.fit(X, y)
        model.train(X, y)
        DeepNeuralNetwork(hidden_layers=[8]).partial_fit(X, y)
        warn_of_scale(model.network_, X)
    assert [(w.filename, w.lineno) for w in caught] == [(__file__, line + k) for k in (1, 2, 3, 4)]
