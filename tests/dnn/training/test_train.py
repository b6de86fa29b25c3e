import pickle

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.training.divergence import DivergenceError
from dnn.training.recipe import Training
from dnn.training.train import train
from dnn.training.trainer import Trainer
from tests.networks import mlp
from tests.trainings import KilledError, data

EVERYTHING = {"optimizer": "nadam", "ema": 0.9, "accumulate": 3, "mixup": 0.2, "label_smoothing": 0.1}


def new(hidden=9, **options):
    rng = np.random.default_rng(0)
    network = mlp([64, hidden, 3])
    network.initialize(rng)
    return Trainer.of(network, Training(**{"epochs": 6, "batch_size": 16, "learning_rate": 0.1} | options), rng)


def noisy(n, seed):
    X, Y = data(n, seed)
    return X, Y[np.random.default_rng(seed).permutation(n)]


@pytest.mark.filterwarnings("ignore::dnn.base.errors.TrainingWarning")  # as it is noise
@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_the_kept_epoch_is_that_of_the_least_validation_loss_of_the_kind_that_is_minimised(loss):
    """Of labels that are noise there is nothing to learn: each loss is best early on."""
    trainer, kept = new(loss=loss, optimizer="adam", epochs=40), []
    validation = noisy(60, 2)
    train(trainer, *noisy(60, 1), validation=validation, callbacks=[lambda run: kept.append(run.network.params.copy())])
    values = []
    for params in kept:
        trainer.network.params[...] = params
        logits = trainer.network.logits(validation[0]).astype(float)
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        by = {"cross_entropy": -(np.log(p) * validation[1]).sum(axis=1), "mean_squared_error": (p - validation[1]) ** 2}
        values.append(by[loss].mean())
    np.testing.assert_allclose([row["val_loss"] for row in trainer.history], values, rtol=1e-5)
    assert trainer.kept_epoch == 1 + np.argmin(values) < 40


def test_a_plateau_is_one_of_the_loss_that_is_minimised():
    options = {"schedule": "plateau", "schedule_options": {"patience": 0, "gamma": 0.5}}
    trainer = new(loss="mean_squared_error", epochs=30, **options)
    train(trainer, *noisy(60, 1), validation=noisy(60, 2))
    rates, losses = ([row[name] for row in trainer.history] for name in ("learning_rate", "val_loss"))
    best, rate, expected = np.inf, 0.1, []
    for loss in losses:
        expected.append(rate)
        rate = rate if loss < best * (1 - 1e-4) else rate / 2
        best = min(best, loss)
    assert rates == pytest.approx(expected)
    assert rates[-1] < rates[0]


@pytest.mark.filterwarnings("ignore::dnn.base.errors.TrainingWarning")  # too fast for one at a time
@pytest.mark.parametrize("batch_size", [0, 1, 16])
def test_only_the_ratios_of_weights_count(batch_size):
    weights, runs = np.linspace(0, 1, 100), []
    for scale in (2.0, 64.0):  # powers of two, which round no product
        trainer = new(batch_size=batch_size, epochs=2)
        train(trainer, *data(100, 1), weights=scale * weights, validation=(*data(40, 2), scale * np.arange(40)))
        runs.append((trainer.network.params.tobytes(), trainer.history))
    assert runs[0] == runs[1]


@pytest.mark.parametrize("where", ["weights", "validation"])
def test_weights_that_are_all_0_are_named(where):
    zeros = {"weights": {"weights": np.zeros(100)}, "validation": {"validation": (*data(40, 2), np.zeros(40))}}
    trainer = new()
    before = pickle.dumps(trainer)
    with pytest.raises(InputError, match=r"weights of all (validation )?examples are zero"):
        train(trainer, *data(100, 1), **zeros[where])
    assert pickle.dumps(trainer) == before


@pytest.mark.filterwarnings("ignore::dnn.base.errors.TrainingWarning")  # as it is noise
def test_without_restoring_the_last_weights_are_kept_whatever_the_validation_loss_was():
    runs = [new(optimizer="adam", epochs=40, restore_best=restores) for restores in (True, False)]
    for trainer in runs:
        train(trainer, *noisy(60, 1), validation=noisy(60, 2))
    best, last = runs
    assert best.history == last.history
    assert best.kept_epoch < last.kept_epoch == 40
    again = new(optimizer="adam", epochs=40)
    again.fit(*noisy(60, 1))
    np.testing.assert_array_equal(last.network.params, again.network.params)


@pytest.mark.filterwarnings("ignore::dnn.base.errors.TrainingWarning")
@pytest.mark.parametrize("restores", [True, False])
def test_a_stopped_training_keeps_the_best_weights_only_to_restore_them(tmp_path, restores):
    whole, first, second = (new(epochs=6, restore_best=restores) for _ in range(3))
    examples, path = {"validation": noisy(60, 2)}, tmp_path / "checkpoint.npz"
    train(whole, *noisy(60, 1), **examples)
    train(first, *noisy(60, 1), **examples, checkpoint=path, until=4)
    with np.load(path) as saved:
        assert ("best_params" in saved) == ("best_state" in saved) == restores
    train(second, *noisy(60, 1), **examples, checkpoint=path)
    assert (second.history, second.kept_epoch) == (whole.history, whole.kept_epoch)
    assert second.network.params.tobytes() == whole.network.params.tobytes()


@pytest.mark.parametrize("restores", [True, False])
def test_a_divergence_leaves_an_epoch_before_it(restores):
    (X, Y), kept, trainer = data(100, 1), [], new(restore_best=restores)

    def spoil(run):
        kept.append(run.network.params.copy())
        if len(kept) == 3:
            X[7] = np.nan

    with pytest.raises(DivergenceError):
        train(trainer, X, Y, validation=data(40, 2), callbacks=[spoil])
    assert len(trainer.history) == 3
    assert restores or trainer.kept_epoch == 3
    np.testing.assert_array_equal(trainer.network.params, kept[trainer.kept_epoch - 1])


@pytest.mark.parametrize("options", [{}, EVERYTHING], ids=["plain", "everything"])
def test_a_pickled_training_goes_on_to_the_same_bytes(options):
    trainer = new(**options)
    train(trainer, *data(100, 1), weights=np.linspace(0, 2, 100))
    trainer.pass_once(*data(50, 3))
    copy = pickle.loads(pickle.dumps(trainer))
    for run in (trainer, copy):
        run.pass_once(*data(50, 4))
    assert copy.network.params.tobytes() == trainer.network.params.tobytes()
    assert copy.history == trainer.history


@pytest.mark.parametrize(("optimizer", "vectors"), [("sgd", 0), ("momentum", 1), ("adam", 2)])
@pytest.mark.parametrize("more", [{}, {"ema": 0.9, "accumulate": 2}], ids=["", "more"])
def test_a_pickled_training_is_weights_and_vectors_of_the_optimizer(optimizer, vectors, more):
    trainer = new(hidden=900, epochs=1, optimizer=optimizer, **more)
    train(trainer, *data(100, 1))
    assert len(pickle.dumps(trainer)) < 1.05 * (1 + vectors) * trainer.network.params.nbytes


def test_it_goes_on_where_the_checkpoint_was_left_and_removes_it(tmp_path):
    whole, part, rest = (new(**EVERYTHING, patience=3) for _ in range(3))
    examples = {"X": data(100, 1)[0], "Y": data(100, 1)[1], "validation": data(40, 2)}
    train(whole, **examples)

    def kill(run):
        if len(run.history) == 3:
            raise KilledError

    with pytest.raises(KilledError):
        train(part, **examples, callbacks=[kill], checkpoint=tmp_path / "c.npz")
    train(rest, **examples, checkpoint=tmp_path / "c.npz")
    assert rest.history == whole.history
    assert rest.kept_epoch == whole.kept_epoch
    assert rest.network.params.tobytes() == whole.network.params.tobytes()
    assert list(tmp_path.iterdir()) == []


def test_other_options_go_on_from_the_same_weights_with_the_same_optimizer():
    trainer = new(optimizer="adam")
    trainer.pass_once(*data(50, 1))
    same = trainer.going_on(Training(epochs=6, batch_size=16, learning_rate=0.1, optimizer="adam"))
    assert same is trainer
    slower = trainer.going_on(Training(learning_rate=1e-9, optimizer="adam"))
    before = slower.network.params.copy()
    slower.pass_once(*data(50, 1))
    np.testing.assert_allclose(slower.network.params, before, atol=1e-7)
    assert slower.network is trainer.network
    assert slower.optimizer.steps == trainer.optimizer.steps == 5
    assert [row["epoch"] for row in slower.history] == [1, 2]
    assert trainer.going_on(Training(optimizer="sgd")).optimizer.steps == 0


@pytest.mark.parametrize("callbacks", [5, print, [5], "ab", {"a": print}], ids=str)
def test_callbacks_are_functions(callbacks):
    with pytest.raises(InputError, match=r"callbacks is .*, it should be a list of functions that take the Trainer"):
        train(new(), *data(100, 1), callbacks=callbacks)


@pytest.mark.parametrize(
    ("checkpoint", "message"),
    [
        (3, "checkpoint is 3, it should be the path of a file"),
        (".", r"checkpoint: '\.' is a folder"),
        ("c" * 5000, r"checkpoint: 'ccc.*' cannot be used \(.*\); give another path"),
    ],
    ids=["number", "folder", "long"],
)
def test_a_checkpoint_is_a_file(checkpoint, message):
    with pytest.raises(InputError, match=message) as caught:
        train(new(), *data(100, 1), checkpoint=checkpoint)
    assert len(str(caught.value)) < 300


def test_an_optimizer_is_of_one_training():
    optimizer = new().optimizer
    trainer = new()
    with pytest.raises(InputError, match=r"this momentum optimizer is in a training already, .* make a new one"):
        Trainer(trainer.network, optimizer, trainer.recipe, trainer.rng)
    Trainer(trainer.network, pickle.loads(pickle.dumps(optimizer)), trainer.recipe, trainer.rng)


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_afterwards_no_memory_of_the_mini_batches_is_held(loss):
    trainer = new(epochs=1, batch_size=0, loss=loss)
    train(trainer, *data(100, 1))
    assert not any(vars(trainer.loss).values())


def test_a_part_whose_weights_are_all_0_is_refused():
    with pytest.raises(InputError, match="weights of all examples are zero, so there is nothing to learn"):
        new().pass_once(*data(50, 1), np.zeros(50))


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("options", [EVERYTHING, {"optimizer": "adam"}], ids=["everything", "adam"])
def test_what_fails_half_way_is_as_if_it_had_not_been(options, error, monkeypatch):
    trainer, whole = new(**options), new(**options)
    for run in (trainer, whole):
        run.pass_once(*data(100, 1))
    step, steps = Trainer.step, []

    def fail(self, *examples):
        steps.append(1)
        if len(steps) == 4:
            raise error
        return step(self, *examples)

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "step", fail)
        with pytest.raises(error):
            trainer.pass_once(*data(100, 2))
    assert trainer.optimizer.steps == whole.optimizer.steps
    for run in (trainer, whole):
        run.pass_once(*data(100, 3))
    assert trainer.network.params.tobytes() == whole.network.params.tobytes()
    assert trainer.history == whole.history
