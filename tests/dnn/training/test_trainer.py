import tracemalloc
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error
from sklearn.neural_network import MLPClassifier

from dnn.base.errors import InputError
from dnn.batches.augmentation import Augmentation
from dnn.batches.minibatches import batches
from dnn.layers import Dense
from dnn.losses import LOSSES, SoftmaxCrossEntropy, hits, softmax
from dnn.network import Network
from dnn.training.divergence import DivergenceError
from dnn.training.optimizers import OPTIMIZERS, make_optimizer
from dnn.training.recipe import Training
from dnn.training.schedules import make_schedule
from dnn.training.trainer import Trainer
from tests.networks import build_network, mlp


def blobs(n=90, features=4, seed=0):
    """Three classes that a network can tell apart: (n, features) float32 and one-hot labels."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    X = rng.normal(0, 0.3, (n, features)) + 2 * np.eye(3, features)[y]
    return X.astype(np.float32), np.eye(3, dtype=np.float32)[y]


def trainer(epochs=3, sizes=(4, 8, 3), optimizer="momentum", seed=0, dropout=0.0, **recipe):
    rng = np.random.default_rng(seed)
    network = mlp(sizes, dropout=dropout)
    network.initialize(rng)
    return Trainer(network, make_optimizer(optimizer), Training(epochs=epochs, **{"batch_size": 16} | recipe), rng)


def test_full_batch_descent_agrees_with_scikit_learn():
    X, Y = blobs()
    options = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1, "batch_size": 90, "alpha": 9.0}
    theirs = MLPClassifier([8], random_state=0, **options)
    theirs.partial_fit(X.astype(float), Y.argmax(axis=1), classes=range(3))
    # scikit-learn divides its penalty by the number of examples
    ours = trainer(optimizer="sgd", epochs=10, batch_size=0, learning_rate=0.1, l2=9.0 / 90)
    parameters = [p for pair in zip(theirs.coefs_, theirs.intercepts_, strict=True) for p in pair]
    ours.network.params[...] = np.concatenate([p.ravel() for p in parameters])
    ours.fit(X, Y)
    for _ in range(10):
        theirs.partial_fit(X.astype(float), Y.argmax(axis=1))
    parameters = [p for pair in zip(theirs.coefs_, theirs.intercepts_, strict=True) for p in pair]
    np.testing.assert_allclose(ours.network.params, np.concatenate([p.ravel() for p in parameters]), atol=1e-5)
    assert ours.optimizer.steps == 10


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_learns_and_writes_down_how(optimizer):
    X, Y = blobs()
    run = trainer(20, optimizer=optimizer, learning_rate=0.05, schedule="linear")
    run.fit(X, Y, validation=blobs(seed=1))
    assert [row["epoch"] for row in run.history] == list(range(1, 21))
    assert run.history[-1]["train_loss"] < 0.5 * run.history[0]["train_loss"]
    assert run.history[-1]["val_accuracy"] == 1
    # the rate of an epoch is that of its last step: 90 examples make 6 steps of 16
    expected = [0.05 * (1 - (6 * epoch - 1) / 120) for epoch in range(1, 21)]
    np.testing.assert_allclose([row["learning_rate"] for row in run.history], expected)


SCORES = {"cross_entropy": log_loss, "mean_squared_error": mean_squared_error}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("weights", [None, np.linspace(0, 2, 1000)], ids=["plain", "weighted"])
def test_validates_by_its_loss_as_scikit_learn_measures_it(loss, weights):
    X, Y = blobs(1000)
    run = trainer(epochs=1, loss=loss)
    run.fit(*blobs(), validation=(X, Y, weights))
    p = softmax(run.network.logits(X))
    assert run.history[0]["val_loss"] == pytest.approx(SCORES[loss](Y, p, sample_weight=weights), rel=1e-5)
    assert run.history[0]["val_accuracy"] == accuracy_score(Y.argmax(axis=1), p.argmax(axis=1))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("weights", [None, np.linspace(0, 2, 90)], ids=["plain", "weighted"])
def test_training_figures_are_means_over_examples_before_their_step(loss, weights):
    X, Y = blobs(90)
    run = trainer(epochs=1, batch_size=40, learning_rate=1e-12, loss=loss)  # it stands still; the last batch has 10
    run.fit(X, Y, weights=weights)
    p = softmax(run.network.logits(X))
    assert run.history[0]["train_loss"] == pytest.approx(SCORES[loss](Y, p, sample_weight=weights), rel=1e-5)
    assert run.history[0]["train_accuracy"] == hits(p, Y) / 90


def gradient(X, Y, weights, **recipe):
    """The step of plain descent at rate 1 through all of the examples, in float64, from the same start."""
    network = Network([Dense(3)], (X.shape[1],), np.float64)
    network.initialize(np.random.default_rng(0))
    start = network.params.copy()
    run = Trainer(network, make_optimizer("sgd"), Training(epochs=1, learning_rate=1.0, **recipe), network_rng())
    run.fit(X.astype(float), Y.astype(float), weights=weights)
    return start - network.params


def network_rng():
    return np.random.default_rng(1)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("weights", [np.linspace(0, 2, 90), np.where(np.arange(90) < 3, 30.0, 0.0)], ids=["all", "few"])
def test_accumulated_mini_batches_weigh_as_one_large_batch(weights, loss):
    X, Y = blobs(90)
    large = gradient(X, Y, weights, batch_size=0, loss=loss)
    for batch_size in (30, 16, 1):  # of which some hold only examples of weight 0
        small = gradient(X, Y, weights, batch_size=batch_size, accumulate=90, loss=loss)
        np.testing.assert_allclose(small, large, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("batch_size", [1, 7, 30])
def test_the_mean_step_of_mini_batches_is_that_of_the_whole_weighted_loss(batch_size):
    """At a rate so small that the weights stand still, one epoch's steps add up to the whole gradient."""
    X, Y = blobs(90)
    weights, rate = np.linspace(0, 2, 90), 1e-7
    moved = gradient(X, Y, weights, batch_size=0)
    network = Network([Dense(3)], (4,), np.float64)
    network.initialize(np.random.default_rng(0))
    start, steps = network.params.copy(), 0
    run = Trainer(network, make_optimizer("sgd"), Training(batch_size=batch_size), network_rng())
    for X_batch, Y_batch, w in run.batches(X.astype(float), Y.astype(float), weights):
        run.step(X_batch, Y_batch, rate * len(X_batch), w)
        steps += len(X_batch)
    np.testing.assert_allclose((start - network.params) / (rate * steps), moved, rtol=1e-4, atol=1e-7)


def test_a_repeated_example_is_one_of_twice_the_weight():
    X, Y = blobs(6)
    twice = np.r_[np.arange(6), [0, 1]]
    weights = np.bincount(twice) / np.bincount(twice).mean()
    np.testing.assert_allclose(
        gradient(X, Y, weights, batch_size=0), gradient(X[twice], Y[twice], None, batch_size=0), rtol=1e-12
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_float32_stays_float32(optimizer):
    everything = {"schedule": "cosine", "warmup_epochs": 0.5, "l2": 1e-3, "weight_decay": 1e-3, "label_smoothing": 0.1}
    run = trainer(2, (4, 8, 3), optimizer, dropout=0.2, augmentation=Augmentation(10, 0.1, 0.1, 1, 0.5), **everything)
    run.fit(*blobs(), validation=blobs(seed=1))
    run.step(*(A[:16] for A in blobs()), 0.01)
    network = run.network
    arrays = [network.params, network.grads, *run.optimizer.state.values()]
    for layer in network.layers:
        arrays += [*layer.parameters.values(), *layer.gradients.values(), *layer._buffers.values()]
    assert {a.dtype for a in arrays} == {np.dtype(np.float32), np.dtype(bool)}  # bool: ReLU's mask


@pytest.mark.parametrize(
    "options",
    [
        *({"optimizer": name} for name in OPTIMIZERS),
        {"weight_decay": 0.1},
        {"l2": 0.1},
        {"dropout": 0.5},
    ],
    ids=str,
)
def test_a_step_allocates_next_to_nothing(options):
    run = trainer(sizes=(784, 128, 64, 10), **options)
    X, Y = np.random.default_rng(0).random((512, 784), np.float32), np.eye(10, dtype=np.float32)[np.arange(512) % 10]
    for _ in range(2):
        run.step(X, Y, 0.01)
    tracemalloc.start()
    try:
        run.step(X, Y, 0.01)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # NumPy casts through a buffer of 8192 elements, whatever the sizes; the smallest activation has 4 x 512 x 64 bytes
    assert peak < 50_000


@pytest.mark.parametrize("recipe", [{}, {"dropout": 0.3}, {"augmentation": Augmentation(rotation=20)}], ids=str)
def test_the_seed_decides_every_bit(recipe):
    first, same, other = (trainer(seed=seed, **recipe) for seed in (0, 0, 1))
    for run in (first, same, other):
        run.fit(*blobs())
    assert first.network.params.tobytes() == same.network.params.tobytes()
    assert first.history == same.history
    assert first.network.params.tobytes() != other.network.params.tobytes()


@pytest.mark.parametrize("recipe", [{}, {"dropout": 0.3}, {"augmentation": Augmentation(rotation=20)}], ids=str)
def test_more_epochs_continue_where_it_stood(recipe):
    straight, paused = trainer(5, optimizer="adam", **recipe), trainer(2, optimizer="adam", **recipe)
    straight.fit(*blobs())
    paused.fit(*blobs())
    paused.recipe = replace(paused.recipe, epochs=5)
    paused.fit(*blobs())
    assert paused.history == straight.history
    assert paused.network.params.tobytes() == straight.network.params.tobytes()


def test_the_schedule_is_made_once_a_training(monkeypatch):
    made = []
    monkeypatch.setattr(
        "dnn.training.learning_rate.make_schedule", lambda *args, **options: made.append(args) or make_schedule(*args)
    )
    trainer(5, schedule="linear").fit(*blobs())
    assert made == [("linear",)]


def test_weight_decay_shrinks_weights_and_not_biases():
    plain, decayed = trainer(optimizer="sgd"), trainer(optimizer="sgd", weight_decay=0.5)
    start = [W.copy() for W, *_ in plain.network.decayed]
    for run in (plain, decayed):
        run.step(*blobs(), learning_rate=0.1)
    for W, (W_plain, *_), (W_decayed, *_) in zip(start, plain.network.decayed, decayed.network.decayed, strict=True):
        np.testing.assert_allclose(W_plain - W_decayed, 0.1 * 0.5 * W, atol=1e-6)
    for a, b in zip(plain.network.layers, decayed.network.layers, strict=True):
        np.testing.assert_array_equal(a.parameters.get("b", 0), b.parameters.get("b", 0))


def test_callbacks_run_in_order_after_each_epoch_and_may_stop_it():
    calls = []

    def first(run):
        calls.append(("first", len(run.history)))

    def second(run):
        calls.append(("second", len(run.history)))
        run.stop = len(run.history) == 2

    run = trainer(epochs=5)
    run.fit(*blobs(), callbacks=[first, second])
    assert calls == [("first", 1), ("second", 1), ("first", 2), ("second", 2)]


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_weights():
    X, Y = blobs()
    run, saved = trainer(epochs=5), []

    def poison(run):
        saved.append(run.network.params.copy())
        if len(saved) == 2:
            X[50] = np.nan

    with pytest.raises(InputError, match=r"no longer finite at step 1\d, learning rate 0.01: .* good epoch are kept"):
        run.fit(X, Y, callbacks=[poison])
    assert len(run.history) == 2
    np.testing.assert_array_equal(run.network.params, saved[-1])


@pytest.mark.parametrize("epochs", [1, 3])
def test_weights_that_explode_in_the_last_step_of_an_epoch_are_not_good(epochs):
    run = trainer(epochs, optimizer="sgd", batch_size=0, learning_rate=1e38)
    with np.errstate(all="ignore"), pytest.raises(DivergenceError, match="no epoch was good, so nothing was learned"):
        run.fit(10 * blobs()[0], blobs()[1])
    assert np.isfinite(run.network.params).all()
    assert np.isfinite(SoftmaxCrossEntropy.value(run.network.logits(blobs()[0]), blobs()[1]))


def interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("ema", [0.0, 0.9])
@pytest.mark.parametrize("diverges", [True, False], ids=["diverges", "is interrupted"])
def test_an_epoch_that_does_not_end_well_leaves_the_weights_that_were_kept_before_it(ema, diverges, monkeypatch):
    """Of a moving average these are the average."""
    X, Y = blobs()
    run, kept = trainer(epochs=3, ema=ema, accumulate=4), []

    def spoil(run):
        kept.append(run.network.params.copy())
        if diverges:
            X[50] = np.nan
        else:
            monkeypatch.setattr(run.optimizer, "step", interrupt)  # after four mini-batches

    with pytest.raises(DivergenceError if diverges else KeyboardInterrupt):
        run.fit(X, Y, callbacks=[spoil])
    assert len(run.history) == 1
    np.testing.assert_array_equal(run.network.params, kept[0])


def test_what_an_interruption_left_is_no_part_of_the_next_step(monkeypatch):
    """Of gradients that were gathered, and of a moving average."""
    X, Y = blobs()
    runs = [trainer(optimizer="sgd", batch_size=45, accumulate=2, ema=0.5) for _ in range(2)]
    runs[0].step(5 * X, Y, 0.1, flush=False)
    monkeypatch.setattr("dnn.training.trainer.Trainer.step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        runs[0].pass_once(X, Y)
    monkeypatch.undo()
    for run in runs:
        run.rng = np.random.default_rng(0)
        run.pass_once(X, Y)
    assert runs[0].network.params.tobytes() == runs[1].network.params.tobytes()


def test_augmentation_needs_square_images():
    with pytest.raises(InputError, match="5 features are none"):
        trainer(sizes=(5, 3), augmentation=Augmentation(rotation=10)).fit(*blobs(features=5))


def test_images_that_lie_badly_in_memory_are_put_straight_once(monkeypatch):
    X, Y = blobs()
    unaligned = np.empty(X.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(X.shape)
    unaligned[...] = X
    seen = []
    monkeypatch.setattr(
        "dnn.training.trainer.batches", lambda X, *labels, **options: seen.append(X) or batches(X, *labels, **options)
    )
    runs = [trainer() for _ in range(3)]
    for run, images in zip(runs, (X, unaligned, np.asfortranarray(X)), strict=True):
        run.fit(images, Y)
        assert np.array_equal(run.network.params, runs[0].network.params)
    assert seen[0] is X
    assert all(images.flags.aligned and images.flags.c_contiguous for images in seen)
    assert seen[3] is seen[5]


@pytest.mark.parametrize("learning_rate", [0.1, 1e30])
def test_afterwards_layers_hold_no_memory_of_the_steps(learning_rate):
    run = trainer(learning_rate=learning_rate, optimizer="sgd")
    with pytest.raises(InputError) if learning_rate > 1 else nullcontext():
        run.fit(*blobs(), validation=blobs(seed=1))
    for layer in run.network.layers:
        assert not layer._buffers
        assert not [name for name, value in vars(layer).items() if isinstance(value, np.ndarray)]


@pytest.mark.parametrize("batch_size", [599, 598])
def test_a_rest_of_few_examples_does_not_spoil_batch_normalisation(batch_size):
    X, y = load_digits(return_X_y=True)
    X, Y = (X[:600] / 16).astype(np.float32), np.eye(10, dtype=np.float32)[y[:600]]
    rng = np.random.default_rng(0)
    network = build_network(64, [32, "batchnorm"], 10)
    network.initialize(rng)
    training = Training(epochs=30, batch_size=batch_size, learning_rate=0.05)
    Trainer.of(network, training, rng).fit(X, Y)
    assert hits(network.logits(X), Y) > 0.95 * len(Y)
