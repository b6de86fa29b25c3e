import copy
import os

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.base.threads import LARGE, PARTS, VARIABLES, Threads
from dnn.layers import BatchNorm, Conv2D, GlobalAveragePool, MaxPool, ReLU
from dnn.network import Network
from dnn.training.optimizers import make_optimizer
from dnn.training.recipe import Training
from dnn.training.trainer import Trainer
from tests.networks import mlp


def trained(threads):
    rng = np.random.default_rng(0)
    layers = [Conv2D(16, 3, padding="same"), BatchNorm(), ReLU(), MaxPool(2), Conv2D(10, 3), GlobalAveragePool()]
    network = Network(layers, (28, 28, 1))
    network.initialize(rng)
    X = rng.random((96, 784), dtype=np.float32)
    Y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 96)]
    Trainer(network, make_optimizer("adam"), Training(epochs=2, batch_size=48, threads=threads), rng).fit(X, Y)
    return network


def test_the_number_of_threads_changes_no_byte_of_a_convolutional_network():
    one, two, three = (trained(count) for count in (1, 2, 3))
    assert one.params.tobytes() == two.params.tobytes() == three.params.tobytes()
    assert one.state.tobytes() == two.state.tobytes() == three.state.tobytes()


def test_nor_of_a_large_dense_one():
    X = np.random.default_rng(1).random((300, 784), dtype=np.float32)
    results = []
    for count in (1, 2, "auto"):
        network = mlp([784, 600, 300, 10])
        network.initialize(np.random.default_rng(0))
        rng = np.random.default_rng(0)
        Trainer.of(network, Training(optimizer="adam", batch_size=300, epochs=2, threads=count), rng).fit(X, X[:, :10])
        results.append(network.params.tobytes())
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(("m", "k", "n"), [(401, 513, 357), (357, 513, 401), (3, 5, 7)])
def test_a_product_is_that_of_its_halves(count, m, k, n, rng):
    A, B = rng.random((m, k), np.float32), rng.random((k, n), np.float32)
    with Threads(count) as threads:
        for left, right in ((A, B), (np.asfortranarray(A), B), (A, np.asfortranarray(B))):
            product = threads.dot(left, right, out=np.empty((m, n), np.float32))
            np.testing.assert_allclose(product, A.astype(float) @ B.astype(float), rtol=1e-5)


@pytest.mark.parametrize(
    ("variable", "value", "most"), [("OMP_NUM_THREADS", "1", 1), ("OPENBLAS_NUM_THREADS", "x", 99)]
)
def test_auto_takes_the_cores_that_there_are(monkeypatch, variable, value, most):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    assert Threads("auto").count == min(len(os.sched_getaffinity(0)), most, PARTS)


@pytest.mark.parametrize("value", ["many", 0, 257, 1.5, None, True])
def test_other_numbers_of_threads_are_refused(value):
    with pytest.raises(InputError, match=r"^threads is .*, it should be auto or a whole number from 1 to 256$"):
        Training(threads=value)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("examples", [1, 3, 10])
def test_every_row_is_in_one_piece(count, examples):
    rows = np.arange(examples)
    with Threads(count) as threads:
        pieces = threads.run(lambda piece, *parts: (piece, *parts), rows, -rows, elements=LARGE)
    assert [piece for piece, *_ in pieces] == list(range(min(PARTS, examples)))
    np.testing.assert_array_equal(np.concatenate([part for _, part, _ in pieces]), rows)
    np.testing.assert_array_equal(np.concatenate([part for *_, part in pieces]), -rows)


def test_little_work_is_one_piece():
    assert Threads(4).run(lambda piece, rows: len(rows), np.empty(LARGE - 1, bool)) == [LARGE - 1]
    assert len(Threads(4).run(lambda piece, rows: None, np.empty(LARGE, bool))) == PARTS


@pytest.mark.parametrize(("count", "size"), [(1, 240), (3, 240), (3, 1)])
def test_chunks_of_each_piece_are_of_so_many_bytes(count, size):
    rows = np.arange(LARGE // 1000 + 5)
    A = np.repeat(rows[:, None], 1000, axis=1).astype(np.float32)
    with Threads(count) as threads:
        pieces = threads.each(size * 1000, lambda piece, a, row: (piece, a[:, 0].copy(), row), A, rows)
    assert len(pieces) == PARTS
    lengths = [len(row) for chunks in pieces for _, _, row in chunks]
    assert max(lengths) == max(1, size // 4)
    for number, chunks in enumerate(pieces):
        assert {piece for piece, *_ in chunks} == {number}
    for index in (1, 2):
        np.testing.assert_array_equal(np.concatenate([chunk[index] for c in pieces for chunk in c]), rows)


def test_what_goes_wrong_in_a_piece_is_raised():
    with Threads(2) as threads, pytest.raises(ZeroDivisionError):
        threads.run(lambda piece, rows: 1 // piece, np.empty(10), elements=LARGE)


@pytest.mark.parametrize("kind", ["adam", "nadam", "sgd"])
def test_an_optimizer_gives_the_same_bytes_in_several_threads(kind, rng):
    results = []
    params, grads = rng.normal(size=(2, LARGE + 7)).astype(np.float32)
    for count in (1, 3):
        with Threads(count) as threads:
            optimizer, w = make_optimizer(kind), params.copy()
            optimizer.threads = threads
            for _ in range(3):
                optimizer.step(w, grads, 0.01, [(slice(3, LARGE + 5), 0.5)])
        results.append(w)
    assert results[0].tobytes() == results[1].tobytes()
    assert np.array_equal(results[0][:3], params[:3])
    assert np.array_equal(results[0][-2:], params[-2:])


def test_a_copy_made_while_threads_run_uses_them_too():
    layer = ReLU()
    with Threads(2) as threads:
        layer.use(threads)
        assert copy.deepcopy(layer).threads is threads


def test_pieces_heed_what_is_said_of_overflow():
    def overflow(piece, rows):
        np.float32(3e38) * np.full(3, 10, np.float32)

    with Threads(2) as threads, np.errstate(over="ignore"):
        threads.run(overflow, np.empty(10), elements=LARGE)
    with Threads(2) as threads, np.errstate(over="raise"), pytest.raises(FloatingPointError):
        threads.run(overflow, np.empty(10), elements=LARGE)
