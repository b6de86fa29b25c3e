import json

import numpy as np
import pytest

from dnn.base.errors import InputError, TrainingWarning
from dnn.batches.augmentation import Augmentation
from dnn.layers import BatchNorm, Dense, Dropout, ReLU
from dnn.network import Network
from dnn.training.callbacks import BestWeights
from dnn.training.checkpoint import FORMAT, Checkpoint, load_checkpoint
from dnn.training.optimizers import OPTIMIZERS, make_optimizer
from dnn.training.recipe import Training
from dnn.training.train import train
from dnn.training.trainer import Trainer
from tests.trainings import KilledError, data

EPOCHS = 6
AUGMENTATION = Augmentation(rotation=10, shift=1, elastic=1)
PLATEAU = {"schedule": "plateau", "schedule_options": {"patience": 0, "gamma": 0.5, "threshold": 0.2}}
FULL = {"label_smoothing": 0.1, "weight_decay": 0.01, "ema": 0.9, "accumulate": 3, "mixup": 0.4, "cutout": 2}


def new(optimizer="adam", units=9, patience=0, seed=0, rate=0.01, **recipe):
    """A training from the start."""
    rng = np.random.default_rng(seed)
    network = Network([Dense(units), BatchNorm(), ReLU(), Dropout(0.3), Dense(3)], (64,))
    network.initialize(rng)
    options = {"schedule": "cosine", "augmentation": AUGMENTATION} | recipe
    recipe = Training(epochs=EPOCHS, batch_size=16, learning_rate=rate, **options)
    return Trainer(network, make_optimizer(optimizer), recipe, rng), BestWeights(patience)


def fit(trainer, best, *callbacks):
    trainer.fit(*data(100, 1), data(40, 2), [best, *callbacks])


def killed(path, after, **options):
    """Train and be killed when so many epochs are done and saved."""
    trainer, best = new(**options)

    def kill(trainer):
        if len(trainer.history) == after:
            raise KilledError

    with pytest.raises(KilledError):
        fit(trainer, best, Checkpoint(path, best), kill)


def everything(trainer, best):
    """All bytes that a training has come to."""
    network, optimizer = trainer.network, trainer.optimizer
    arrays = [network.params, network.state, best.params, best.state]
    arrays += optimizer.state.values()
    arrays += [trainer.average.params, trainer.average.state] if trainer.average else []
    counters = [getattr(optimizer, name) for name in optimizer.counters]
    rest = trainer.history, trainer.stop, counters, best.epoch, best.loss, trainer.rng.bit_generator.state
    return [array.tobytes() for array in arrays], rest


@pytest.mark.parametrize("options", [{"optimizer": name} for name in OPTIMIZERS] + [FULL, PLATEAU], ids=str)
def test_an_interrupted_training_goes_on_to_the_same_bytes(options, tmp_path):
    whole, whole_best = new(**options)
    fit(whole, whole_best)
    killed(tmp_path / "c.npz", 3, **options)
    resumed, best = new(**options)
    resumed.rng.random(5)  # whatever it did before, the file decides
    load_checkpoint(tmp_path / "c.npz", resumed, best)
    assert len(resumed.history) == 3
    fit(resumed, best)
    assert everything(resumed, best) == everything(whole, whole_best)


@pytest.mark.parametrize("options", [{}, FULL], ids=["plain", "full"])
def test_one_that_was_done_comes_back_as_it_ended(options, tmp_path):
    trainer, best = new(**options)
    fit(trainer, best, Checkpoint(tmp_path / "c.npz", best))
    again, again_best = new(**options)
    load_checkpoint(tmp_path / "c.npz", again, again_best)
    fit(again, again_best)
    assert everything(again, again_best) == everything(trainer, best)


def test_one_that_early_stopping_ended_stays_ended(tmp_path):
    trainer, best = new(patience=1, rate=1e-9)
    best.loss = 0.0  # no epoch can be better
    fit(trainer, best, Checkpoint(tmp_path / "c.npz", best))
    assert trainer.stop
    again, again_best = new(patience=1, rate=1e-9)
    load_checkpoint(tmp_path / "c.npz", again, again_best)
    fit(again, again_best)
    assert again.history == trainer.history
    assert again_best.params is None


def test_it_is_saved_after_every_epoch(tmp_path):
    trainer, best = new()
    saved = []

    def look(trainer):
        if (tmp_path / "c.npz").exists():
            (tmp_path / "c.npz").unlink()
            saved.append(len(trainer.history))

    fit(trainer, best, Checkpoint(tmp_path / "c.npz", best), look)
    assert saved == [1, 2, 3, 4, 5, 6]


def test_the_rate_falls_at_each_side_of_the_interruption():
    """Or the test above would show nothing of the plateau."""
    trainer, best = new(**PLATEAU)
    fit(trainer, best)
    rates = [row["learning_rate"] for row in trainer.history]
    assert rates[0] > rates[2] > rates[-1]


def test_the_checkpoint_changes_nothing(tmp_path):
    plain, saved = new(**FULL), new(**FULL)
    fit(*plain)
    fit(*saved, Checkpoint(tmp_path / "c.npz", saved[1]))
    assert everything(*saved) == everything(*plain)


@pytest.mark.parametrize("generator", [np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64])
def test_every_random_generator_goes_on(generator, tmp_path):
    trainer, _ = new()
    trainer.rng = np.random.Generator(generator(7))
    trainer.rng.random(3, dtype=np.float32)
    Checkpoint(tmp_path / "c.npz")(trainer)
    expected = trainer.rng.random(5, dtype=np.float32)
    again, _ = new()
    again.rng = np.random.Generator(generator(8))
    load_checkpoint(tmp_path / "c.npz", again)
    np.testing.assert_array_equal(again.rng.random(5, dtype=np.float32), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": 8}, r"layer 1 was .*'units': 9.*, now it is .*'units': 8"),
        ({"optimizer": "sgd"}, "optimizer was adam, now it is sgd"),
        ({"rate": 0.02}, r"learning_rate was 0\.01, now it is 0\.02"),
        ({"ema": 0.5}, r"ema was 0\.0, now it is 0\.5"),
        ({"patience": 3}, "patience was 0, now it is 3"),
        ({"class_weight": {np.int64(1): 2}}, r"class_weight was None, now it is \[\[1, 2\.0\]\]"),
    ],
    ids=str,
)
def test_a_checkpoint_of_another_training_is_named_and_changes_nothing(options, message, tmp_path):
    killed(tmp_path / "c.npz", 2)
    trainer, best = new(**options)
    before = trainer.network.params.copy(), trainer.rng.bit_generator.state
    with pytest.raises(InputError, match=rf"c\.npz is of another training: {message}"):
        load_checkpoint(tmp_path / "c.npz", trainer, best)
    np.testing.assert_array_equal(trainer.network.params, before[0])
    assert (trainer.history, trainer.optimizer.steps, trainer.rng.bit_generator.state) == ([], 0, before[1])


@pytest.mark.parametrize(
    ("generator", "change"),
    [
        (np.random.MT19937, lambda state: state["state"].update(pos=10**6)),
        (np.random.MT19937, lambda state: state["state"].update(pos=-1)),
        (np.random.MT19937, lambda state: state["state"].update(key=[0] * 700)),
        (np.random.Philox, lambda state: state.update(buffer_pos=-100)),
        (np.random.Philox, lambda state: state.update(buffer_pos=5)),
        (np.random.Philox, lambda state: state.update(buffer=[0.5] * 4)),
        (np.random.SFC64, lambda state: state["state"].update(state=[1, 2])),
        (np.random.PCG64, lambda state: state["state"].update(inc=1.5)),
    ],
)
def test_a_generator_is_brought_to_no_state_that_it_cannot_be_in(generator, change, tmp_path):
    """NumPy takes some over, and would read on in memory that is not the generator's."""
    path = tmp_path / "c.npz"
    trainer, _ = new()
    trainer.rng = np.random.Generator(generator(7))
    Checkpoint(path)(trainer)
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | of_header(lambda h: change(h["rng"]))(arrays))
    again, _ = new()
    again.rng = np.random.Generator(generator(8))
    with pytest.raises(InputError, match=r"c\.npz is damaged"):
        load_checkpoint(path, again)
    expected = np.random.Generator(generator(8)).random(5)
    np.testing.assert_array_equal(again.rng.random(5), expected)


def test_another_kind_of_generator_is_named(tmp_path):
    killed(tmp_path / "c.npz", 2)
    trainer, best = new()
    trainer.rng = np.random.Generator(np.random.MT19937(0))
    with pytest.raises(InputError, match=r"c\.npz.*MT19937"):
        load_checkpoint(tmp_path / "c.npz", trainer, best)


@pytest.mark.parametrize("keep", [0, 10, 500, 3000, -1, -40])
def test_a_truncated_file_is_named(keep, tmp_path):
    killed(tmp_path / "c.npz", 1)
    (tmp_path / "c.npz").write_bytes((tmp_path / "c.npz").read_bytes()[:keep])
    with pytest.raises(InputError, match=r"c\.npz is (damaged|no \.npz)"):
        load_checkpoint(tmp_path / "c.npz", *new())


@pytest.mark.parametrize("content", [lambda b: b"", lambda b: b[:500], lambda b: bytes(len(b)), lambda b: spoiled(b)])
def test_a_torn_checkpoint_is_put_aside_and_the_training_starts_anew(content, tmp_path):
    path = tmp_path / "c.npz"
    killed(path, 2)
    torn = content(path.read_bytes())
    path.write_bytes(torn)
    (X, Y), validation = data(100, 1), data(40, 2)
    trainer, _ = new()
    with pytest.warns(
        TrainingWarning, match=r"c\.npz is .*; it is c\.npz\.damaged now, to be removed, and the training"
    ):
        train(trainer, X, Y, validation=validation, checkpoint=path)
    whole, _ = new()
    train(whole, X, Y, validation=validation)
    np.testing.assert_array_equal(trainer.network.params, whole.network.params)
    assert [file.name for file in tmp_path.iterdir()] == ["c.npz.damaged"]
    assert (tmp_path / "c.npz.damaged").read_bytes() == torn


def spoiled(content):
    """One bit of the vectors is another."""
    return content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :]


def test_what_was_never_a_checkpoint_stays_as_it_is(tmp_path):
    for name in ("notes.txt", "m.npz"):
        path = tmp_path / name
        path.write_text("of value")
        if name == "m.npz":
            np.savez(path, header="of value")
        before = path.read_bytes()
        with pytest.raises(InputError, match=name):
            train(new()[0], *data(100, 1), validation=data(40, 2), checkpoint=path)
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"header": "{"},
        {"header": "[]"},
        {"header": "{}"},
        {"header": '{"format": 0}'},
        {"header": f'{{"format": {FORMAT}, "setting": {{}}}}'},
        {"header": f'{{"format": {FORMAT}, "setting": 3}}'},
        {"params": np.zeros(3, np.float32)},
        {"optimizer_m": np.zeros(3)},
        {"best_state": np.array({}, dtype=object)},
        {"best_params": None},
    ],
    ids=str,
)
def test_a_file_that_does_not_fit_is_named(changes, tmp_path):
    path = tmp_path / "c.npz"
    killed(path, 1)
    with np.load(path) as file:
        arrays = dict(file) | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(InputError, match=r"c\.npz"):
        load_checkpoint(path, *new())


def test_a_model_file_is_no_checkpoint_and_none_at_all_is_missing(tmp_path):
    np.savez(tmp_path / "m.npz", header=f'{{"format": {FORMAT}, "network": {{}}}}', params=np.zeros(3))
    with pytest.raises(InputError, match=r"m\.npz is damaged or no checkpoint"):
        load_checkpoint(tmp_path / "m.npz", *new())
    with pytest.raises(InputError, match=r"c\.npz is missing"):
        load_checkpoint(tmp_path / "c.npz", *new())


def of_header(change):
    """A change of the arrays that changes the header."""

    def changed(arrays):
        header = json.loads(str(arrays["header"]))
        change(header)
        return {"header": np.array(json.dumps(header))}

    return changed


@pytest.mark.parametrize(
    "change",
    [
        lambda _: {"header": np.array("[" * 200_000)},
        lambda _: {"header": np.array(3)},
        of_header(lambda h: h["rng"]["state"].update(state=-1)),
        of_header(lambda h: h["rng"]["state"].update(state=2**200)),
        of_header(lambda h: h["rng"].update(uinteger=10**30)),
        of_header(lambda h: h["optimizer"].update(steps=float("inf"))),
        of_header(lambda h: h["optimizer"].update(steps=10**400)),
        of_header(lambda h: h["optimizer"].update(steps=-1)),
        of_header(lambda h: h["optimizer"].update(steps="7")),
        of_header(lambda h: h["average"].__setitem__(0, float("inf"))),
        of_header(lambda h: h["best"].__setitem__(0, 99)),
        of_header(lambda h: h["best"].__setitem__(1, float("nan"))),
        of_header(lambda h: h.update(history=[{"a": 1}])),
        of_header(lambda h: h.update(history=h["history"] * 50)),
        of_header(lambda h: h["history"][0].update(train_loss=float("nan"))),
        of_header(lambda h: h["history"][0].update(train_loss="small")),
        of_header(lambda h: h.update(stop="no")),
        lambda arrays: {"params": arrays["params"] * np.nan},
        lambda arrays: {"best_state": arrays["best_state"] * np.inf},
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_damaged_content_is_one_line_and_changes_nothing(change, tmp_path):
    path = tmp_path / "c.npz"
    killed(path, 2)
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | change(arrays))
    trainer, best = new()
    fresh, fresh_best = new()
    with pytest.raises(InputError, match=r"c\.npz is damaged") as error:
        load_checkpoint(path, trainer, best)
    assert "\n" not in str(error.value)
    np.testing.assert_array_equal(trainer.network.params, fresh.network.params)
    assert (trainer.history, trainer.optimizer.steps, best) == ([], 0, fresh_best)
    assert trainer.rng.bit_generator.state == fresh.rng.bit_generator.state


def test_arrays_are_not_read_before_their_shapes_are_known(tmp_path, monkeypatch):
    path = tmp_path / "c.npz"
    killed(path, 1)
    with np.load(path) as file:
        arrays = dict(file) | {"params": np.zeros(10_000_000, np.float32)}
    np.savez(path, **arrays)
    read = []
    monkeypatch.setattr("dnn.training.checkpoint.read_npz", lambda _, *names: read.append(names))
    with pytest.raises(InputError, match=r"params is \(10000000,\) float32, needed is"):
        load_checkpoint(path, *new())
    assert not read
