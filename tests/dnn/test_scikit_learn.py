"""The classifier among scikit-learn's tools, and every kind of X and y in every method."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dnn import DeepNeuralNetwork
from dnn.base.errors import InputError

QUICK = {"hidden_layers": [8], "learning_rate": 0.1, "epochs": 15, "batch_size": 32}
CNN = QUICK | {"hidden_layers": [{"conv": {"filters": 4, "kernel": 3}}, "relu", "flatten"]}


@pytest.fixture
def data(rng):
    """(120, 16) features, as of 4x4 pixels, and (120,) labels 0, 1, 2."""
    y = np.arange(120) % 3
    return (rng.random((120, 16)) * 0.5 + np.eye(16)[5 * y]).astype(np.float32), y


@pytest.fixture
def model(data):
    return DeepNeuralNetwork(**QUICK).fit(*data)


def test_adaboost_gives_weights(data):
    boosted = AdaBoostClassifier(DeepNeuralNetwork(**QUICK | {"epochs": 3}), n_estimators=3, random_state=0)
    assert boosted.fit(*data).score(*data) > 0.9


@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 1.5, 120)])
def test_voting(data, weights):
    members = [("net", DeepNeuralNetwork(**QUICK)), ("log", LogisticRegression())]
    assert VotingClassifier(members, voting="soft").fit(*data, sample_weight=weights).score(*data) > 0.9


def test_calibration_gives_weights(data):
    calibrated = CalibratedClassifierCV(DeepNeuralNetwork(**QUICK), cv=2)
    assert calibrated.fit(*data, sample_weight=np.linspace(0.5, 1.5, 120)).score(*data) > 0.9


def test_a_pipeline_in_a_grid_search_with_weights(data):
    X, y = data
    pipeline = make_pipeline(StandardScaler(), DeepNeuralNetwork(**QUICK))
    grid = GridSearchCV(pipeline, {"deepneuralnetwork__learning_rate": [1e-6, 0.1]}, cv=2)
    grid.fit(255 * X, y, deepneuralnetwork__sample_weight=np.ones(120))
    assert grid.best_params_ == {"deepneuralnetwork__learning_rate": 0.1}
    assert grid.score(255 * X, y) > 0.9


def test_weights_are_repetitions(data):
    X, y = data
    weights = np.arange(120) % 4
    weighted, repeated = (DeepNeuralNetwork(**QUICK | {"batch_size": 0}) for _ in range(2))
    weighted.fit(X, y, sample_weight=weights)
    repeated.fit(X.repeat(weights, axis=0), y.repeat(weights))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-4)


def test_partial_fit_takes_weights(data):
    X, y = data
    models = [DeepNeuralNetwork(**QUICK), DeepNeuralNetwork(**QUICK)]
    for _ in range(10):
        models[0].partial_fit(X, y, sample_weight=(y != 2) * 1.5)
        models[1].partial_fit(X, y)
    assert 2 not in models[0].predict(X)
    assert 2 in models[1].predict(X)


def test_score_weighs_as_scikit_learn_does(model, data):
    X, y = data
    wrong, weights = np.where(np.arange(120) < 40, 0, y), np.arange(120)
    expected = accuracy_score(wrong, model.predict(X), sample_weight=weights)
    assert model.score(X, wrong, sample_weight=weights) == pytest.approx(expected)
    assert model.score(X, wrong) == accuracy_score(wrong, model.predict(X)) < 1
    with pytest.raises(InputError, match="X has 120 examples, y has 119 labels"):
        model.score(X, y[1:])
    with pytest.raises(InputError, match="weights of all examples are zero"):
        model.score(X, y, sample_weight=np.zeros(120))
    with pytest.raises(InputError, match=r"sample_weight has shape \(3,\)"):
        model.score(X, y, sample_weight=[1, 2, 3])
    with pytest.raises(InputError, match="one is text"):
        model.score(X, y.astype(str))


def one_hot(y):
    return np.eye(3)[y]


@pytest.mark.parametrize(
    "kind",
    [one_hot, lambda y: one_hot(y).tolist(), lambda y: sparse.csr_array(one_hot(y)), lambda y: pd.get_dummies(y)],
    ids=["array", "list", "sparse", "DataFrame"],
)
def test_one_hot_labels_everywhere(kind, data, model):
    X, y = data
    Y = kind(y)
    hot = DeepNeuralNetwork(**QUICK).fit(X, Y)
    np.testing.assert_array_equal(hot.predict_proba(X), model.predict_proba(X))
    assert hot.score(X, Y) == model.score(X, y) == 1
    hot.train(X, Y, validation_data=(X, Y))
    assert hot.history_[-1]["val_accuracy"] == 1
    np.testing.assert_array_equal(
        DeepNeuralNetwork(**QUICK).partial_fit(X, Y).partial_fit(X, Y).predict_proba(X),
        DeepNeuralNetwork(**QUICK).partial_fit(X, y).partial_fit(X, y).predict_proba(X),
    )


@pytest.mark.parametrize("kind", [one_hot, lambda y: pd.get_dummies(y + 5)], ids=["array", "DataFrame"])
def test_cross_validation_with_one_hot_labels(kind, data):
    X, y = data
    assert (cross_val_score(DeepNeuralNetwork(**QUICK), X, kind(y), cv=3) > 0.9).all()


def test_the_names_of_columns_are_the_classes(data):
    X, y = data
    model = DeepNeuralNetwork(**QUICK).fit(X, pd.get_dummies(y + 1))
    assert model.classes_.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(model.predict(X), y + 1)
    words = pd.get_dummies(np.array(["cow", "ant", "bee"])[y])[["cow", "bee", "ant"]]
    model = DeepNeuralNetwork(**QUICK).fit(X, words)
    assert model.classes_.tolist() == ["ant", "bee", "cow"]
    assert model.predict(X)[:3].tolist() == ["cow", "ant", "bee"]
    assert model.score(X, words) == 1
    assert model.score(X, words[["ant", "bee", "cow"]].to_numpy()) == 1  # in the order of classes_


def test_a_column_without_an_example_is_a_class_too(data):
    X, y = data
    table = pd.get_dummies(y + 1).assign(**{"9": False}).rename(columns={"9": 9})
    model = DeepNeuralNetwork(**QUICK).fit(X, table)
    assert model.classes_.tolist() == [1, 2, 3, 9]
    assert model.predict_proba(X).shape == (120, 4)


def test_partial_fit_matches_columns_and_classes(data):
    X, y = data
    words = ["ant", "bee", "cow"]
    model = DeepNeuralNetwork(**QUICK).partial_fit(X, one_hot(y), classes=words)
    assert model.classes_.tolist() == words
    model.partial_fit(X, one_hot(y)).partial_fit(X, np.array(words)[y], classes=words[::-1])
    with pytest.raises(InputError, match=r"classes is \['ant', 'bee'\], the network's are \['ant', 'bee', 'cow'\]"):
        model.partial_fit(X, one_hot(y), classes=words[:2])
    with pytest.raises(InputError, match="give it in order"):
        DeepNeuralNetwork(**QUICK).partial_fit(X, one_hot(y), classes=words[::-1])


@pytest.mark.parametrize("shape", [(-1, 4, 4), (-1, 4, 4, 1)])
def test_a_network_of_images_takes_arrays_of_images_everywhere(shape, data):
    X, y = data
    images = X.reshape(shape)
    flat, model = DeepNeuralNetwork(**CNN).fit(X, y), DeepNeuralNetwork(**CNN).fit(images, y)
    expected = flat.predict_proba(X)
    np.testing.assert_array_equal(model.predict_proba(images), expected)
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    np.testing.assert_array_equal(model.predict(images), flat.predict(X))
    np.testing.assert_array_equal(model.features(images, 2), flat.features(X, 2))
    assert model.score(images, y) == flat.score(X, y)
    model.train(images, y, validation_data=(images, y))
    flat.train(X, y, validation_data=(X, y))
    assert model.history_ == flat.history_
    np.testing.assert_array_equal(
        model.partial_fit(images, y).predict_proba(images), flat.partial_fit(X, y).predict_proba(X)
    )
    model = DeepNeuralNetwork(start_from=flat.network_, epochs=1).fit(images, y)
    assert model.network_.input_shape == (4, 4, 1)


def test_other_arrays_of_images_are_answered_with_the_remedy(data, model):
    X, y = data
    images = X.reshape(-1, 4, 4)
    remedy = re.escape("X has shape (120, 4, 4), the network takes (n, 16): give X.reshape(len(X), -1)")
    for act in (
        lambda: DeepNeuralNetwork(**QUICK).fit(images, y),
        lambda: DeepNeuralNetwork(**QUICK).partial_fit(images, y),
        lambda: DeepNeuralNetwork(**QUICK).train(X, y, validation_data=(images, y)),
        lambda: model.predict(images),
        lambda: model.predict_proba(images),
        lambda: model.score(images, y),
        lambda: model.features(images, 1),
    ):
        with pytest.raises(InputError, match=remedy):
            act()
    with pytest.raises(InputError, match="needs square images, 8 features are none"):
        DeepNeuralNetwork(**CNN).fit(images[:, :2], y)


def test_sparse_inputs_are_refused_with_the_remedy(data, model):
    X, y = sparse.csr_array(data[0]), data[1]
    for act in (lambda: DeepNeuralNetwork().fit(X, y), lambda: model.predict(X), lambda: model.partial_fit(X, y)):
        with pytest.raises(InputError, match=r"X is sparse, .* give X.toarray\(\), 1,920 of them"):
            act()


@pytest.mark.parametrize("value", [3e38, -3e38, 1e300, 1e39])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, object])
def test_numbers_too_large_to_learn_from(value, dtype, data, model):
    X, y = data[0].astype(np.float64), data[1]
    X[7, 3] = value
    with np.errstate(over="ignore"):
        X = X.astype(dtype)
    for act in (
        lambda: DeepNeuralNetwork(**QUICK).fit(X, y),
        lambda: DeepNeuralNetwork(**QUICK).partial_fit(X, y),
        lambda: model.train(data[0], y, validation_data=(X, y)),
    ):
        with pytest.raises(
            InputError, match=r"X has values from .* up to 1e\+15|X contains infinity or a number .* in row 7"
        ):
            act()


OTHERS = [
    {"hidden_layers": [9]},
    {"layer_sizes": [16, 9, 3], "hidden_layers": [9]},
    {"activation": "tanh"},
    {"initializer": "he"},
    {"dropout": 0.5},
]


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_another_architecture_needs_a_new_network(other, data, tmp_path):
    X, y = data
    model = DeepNeuralNetwork(**QUICK, warm_start=True).fit(X, y)
    model.save_model(tmp_path / "model.npz")
    loaded = DeepNeuralNetwork(warm_start=True, epochs=1).load_model(tmp_path / "model.npz")
    name = next(iter(other))
    for known in (model, loaded):
        known.set_params(**other)
        for act in (known.partial_fit, known.fit):
            with pytest.raises(InputError, match=f"{name} is .*, the network was made with .*; fit it anew"):
                act(X, y)
        assert known.score(X, y) == 1
        known.set_params(warm_start=False).fit(X, y)


def test_a_list_of_layers_that_changed_in_place_is_another_architecture(data):
    layers = [8]
    model = DeepNeuralNetwork(**QUICK | {"hidden_layers": layers}).fit(*data)
    layers.append(4)
    with pytest.raises(InputError, match=r"hidden_layers is \[8, 4\], the network was made with \[8\]"):
        model.partial_fit(*data)


def test_warm_start_keeps_labels_and_features(data):
    X, y = data
    model = DeepNeuralNetwork(**QUICK, warm_start=True).fit(X, y)
    with pytest.raises(InputError, match=r"label .*7.* is none of the classes \[0, 1, 2\]"):
        model.fit(X, y + 7)
    with pytest.raises(ValueError, match="X has 15 features, but DeepNeuralNetwork is expecting 16"):
        model.fit(X[:, :15], y)
    assert model.fit(X, np.zeros(120, int)).classes_.tolist() == [0, 1, 2]
    assert model.n_features_in_ == 16


def test_set_params_between_calls_of_partial_fit(data):
    X, y = data
    model = DeepNeuralNetwork(**QUICK).partial_fit(X, y)

    def step(**options):
        before, done = model.network_.params.copy(), model.trainer_.optimizer.steps
        model.set_params(**options).partial_fit(X, y)
        return np.abs(model.network_.params - before).max(), model.trainer_.optimizer.steps - done

    assert step()[1] == 4  # batches of 32
    assert step(batch_size=0)[1] == 1
    assert step(learning_rate=1e-9)[0] < 1e-6
    assert step(learning_rate=0.1)[0] > 1e-3
    assert model.trainer_.optimizer.kind == "momentum"
    step(optimizer="adam")
    assert (model.trainer_.optimizer.kind, model.trainer_.optimizer.steps) == ("adam", 1)
    assert step(l2=0.01)[1] == 1
    assert model.trainer_.optimizer.steps == 2  # the same that it was
    assert model.n_iter_ == len(model.history_) == 7


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0] * 119 + [1], "class 1 has a single one: call train with validation_data, or set patience=0"),
        (np.arange(120) % 20, "of 120 that is fewer than the 20 classes: .*patience=0"),
    ],
)
def test_patience_with_few_examples(y, message, data):
    with pytest.raises(InputError, match=message):
        DeepNeuralNetwork(patience=3).fit(data[0], y)
    model = DeepNeuralNetwork(patience=3, epochs=1).train(data[0], y, validation_data=(data[0], y))
    assert model.predict(data[0]).shape == (120,)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.full(120, np.nan), "y contains NaN"),
        (np.linspace(0, 1, 120), "y is continuous"),
        (np.arange(119) % 3, "X has 120 examples, y has 119 labels"),
        ([*"abc"] * 39 + ["a", "b", 3], "y has 'a' at 0 and 3 at 119"),
    ],
)
def test_labels_that_cannot_be_learned(y, message, data):
    for act in (DeepNeuralNetwork(**QUICK).fit, DeepNeuralNetwork(**QUICK).partial_fit):
        with pytest.raises(InputError, match=message) as caught:
            act(data[0], y)
        assert "\n" not in str(caught.value)


def test_words_survive_a_file(data, tmp_path):
    X, y = data
    words = pd.Series(np.array(["cow", "ant", "bee"])[y])
    model = DeepNeuralNetwork(**QUICK).fit(pd.DataFrame(X), words)
    model.save_model(tmp_path / "model.npz")
    loaded = DeepNeuralNetwork(**QUICK).load_model(tmp_path / "model.npz")
    assert loaded.score(X, words) == 1
    assert loaded.partial_fit(X, words).classes_.tolist() == ["ant", "bee", "cow"]


def test_an_unfitted_network_says_so():
    model, X = DeepNeuralNetwork(), np.eye(3)
    for act in (
        model.predict,
        model.predict_proba,
        lambda X: model.features(X, 1),
        lambda X: model.score(X, [0, 1, 2]),
    ):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            act(X)
