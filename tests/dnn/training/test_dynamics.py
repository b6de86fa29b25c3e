import copy

import numpy as np
import pytest

from dnn.batches.augmentation import Augmentation
from dnn.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, ReLU, Tanh
from dnn.losses import LOSSES, SoftmaxCrossEntropy
from dnn.network import Network
from dnn.training.checkpoint import Checkpoint, load_checkpoint
from dnn.training.dynamics import MULTIPLES, Dynamics
from dnn.training.optimizers import make_optimizer
from dnn.training.recipe import Training
from dnn.training.trainer import Trainer
from tests.trainings import KilledError, data

EPOCHS = 6
FULL = {"ema": 0.9, "accumulate": 3, "mixup": 0.4, "cutout": 2, "l2": 0.01, "label_smoothing": 0.1, "clip_norm": 1.0}


def new(layers=None, optimizer="adam", rate=0.01, epochs=EPOCHS, shape=(64,), **recipe):
    rng = np.random.default_rng(0)
    network = Network(layers or [Dense(9), BatchNorm(), ReLU(), Dropout(0.3), Dense(3)], shape)
    network.initialize(rng)
    return Trainer(
        network, make_optimizer(optimizer), Training(epochs=epochs, batch_size=16, learning_rate=rate, **recipe), rng
    )


def read(path):
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def watch(tmp_path, trainer):
    """Train and read what was kept."""
    trainer.fit(*data(100, 1), data(40, 2), [Dynamics(*data(40, 2), tmp_path / "d.npz")])
    return read(tmp_path / "d.npz")


@pytest.mark.parametrize(
    "recipe", [{}, {"augmentation": Augmentation(rotation=10, elastic=1), **FULL}], ids=["", "full"]
)
def test_a_watched_training_comes_to_the_same_bytes(tmp_path, recipe):
    plain, watched = new(**recipe), new(**recipe)
    plain.fit(*data(100, 1), data(40, 2))
    watch(tmp_path, watched)
    assert watched.network.params.tobytes() == plain.network.params.tobytes()
    assert watched.network.state.tobytes() == plain.network.state.tobytes()
    assert all(np.array_equal(a, plain.optimizer.state[name]) for name, a in watched.optimizer.state.items())
    assert watched.rng.bit_generator.state == plain.rng.bit_generator.state
    assert watched.history == plain.history


def test_norms_and_loss_along_a_step_of_plain_descent_are_those_computed_by_hand(tmp_path):
    """Softmax regression: the gradient is Xᵀ (p - Y) / n, the step is minus the learning rate times that."""
    trainer = new([Dense(3)], "sgd", rate=0.5, epochs=1)
    found = watch(tmp_path, trainer)
    X, Y = (array.astype(float) for array in data(40, 2))
    W, b = (trainer.network.layers[0].parameters[name].astype(float) for name in ("W", "b"))

    def probabilities(W, b):
        e = np.exp(X @ W + b)
        return e / e.sum(axis=1, keepdims=True)

    d = (probabilities(W, b) - Y) / len(X)
    gradient = np.append((X.T @ d).ravel(), d.sum(axis=0))
    steps = [-0.5 * m * gradient for m in MULTIPLES]
    losses = [
        -np.log((probabilities(W + step[:-3].reshape(W.shape), b + step[-3:]) * Y).sum(axis=1)).mean() for step in steps
    ]
    assert found["layers"].tolist() == ["1 dense"]
    assert found["activations"].shape == (0,)
    assert found["weight_norm"][0] == pytest.approx(np.sqrt((W**2).sum() + (b**2).sum()), rel=1e-5)
    assert found["gradient_norm"][0] == pytest.approx(np.linalg.norm(gradient), rel=1e-4)
    assert found["update_norm"][0] == pytest.approx(0.5 * np.linalg.norm(gradient), rel=1e-4)
    assert found["landscape"][0] == pytest.approx(losses, rel=1e-4)
    assert found["right"][0].tolist() == np.packbits((X @ W + b).argmax(axis=1) == Y.argmax(axis=1)).tolist()


def test_activations_are_those_of_the_network_and_a_dead_unit_is_seen(tmp_path):
    trainer = new([Dense(5), ReLU(), Dense(4), Tanh(), Dense(3)], "sgd", epochs=1)
    trainer.network.layers[0].parameters["b"][:2] = -1000
    found = watch(tmp_path, trainer)
    hidden, tanh = (trainer.network.features(data(40, 2)[0], layer) for layer in (2, 4))
    assert found["activations"].tolist() == ["2 relu", "4 tanh"]
    assert found["dead"][0, 0] == pytest.approx((hidden == 0).all(axis=0).mean())
    assert found["dead"][0, 0] >= 2 / 5
    assert found["zeros"][0] == pytest.approx([(hidden == 0).mean(), 0])
    assert found["mean"][0] == pytest.approx([hidden.mean(), tanh.mean()], rel=1e-4)
    assert found["std"][0] == pytest.approx([hidden.std(), tanh.std()], rel=1e-4)


def test_a_unit_of_a_convolution_is_a_channel(tmp_path):
    trainer = new([Conv2D(4, 3), ReLU(), Flatten(), Dense(3)], "sgd", epochs=1, shape=(8, 8, 1))
    trainer.network.layers[0].parameters["b"][0] = -1000
    trainer.network.layers[0].parameters["b"][1:] = 10
    found = watch(tmp_path, trainer)
    assert found["dead"][0] == found["zeros"][0] == 1 / 4
    assert found["layers"].tolist() == ["1 conv", "4 dense"]


@pytest.mark.parametrize("loss", LOSSES)
def test_before_the_step_batch_norm_stands_as_training_left_it(tmp_path, loss):
    trainer = new([Dense(6), BatchNorm(), ReLU(), Dense(3)], epochs=1, loss=loss)
    found = watch(tmp_path, trainer)
    assert found["landscape"][0, MULTIPLES.index(0)] == pytest.approx(trainer.history[0]["val_loss"], rel=1e-6)


def test_with_an_average_the_step_is_of_the_weights_and_the_answers_are_of_the_average(tmp_path):
    trainer = new([Dense(3)], "sgd", epochs=1, ema=0.9)
    found = watch(tmp_path, trainer)
    X, Y = data(40, 2)
    assert found["weight_norm"][0] == pytest.approx(np.linalg.norm(trainer.average.params))
    assert np.unpackbits(found["right"][0], count=40).mean() == trainer.history[0]["val_accuracy"]
    weights = copy.deepcopy(trainer.network)
    weights.params[...] = trainer.average.params
    assert found["landscape"][0, MULTIPLES.index(0)] == pytest.approx(SoftmaxCrossEntropy.value(weights.logits(X), Y))


def test_the_landscape_is_measured_at_some_moments_and_at_the_end(tmp_path):
    found = watch(tmp_path, new())
    assert found["epoch"][np.isfinite(found["landscape"]).all(axis=1)].tolist() == [1, 2, 5, 6]


@pytest.mark.parametrize("saved", [True, False], ids=["after the checkpoint", "before it"])
def test_an_interrupted_training_keeps_its_rows(tmp_path, saved):
    whole = watch(tmp_path, new(**FULL))
    path, rows = tmp_path / "c.npz", tmp_path / "again.npz"

    def kill(trainer):
        if len(trainer.history) == 3:
            raise KilledError

    def fit(*last):
        trainer = new(**FULL)
        if path.exists():
            load_checkpoint(path, trainer)
        trainer.fit(*data(100, 1), data(40, 2), [Dynamics(*data(40, 2), rows), *last])

    with pytest.raises(KilledError):
        fit(*([Checkpoint(path), kill] if saved else [kill, Checkpoint(path)]))
    assert read(rows)["epoch"].tolist() == [1, 2, 3]
    fit()
    assert rows.read_bytes() == (tmp_path / "d.npz").read_bytes()
    assert whole["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
