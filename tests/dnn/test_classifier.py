import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, recall_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from dnn import DeepNeuralNetwork
from dnn.base.errors import InputError
from dnn.batches.augmentation import Augmentation
from dnn.formats.model_file import save_model
from dnn.model import Model

ROUNDED = {"check_sample_weight_equivalence_on_dense_data": "to 1e-7; test_weights_are_repetitions asks for less"}


@pytest.mark.filterwarnings("ignore::dnn.base.errors.TrainingWarning")  # features near 100, random labels
@parametrize_with_checks([DeepNeuralNetwork()], expected_failed_checks=lambda _: ROUNDED)
def test_is_a_scikit_learn_classifier(estimator, check):
    check(estimator)


def blobs(n=90, seed=0, spread=0.3):
    """(n, 4) float32 and (n,) labels 0, 1, 2."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return (rng.normal(0, spread, (n, 4)) + 2 * np.eye(3, 4)[y]).astype(np.float32), y


@pytest.fixture
def model():
    return DeepNeuralNetwork([4, 8, 3], epochs=5).train(*blobs())


def saved(model, path):
    model.save_model(path)
    return path.read_bytes()


def test_numbers_of_numpy_give_the_bytes_of_python_s(tmp_path):
    plain = {"learning_rate": 0.001, "l2": 1e-3, "epochs": 2, "optimizer": "adam", "dropout": 0.2}
    options = {name: np.float64(value) if isinstance(value, float) else value for name, value in plain.items()}
    options |= {"epochs": np.int64(2), "optimizer_options": {"beta1": np.float64(0.9)}}
    models = [DeepNeuralNetwork([4, 8, 3], **given).fit(*blobs()) for given in (plain, options)]
    assert saved(models[0], tmp_path / "a.npz") == saved(models[1], tmp_path / "b.npz")


def test_the_lines_of_the_manual(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    digits, y = load_digits(return_X_y=True)
    images = np.pad(np.kron(digits.reshape(-1, 8, 8) / 16, np.ones((3, 3))), ((0, 0), (2, 2), (2, 2))).reshape(-1, 784)
    X_train, y_train, X_test, y_test = images[::15], y[::15], images[1::6], y[1::6]

    model = DeepNeuralNetwork(layer_sizes=[784, 128, 64, 32, 10], learning_rate=0.01)
    model.train(X_train, y_train, epochs=500)
    model.save_model("best_mnist_model.npz")
    model = DeepNeuralNetwork(layer_sizes=[784, 128, 64, 32, 10])
    model.load_model("best_mnist_model.npz")
    predictions = model.predict(X_test)
    probabilities = model.predict_proba(X_test)

    assert np.mean(predictions == y_test) > 0.85
    assert probabilities.shape == (len(X_test), 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), predictions)
    assert model.score(X_test, y_test) == np.mean(predictions == y_test)


# A generator of everything that draws: start, order, distortion, dropout
RANDOM = {"epochs": 3, "dropout": 0.2, "batch_size": 16, "augmentation": Augmentation(rotation=10, elastic=0.1)}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    def trained(seed):
        return saved(DeepNeuralNetwork([4, 8, 3], random_state=seed, **RANDOM).train(*blobs()), tmp_path / "m.npz")

    assert trained(0) == trained(0) == trained(np.random.default_rng(0))
    assert trained(0) != trained(1)


def test_training_anew_forgets_and_leaves_the_global_generator_alone(model, tmp_path):
    before, state = saved(model, tmp_path / "m.npz"), np.random.get_state()[1].tolist()  # noqa: NPY002
    model.partial_fit(*blobs()).train(*blobs())
    assert saved(model, tmp_path / "m.npz") == before == saved(clone(model).fit(*blobs()), tmp_path / "m.npz")
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


@pytest.mark.parametrize("layer_sizes", [None, [4, 8, 3]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, int, bool])
def test_one_hot_labels_give_the_bytes_of_digits(layer_sizes, dtype, tmp_path):
    (X, y), (X_val, y_val) = blobs(), blobs(seed=1)
    eye, models = np.eye(3, dtype=dtype), []
    for labels, val_labels in ((y, y_val), (eye[y], eye[y_val])):
        model = DeepNeuralNetwork(layer_sizes, epochs=3).train(X, labels, validation_data=(X_val, val_labels))
        models.append(saved(model.partial_fit(X, labels), tmp_path / "m.npz"))
    assert models[0] == models[1]


def test_labels_may_be_words_or_miss_classes():
    X, y = blobs()
    words = np.array(["ant", "bee", "cow"])
    model = DeepNeuralNetwork([4, 8, 3], learning_rate=0.1, epochs=20).train(X, words[y])
    assert model.predict(X).tolist() == words[y].tolist()
    model = DeepNeuralNetwork([4, 8, 10], epochs=1).train(X, y)
    assert model.classes_.tolist() == list(range(10))
    assert model.predict_proba(X).shape == (90, 10)


def test_every_column_of_one_hot_labels_is_a_class():
    X, y = blobs()
    assert DeepNeuralNetwork(epochs=1).train(X, np.eye(5)[y]).classes_.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer_sizes": [4]}, r"layer_sizes is \[4\], it should be a list of two or more whole numbers"),
        ({"layer_sizes": [4, 0, 3]}, r"layer_sizes is \[4, 0, 3\]"),
        ({"layer_sizes": [5, 8, 3]}, "X has 4 features, layer_sizes starts with 5"),
        ({"layer_sizes": [4, 8, 2]}, "labels have 3 classes, the network has 2 outputs"),
        ({"activation": "swish"}, "activation is 'swish', it should be one of"),
        ({"optimizer": "lbfgs"}, "optimizer is 'lbfgs', it should be one of"),
        ({"schedule": "stair"}, "schedule is 'stair', it should be one of"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"layer_sizes": []}, "layer_sizes"),
        ({"layer_sizes": [4, 2.5, 3]}, "layer_sizes"),
        ({"initializer": "orthogonal"}, "orthogonal"),
        ({"batch_size": -1}, "batch_size"),
    ],
    ids=str,
)
def test_mistakes_are_named(options, message):
    with pytest.raises(InputError, match=message):
        DeepNeuralNetwork(**{"epochs": 1} | options).train(*blobs())


@pytest.mark.parametrize(
    "option", [{"learning_rate": -1}, {"epochs": -1}, {"label_smoothing": 1.5}, {"l2": -1}, {"patience": -1}], ids=str
)
def test_numbers_out_of_range_are_named(option):
    with pytest.raises(InputError, match=next(iter(option))):
        DeepNeuralNetwork(**{"epochs": 1} | option).train(*blobs())


def test_zero_epochs_are_not_the_default():
    with pytest.raises(InputError, match="epochs"):
        DeepNeuralNetwork(epochs=3).train(*blobs(), epochs=0)


@pytest.mark.parametrize("sizes", [[4, 9, 3], [5, 8, 3], [4, 8, 2], [4, 3], [4, 8, 8, 3]], ids=str)
def test_load_model_refuses_other_layers_and_stays_as_it_was(sizes, model, tmp_path):
    model.save_model(tmp_path / "m.npz")
    other = DeepNeuralNetwork(sizes)
    with pytest.raises(InputError, match=r"m\.npz holds a network of layer_sizes \[4, 8, 3\], this one has \[\d, "):
        other.load_model(tmp_path / "m.npz")
    assert not hasattr(other, "network_")


@pytest.mark.parametrize("sizes", [None, (4, 8, 3)])
@pytest.mark.parametrize("dropout", [0, 0.3])
def test_a_loaded_model_predicts_the_same_and_learns_on(sizes, dropout, tmp_path):
    X, y = blobs()
    model = DeepNeuralNetwork(dropout=dropout, epochs=2).set_params(layer_sizes=[4, 8, 3]).train(X, y)
    model.save_model(tmp_path / "m.npz", about={"note": "blobs"})
    loaded = DeepNeuralNetwork(sizes).load_model(tmp_path / "m.npz")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    before = log_loss(y, loaded.predict_proba(X))
    assert log_loss(y, loaded.partial_fit(X, y).predict_proba(X)) < before


@pytest.mark.parametrize(
    "sizes",
    [
        [4, 8, np.int64(3)],
        np.array([4, 8, 3]),
    ],
    ids=repr,
)
def test_sizes_counted_by_numpy_can_be_saved(sizes, tmp_path):
    DeepNeuralNetwork(sizes, epochs=1).train(*blobs()).save_model(tmp_path / "m.npz")


def test_partial_fit_once_per_epoch_is_training(tmp_path):
    X, y = blobs()
    whole = DeepNeuralNetwork([4, 8, 3], epochs=4, optimizer="adam").train(X, y)
    parts = DeepNeuralNetwork([4, 8, 3], optimizer="adam", schedule="cosine", warmup_epochs=2)  # both need an end
    for _ in range(4):
        parts.partial_fit(X, y, classes=[0, 1, 2])
    assert saved(parts, tmp_path / "m.npz") == saved(whole, tmp_path / "m.npz")
    assert parts.n_iter_ == parts.kept_epoch_ == 4


def test_partial_fit_learns_from_chunks_that_lack_classes():
    X, y = blobs()
    model = DeepNeuralNetwork(learning_rate=0.05)
    for _ in range(30):
        for half in (y < 2, y > 0):
            model.partial_fit(X[half], y[half], classes=[2, 1, 0])
    assert model.score(X, y) > 0.95
    with pytest.raises(InputError, match=r"label .*7.* none of the classes \[0, 1, 2\]"):
        model.partial_fit(X, y + 7)


HARD = {"layer_sizes": [4, 32, 3], "learning_rate": 0.1, "epochs": 200, "batch_size": 8}


def test_early_stopping_keeps_the_best_weights():
    X_val, y_val = validation = blobs(60, seed=1, spread=1.5)
    model = DeepNeuralNetwork(patience=5, **HARD).train(*blobs(60, spread=1.5), validation_data=validation)
    losses = [row["val_loss"] for row in model.history_]
    assert model.kept_epoch_ == np.argmin(losses) + 1
    assert model.n_iter_ == len(losses) == model.kept_epoch_ + 5 < 200
    assert log_loss(y_val, model.predict_proba(X_val)) == pytest.approx(min(losses), rel=1e-5)


def test_patience_holds_out_a_tenth_of_the_training_set():
    seen = []
    model = DeepNeuralNetwork(patience=3, **HARD).set_params(epochs=1)
    model.train(*blobs(60, spread=1.5), callbacks=[lambda trainer: seen.append(trainer.optimizer.steps)])
    assert seen == [7]  # 54 examples in batches of 8
    assert "val_loss" in model.history_[0]


def test_partial_fit_goes_on_after_early_stopping():
    X, y = blobs(60, spread=1.5)
    model = DeepNeuralNetwork(patience=1, **HARD).train(X, y)
    before = model.network_.params.copy()
    model.partial_fit(X, y)
    assert not np.array_equal(model.network_.params, before)


FAILURES = {
    "option": ({"optimizer": "lbfgs"}, {}),
    "penalty": ({"l1": -1}, {}),
    "option of the schedule": ({"schedule": "step", "schedule_options": {"drops": 0}}, {}),
    "class_weight": ({"class_weight": {9: 1}}, {}),
    "layers": ({"layer_sizes": [5, 8, 3]}, {}),
    "schedule that needs validation": ({"schedule": "plateau"}, {}),
    "patience with a class of one": ({"patience": 1}, {"y": np.r_[7, np.arange(89) % 3]}),
    "X": ({}, {"X": np.full((90, 4), np.nan)}),
    "other columns": ({}, {"X": pd.DataFrame(np.ones((90, 5)), columns=list("abcde")), "sample_weight": [-1] * 90}),
    "y": ({}, {"y": np.arange(90) / 7}),
    "sample_weight": ({}, {"sample_weight": np.full(90, -1)}),
    "weights that are all 0": ({}, {"sample_weight": np.zeros(90)}),
    "validation labels": ({}, {"validation_data": (np.ones((3, 4)), [7, 8, 9])}),
    "validation columns": ({}, {"validation_data": (np.ones((3, 5)), [0, 1, 2])}),
    "checkpoint": ({}, {"checkpoint": "."}),
    "checkpoint below a file": ({}, {"checkpoint": "pyproject.toml/folder/c.npz"}),
    "callback": ({}, {"callbacks": [lambda trainer: 1 // 0]}),
    "callback in the second epoch": ({}, {"callbacks": [lambda trainer: 1 // (2 - len(trainer.history))]}),
    "learning rate": ({"learning_rate": 1e30}, {}),
    "until": ({}, {"until": 0}),
}


def everything(model):
    """All that the estimator is, among it the state of its random generators."""
    return pickle.dumps(vars(model))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("warm_start", [False, True], ids=["anew", "further"])
@pytest.mark.parametrize("fitted", [False, True], ids=["unfitted", "fitted"])
@pytest.mark.parametrize(("options", "arguments"), FAILURES.values(), ids=FAILURES)
def test_a_failed_training_changes_nothing(options, arguments, fitted, warm_start):
    X, y = blobs()
    rng = np.random.default_rng(0)
    model = DeepNeuralNetwork(hidden_layers=[8], epochs=3, batch_size=16, random_state=rng, warm_start=warm_start)
    if fitted:
        model.fit(pd.DataFrame(X, columns=list("abcd")), y)
    model.set_params(**options)
    before = everything(model)
    with np.errstate(all="ignore"), pytest.raises((ValueError, ZeroDivisionError)):
        model.train(**{"X": X, "y": y} | arguments)
    assert everything(model) == before


@pytest.mark.parametrize("fitted", [False, True], ids=["unfitted", "fitted"])
@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ({"l1": -1}, {}),
        ({"class_weight": {9: 1}}, {}),
        ({}, {"y": np.full(90, 7), "classes": [0, 1, 2]}),
        ({}, {"X": np.ones((90, 5)), "y": np.full(90, 7), "classes": [0, 1, 2]}),
        ({}, {"sample_weight": np.full(90, -1)}),
    ],
    ids=str,
)
def test_a_refused_part_changes_nothing(options, arguments, fitted):
    X, y = blobs()
    model = DeepNeuralNetwork(hidden_layers=[8], random_state=np.random.default_rng(0))
    if fitted:
        model.partial_fit(X, y)
    model.set_params(**options)
    before = everything(model)
    with pytest.raises(ValueError, match=r"l1|none of the classes|features|sample_weight"):
        model.partial_fit(**{"X": X, "y": y} | arguments)
    assert everything(model) == before


def test_a_first_part_that_diverges_leaves_an_unfitted_estimator():
    model = DeepNeuralNetwork(learning_rate=1e30, optimizer="sgd")
    before = everything(model)
    with np.errstate(all="ignore"), pytest.raises(InputError, match="no longer finite"):
        model.partial_fit(*blobs())
    assert everything(model) == before


def test_a_later_part_that_diverges_leaves_the_weights_and_the_history():
    model = DeepNeuralNetwork(optimizer="sgd").partial_fit(*blobs())
    before, history = model.network_.params.copy(), list(model.history_)
    with np.errstate(all="ignore"), pytest.raises(InputError, match="no longer finite"):
        model.set_params(learning_rate=1e30).partial_fit(*blobs())
    np.testing.assert_array_equal(model.network_.params, before)
    assert (model.history_, model.n_iter_) == (history, 1)
    assert model.set_params(learning_rate=0.01).partial_fit(*blobs()).score(*blobs()) > 0.3


@pytest.mark.parametrize("ema", [0.0, 0.9])
@pytest.mark.parametrize("validated", [False, True], ids=["", "validated"])
@pytest.mark.parametrize("ending", [InputError, KeyboardInterrupt])
def test_a_divergence_and_an_interruption_keep_what_the_epochs_before_came_to(ending, validated, ema):
    X, y = blobs()
    bad, kept = X.copy(), []
    model = DeepNeuralNetwork([4, 8, 3], epochs=5, batch_size=16, ema=ema).fit(X[:50], y[:50])

    def spoil(trainer):
        kept.append(trainer.network.params.copy())
        if len(kept) == 3 and ending is InputError:
            bad.fill(np.nan)
        elif len(kept) == 3:
            raise KeyboardInterrupt

    with pytest.raises(ending):
        model.train(bad, y, validation_data=blobs(seed=1) if validated else None, callbacks=[spoil])
    assert model.n_iter_ == len(model.history_) == 3
    best = 1 + np.argmin([row["val_loss"] for row in model.history_]) if validated else 3
    assert model.kept_epoch_ == best
    np.testing.assert_array_equal(model.network_.params, kept[best - 1])
    assert np.isfinite(model.partial_fit(X, y).predict_proba(X)).all()


def test_a_callback_that_fails_late_may_leave_a_checkpoint_to_go_on_from(tmp_path):
    X, y = blobs()
    whole = DeepNeuralNetwork(**SHORT).train(X, y)
    model = DeepNeuralNetwork(**SHORT)
    fail = [lambda trainer: 1 // (3 - len(trainer.history))]
    with pytest.raises(ZeroDivisionError):
        model.train(X, y, callbacks=fail, checkpoint=tmp_path / "c.npz")
    assert not hasattr(model, "network_")
    model.train(X, y, checkpoint=tmp_path / "c.npz")
    assert saved(model, tmp_path / "m.npz") == saved(whole, tmp_path / "m.npz")


def rare(n, share, seed):
    """(n, 5) and labels, 1 for the share that is one standard deviation away in two features."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(int)
    return (rng.normal(size=(n, 5)) + y[:, None] * np.array([1, 1, 0, 0, 0])).astype(np.float32), y


@pytest.mark.parametrize(("batch_size", "rate", "epochs"), [(0, 0.5, 300), (32, 0.02, 20), (2, 0.001, 5)])
@pytest.mark.parametrize("by", ["class_weight", "sample_weight", "mixup"])
def test_a_balanced_rare_class_is_recalled_as_by_logistic_regression_with_any_batch_size(by, batch_size, rate, epochs):
    X, y = rare(4000, 0.02, 0)
    X_test, y_test = rare(20_000, 0.5, 1)
    theirs = LogisticRegression(class_weight="balanced", C=1e4).fit(X, y).predict(X_test)
    weights = {"sample_weight": np.where(y == 1, 49.0, 1.0)} if by == "sample_weight" else {}
    options = {"class_weight": None if weights else "balanced", "mixup": 0.2 if by == "mixup" else 0.0}
    recipe = {"batch_size": batch_size, "learning_rate": rate, "epochs": epochs, "schedule": "cosine"}
    ours = DeepNeuralNetwork(hidden_layers=[], **recipe, **options).fit(X, y, **weights).predict(X_test)
    for label in (0, 1):
        recalled = recall_score(y_test, ours, pos_label=label)
        within = 0.08 if by == "mixup" else 0.04  # which learns of other examples
        assert recalled == pytest.approx(recall_score(y_test, theirs, pos_label=label), abs=within)


def test_class_weights_count_in_validation():
    (X, y), (X_val, y_val) = blobs(spread=1.5), blobs(60, seed=1, spread=1.5)
    model = DeepNeuralNetwork([4, 8, 3], epochs=3, class_weight={0: 5.0, 2: 0.5})
    model.train(X, y, validation_data=(X_val, y_val))
    weights = np.array([5, 1, 0.5])[y_val]
    expected = log_loss(y_val, model.predict_proba(X_val), sample_weight=weights)
    assert model.history_[model.kept_epoch_ - 1]["val_loss"] == pytest.approx(expected, rel=1e-5)


def test_weights_of_parts_count_as_they_are():
    """A part cannot know the mean over all of them."""
    (X, y), options = blobs(), {"layer_sizes": [4, 3], "optimizer": "sgd", "batch_size": 0}
    start = DeepNeuralNetwork(**options, learning_rate=1e-30).partial_fit(X, y).network_.params
    once, twice = (
        DeepNeuralNetwork(**options, learning_rate=rate).partial_fit(X, y, sample_weight=np.full(90, weight))
        for rate, weight in ((0.02, 1.0), (0.01, 2.0))
    )
    np.testing.assert_allclose(once.network_.params, twice.network_.params, rtol=1e-5)
    assert not np.allclose(once.network_.params, start)


def test_parts_learn_by_the_options_that_are_set_now():
    X, y = blobs()
    model = DeepNeuralNetwork([4, 8, 3]).partial_fit(X, y)
    before = model.network_.params.copy()
    model.set_params(learning_rate=1e-12, optimizer="sgd", loss="mean_squared_error").partial_fit(X, y)
    np.testing.assert_allclose(model.network_.params, before, atol=1e-6)
    assert model.trainer_.optimizer.kind == "sgd"
    assert model.history_[1]["train_loss"] < 0.5, "of squared errors"


def test_a_part_costs_the_same_after_many(monkeypatch):
    """No call looks at the history of those before."""
    X, y = blobs(8)
    model = DeepNeuralNetwork([4, 8, 3], schedule="plateau", epochs=3)

    class Rows(list):
        def __iter__(self):
            raise AssertionError("it goes through all rows")

        def __getitem__(self, _):
            raise AssertionError("it looks at rows")

    model.partial_fit(X, y)
    model.trainer_.history = Rows([{}] * 1000)
    model.partial_fit(X, y)
    assert model.n_iter_ == 1001
    monkeypatch.setattr("dnn.base.blas.ThreadpoolController", None)  # which looks through all loaded libraries
    model.partial_fit(X, y)


@pytest.mark.parametrize(("optimizer", "vectors"), [("sgd", 0), ("adam", 2)])
def test_a_pickle_is_the_weights_and_the_optimizer_s_vectors(optimizer, vectors):
    X, y = blobs()
    model = DeepNeuralNetwork([4, 300, 300, 3], epochs=1, optimizer=optimizer, ema=0.9, accumulate=2).fit(X, y)
    assert len(pickle.dumps(model)) < 1.05 * (1 + vectors) * model.network_.params.nbytes


def test_loading_forgets_the_training_before(model, tmp_path):
    save_model(tmp_path / "m.npz", Model(model.network_, model.classes_))  # without a history, as the pipeline does
    X, y = blobs()
    other = DeepNeuralNetwork(epochs=2).fit(pd.DataFrame(X, columns=list("abcd")), y).load_model(tmp_path / "m.npz")
    for name in ("history_", "kept_epoch_", "n_iter_", "feature_names_in_"):
        assert not hasattr(other, name)
    np.testing.assert_array_equal(other.predict(X), model.predict(X))


@pytest.mark.parametrize("validated", [False, True])
def test_the_history_survives_saving_and_loading(validated, tmp_path):
    X, y = blobs()
    validation = (X, (y + 1) % 3) if validated else None  # which gets worse from epoch to epoch
    model = DeepNeuralNetwork(epochs=5).train(X, y, validation_data=validation)
    model.save_model(tmp_path / "m.npz")
    loaded = DeepNeuralNetwork().load_model(tmp_path / "m.npz")
    for name in ("history_", "kept_epoch_", "n_iter_"):
        assert getattr(loaded, name) == getattr(model, name)
    assert (loaded.kept_epoch_ == 5) != validated
    loaded.save_model(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "m.npz").read_bytes()


def test_in_a_notebook_it_shows_layers_and_curves(model):
    before = DeepNeuralNetwork()._repr_mimebundle_()["text/html"]
    assert "Learning curves" not in before
    assert "output shape" not in before
    html = model._repr_html_()
    assert "Learning curves" in model._repr_mimebundle_()["text/html"]
    assert "Learning curves" in html
    assert "dense" in model.network_._repr_html_()
    assert model.network_._repr_html_() in html
    with sklearn.config_context(display="text"):
        assert not hasattr(model, "_repr_html_")


def test_summary_says_what_the_default_has():
    assert "111,146" in DeepNeuralNetwork([784, 128, 64, 32, 10]).summary().splitlines()[-1]
    with pytest.raises(InputError, match="layer_sizes"):
        DeepNeuralNetwork().summary()
    X = np.random.default_rng(0).random((20, 784))
    fitted = DeepNeuralNetwork(epochs=1).train(X, np.arange(20) % 10)
    assert fitted.summary() == DeepNeuralNetwork([784, 128, 64, 32, 10]).summary()


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_trains_on_alone_and_alike(duplicate, model, tmp_path):
    other = duplicate(model)
    network = other.network_
    assert all(np.shares_memory(p, network.params) for layer in network.layers for p in layer.parameters.values())
    before = saved(model, tmp_path / "m.npz")
    trained = saved(other.partial_fit(*blobs(seed=2)), tmp_path / "m.npz")
    assert saved(model, tmp_path / "m.npz") == before != trained
    assert saved(model.partial_fit(*blobs(seed=2)), tmp_path / "m.npz") == trained


SHORT = {"layer_sizes": [4, 8, 3], "epochs": 4, "batch_size": 16, "schedule": "cosine"}


def trained_until(until, tmp_path):
    """Train, on where the checkpoint was left; give the model and its bytes."""
    model = DeepNeuralNetwork(**SHORT)
    model.train(*blobs(), validation_data=blobs(seed=1), checkpoint=tmp_path / "c.npz", until=until)
    return model, saved(model, tmp_path / "m.npz")


def test_training_in_parts_is_training(tmp_path):
    whole = DeepNeuralNetwork(**SHORT).train(*blobs(), validation_data=blobs(seed=1))
    for until in (1, 3):
        part, _ = trained_until(until, tmp_path)
        assert part.history_ == whole.history_[:until]
        assert part.n_iter_ == until
    end, trained = trained_until(None, tmp_path)
    assert end.history_ == whole.history_
    assert trained == saved(whole, tmp_path / "m.npz")
    assert not (tmp_path / "c.npz").exists()


def test_a_checkpoint_stays_where_until_is_given_even_at_the_end(tmp_path):
    _, trained = trained_until(4, tmp_path)
    left = (tmp_path / "c.npz").read_bytes()
    for until in (2, 9):
        model, again = trained_until(until, tmp_path)
        assert (model.n_iter_, again) == (4, trained), "what is done is done"
    assert (tmp_path / "c.npz").read_bytes() == left
    _, again = trained_until(None, tmp_path)
    assert again == trained


def test_until_is_an_epoch():
    with pytest.raises(InputError, match="until is 0, it should be a whole number at least 1"):
        DeepNeuralNetwork(**SHORT).train(*blobs(), until=0)
    assert DeepNeuralNetwork(**SHORT).train(*blobs(), until=2).n_iter_ == 2


def test_a_callback_sees_the_estimator_that_is_trained_and_may_change_it(model):
    (X, y), seen = blobs(), []

    def look(trainer):
        own = np.mean(trainer.network.logits(X).argmax(axis=1) == y)
        seen.append((model.score(X, y) == own, len(model.history_)))
        model.set_params(learning_rate=0.5).note_ = "kept"

    for estimator in (model, DeepNeuralNetwork([4, 8, 3])):
        seen.clear()
        model = estimator
        estimator.train(X, y, epochs=2, callbacks=[look])
        assert seen == [(True, 1), (True, 2)]
        assert (estimator.learning_rate, estimator.note_) == (0.5, "kept")


def test_a_random_state_is_where_it_was_after_a_failure():
    state = np.random.RandomState(0)
    with pytest.raises(InputError, match="validation_data"):
        DeepNeuralNetwork(random_state=state).train(*blobs(), validation_data=(np.ones((3, 4)), [7, 8, 9]))
    assert state.rand() == np.random.RandomState(0).rand()


@pytest.mark.parametrize("ending", ["diverges", "is interrupted"])
def test_a_later_part_that_fails_half_way_changes_nothing(ending, monkeypatch, tmp_path):
    X, y = blobs()
    model = DeepNeuralNetwork([4, 8, 3], optimizer="adam", ema=0.9, batch_size=16, accumulate=2)
    for _ in range(5):
        model.partial_fit(X, y)
    other = copy.deepcopy(model)
    with monkeypatch.context() as patched:
        if ending == "is interrupted":
            patched.setattr("dnn.training.moving_average.WeightAverage.update", lambda *_: 1 // 0)
        with np.errstate(all="ignore"), pytest.raises((InputError, ZeroDivisionError)):
            model.partial_fit(X, y, sample_weight=np.full(90, 1e38 if ending == "diverges" else 1))
    for each in (model, other):
        each.partial_fit(X, y)
    assert len(model.history_) == model.n_iter_ == 6
    assert saved(model, tmp_path / "a.npz") == saved(other, tmp_path / "b.npz")
    assert model.history_ == other.history_


def test_balanced_classes_are_none_of_parts():
    with pytest.raises(InputError, match=r"class_weight is 'balanced', .* partial_fit .* give \{label: weight\}"):
        DeepNeuralNetwork(class_weight="balanced").partial_fit(*blobs())


@pytest.mark.parametrize("how", ["partial_fit", "fit"])
def test_a_temperature_belongs_to_its_weights(how, model, tmp_path):
    model.temperature_ = 3.0
    model.save_model(tmp_path / "m.npz")
    loaded = DeepNeuralNetwork(epochs=1, warm_start=True).load_model(tmp_path / "m.npz")
    assert loaded.temperature_ == 3
    assert getattr(loaded, how)(*blobs()).temperature_ == 1


DESCRIBED = {"hidden_layers": [8, {"residual": {"layers": [{"dense": 8}]}}], "dropout": 0.1, "freeze": 0}


@pytest.mark.parametrize(
    "equal",
    [
        {"hidden_layers": (8, {"residual": {"layers": ({"dense": 8.0},)}})},
        {"hidden_layers": [np.int64(8), {"residual": {"layers": [{"dense": 8}]}}]},
        {"dropout": np.float64(0.1)},
        {"freeze": 0.0},
        {"layer_sizes": (4.0, 3)},
        {"layer_sizes": np.array([4, 3])},
    ],
    ids=str,
)
def test_an_equal_description_of_the_layers_is_no_other(equal):
    options = {"layer_sizes": [4, 3]} if "layer_sizes" in equal else DESCRIBED
    model = DeepNeuralNetwork(**options).partial_fit(*blobs())
    model.set_params(**equal).partial_fit(*blobs())
    with pytest.raises(InputError, match="activation is 'tanh', the network was made with 'relu'"):
        model.set_params(activation="tanh").partial_fit(*blobs())


@pytest.mark.parametrize(
    "data",
    [
        blobs()[0],
        (blobs()[0],),
        (*blobs(), np.ones(90)),
        0.1,
        "auto",
        {"X": 1, "y": 2},
        (None, None),
        (blobs()[0][:, :3], blobs()[1]),
        (blobs()[0], blobs()[1] + 1),
    ],
    ids=["X", "(X,)", "(X, y, w)", "0.1", "auto", "mapping", "(None, None)", "columns", "labels"],
)
def test_validation_data_is_a_pair_like_the_training_set(data):
    with pytest.raises(InputError, match=r"validation_data(:| is .*, it should be a pair \(X, y\))") as caught:
        DeepNeuralNetwork(epochs=1).train(*blobs(), validation_data=data)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("layer", ["2", 1.5, None, True, 0, 9])
def test_a_layer_is_a_number_in_the_summary(layer, model):
    with pytest.raises(InputError, match=r"layer is .*, it should be a whole number at least 1 and at most 3"):
        model.features(blobs()[0], layer)
    np.testing.assert_array_equal(model.features(blobs()[0], 2.0), model.features(blobs()[0], 2))


def test_mistakes_in_files_are_named(model, tmp_path):
    for path in (3, None, tmp_path, "a" * 5000):
        for call in (model.load_model, model.save_model):
            with pytest.raises(InputError, match=r"path( is|:) ") as caught:
                call(path)
            assert len(str(caught.value)) < 300
    for about in ({"a": {1}}, 3, {1: 2}):
        with pytest.raises(InputError, match=r"about is .*, it should be JSON-ready facts by their names"):
            model.save_model(tmp_path / "m.npz", about)
    assert list(tmp_path.iterdir()) == []
