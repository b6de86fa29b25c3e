"""One training gives the same bytes in this process, in another one, in one go and in parts."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from dnn import DeepNeuralNetwork
from dnn.base.errors import InputError
from dnn.batches.labels import one_hot
from stages.datasets.splits import Split
from stages.training.options import options_of
from stages.workers.parallel import Workers, run_all
from stages.workers.task import Data, Task, load_data, train_task

SMALL = {"model.hidden_layers": [16], "model.dropout": 0.1, "train.epochs": 4, "train.batch_size": 32}


def split(n, seed):
    """Images with a bright row that tells the digit."""
    rng = np.random.default_rng(seed)
    digits = rng.integers(0, 10, n).astype(np.uint8)
    images = rng.random((n, 28, 28), dtype=np.float32) / 2
    images[np.arange(n), 4 + 2 * digits] += 0.3
    return Split(images.reshape(n, -1), one_hot(digits, 10), digits, {"name": "rows"})


@pytest.fixture(scope="module")
def data():
    return Data(split(200, 0), split(100, 1))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threadpool_limits(1):
        yield


def options(**more):
    return options_of(SMALL | {f"train.{name}": value for name, value in more.items()})


def same(outcome):
    """All that may not depend on where and how it ran."""
    return outcome.model, outcome.checkpoint, outcome.history, outcome.kept_epoch, outcome.parameters


def test_any_number_of_workers_gives_the_bytes_of_training_here(data, tmp_path):
    tasks = [Task(options(learning_rate=rate), seed) for seed, rate in ((0, 0.01), (1, 0.01), (0, 0.001))]
    one, two = (dict(run_all(train_task, tasks, data, Workers(count=count))) for count in (1, 2))
    assert [same(one[index]) for index in range(3)] == [same(two[index]) for index in range(3)]
    for index, task in enumerate(tasks):
        here = DeepNeuralNetwork(**task.options, random_state=task.seed)
        validation = data.val.images, data.val.digits
        here.train(data.train.images, data.train.digits, validation_data=validation).save_model(tmp_path / "m.npz")
        assert two[index].model == (tmp_path / "m.npz").read_bytes()
        assert two[index].history == here.history_
        assert two[index].kept_epoch == here.kept_epoch_
        assert two[index].parameters == here.network_.params.size
    assert len({outcome.model for outcome in two.values()}) == 3


@pytest.mark.parametrize(
    "more",
    [{}, {"ema": 0.9, "accumulate": 2}, {"schedule": "plateau"}, {"patience": 1, "learning_rate": 0.5}],
    ids=str,
)
def test_parts_give_the_bytes_of_the_whole(more, data):
    whole = train_task(Task(options(**more), 0), data)
    part = train_task(Task(options(**more), 0, until=1), data)
    assert part.history == whole.history[:1]
    again = train_task(Task(options(**more), 0, until=1, checkpoint=part.checkpoint), data)
    assert same(again) == same(part), "there is nothing left to do"
    part = train_task(Task(options(**more), 0, until=3, checkpoint=part.checkpoint), data)
    assert part.history == whole.history[:3]
    assert same(train_task(Task(options(**more), 0, checkpoint=part.checkpoint), data)) == same(whole)


def test_a_checkpoint_of_another_training_is_refused(data):
    part = train_task(Task(options(), 0, until=1), data)
    with pytest.raises(InputError, match=r"of another training: learning_rate was [\d.]+, now it is 0\.5"):
        train_task(Task(options(learning_rate=0.5), 0, checkpoint=part.checkpoint), data)


def test_data_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"train\.npz is missing"):
        load_data(tmp_path)
