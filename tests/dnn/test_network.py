import copy
import pickle
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from threading import get_ident

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from dnn.base.errors import InputError
from dnn.base.threads import Threads
from dnn.ensemble import Ensemble
from dnn.layers import BatchNorm, Conv2D, Dense, Dropout, ReLU, Residual, Tanh
from dnn.losses import SoftmaxCrossEntropy, softmax
from dnn.model import Model
from dnn.network import PIECE_BYTES, PREDICT_BATCH, Network
from tests.networks import build_network, mlp


def initialized(network, seed=0):
    """Parameters drawn, and biases moved away from 0."""
    rng = np.random.default_rng(seed)
    network.initialize(rng)
    network.params += rng.normal(0, 0.1, network.params.shape).astype(network.params.dtype)
    return network


@pytest.fixture(name="X")
def inputs():
    return np.random.default_rng(5).normal(size=(6, 4))


@pytest.fixture
def network():
    return initialized(mlp([4, 5, 3], dropout=0.5))


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("hidden", [[], [5], [5, 4, 3]], ids=str)
@pytest.mark.parametrize("dropout", [0, 0.3])
def test_gradient_of_the_loss(activation, hidden, dropout, X, assert_gradient):
    config = mlp([4, *hidden, 3], activation, dropout=dropout).config()
    network = initialized(Network.from_config(config, np.zeros(mlp([4, *hidden, 3]).params.size)))
    Y = np.random.default_rng(1).dirichlet(np.ones(3), 6)
    loss_of = SoftmaxCrossEntropy()

    def loss():
        logits = network.forward(X, training=True, rng=np.random.default_rng(2))
        return loss_of.forward(logits, Y)

    loss()
    for before, layer in zip(network.layers, network.layers[1:], strict=False):
        assert not isinstance(layer, ReLU) or np.abs(before._buffers["Y"]).min() > 1e-3, "too near the kink"
    network.backward(loss_of.backward())
    assert_gradient(loss, network.params, network.grads.copy())


def test_agrees_with_scikit_learn(X):
    theirs = MLPClassifier([7, 5], "tanh", random_state=0).partial_fit(X, [0, 1, 2] * 2, classes=[0, 1, 2])
    params = np.concatenate([p.ravel() for pair in zip(theirs.coefs_, theirs.intercepts_, strict=True) for p in pair])
    ours = Network.from_config(mlp([4, 7, 5, 3], "tanh").config(), params)
    np.testing.assert_allclose(softmax(ours.logits(X)), theirs.predict_proba(X), rtol=1e-10)


@pytest.mark.parametrize("duplicate", [lambda n: n, copy.copy, copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layers_hold_views_into_the_flat_vectors_of_their_own_network(duplicate, dtype, network, X):
    original = Network.from_config(network.config(), network.params.astype(dtype))
    other = duplicate(original)
    assert other.params.dtype == dtype
    np.testing.assert_array_equal(other.logits(X), original.logits(X))
    assert other is original or not np.shares_memory(other.params, original.params)
    other.params[...] = np.arange(other.params.size)
    other.grads[...] = -other.params
    for views, flat in [("parameters", other.params), ("gradients", other.grads)]:
        arrays = [a for layer in other.layers for a in getattr(layer, views).values()]
        np.testing.assert_array_equal(np.concatenate([a.ravel() for a in arrays]), flat)
    assert [np.shares_memory(W, other.params) for W, *_ in other.decayed] == [True, True]


def test_training_passes_do_not_change_predictions(network, X):
    before = network.logits(X)
    network.forward(X[:2].astype(np.float32), training=True, rng=np.random.default_rng(0))
    network.backward(np.ones((2, 3), np.float32))
    np.testing.assert_array_equal(network.logits(X), before)


def test_predictions_do_not_change_the_gradient(network, X):
    X, dlogits = X.astype(np.float32), np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    gradients = []
    for predict_before in (False, True):
        if predict_before:
            network.logits(np.zeros((50, 4), np.float32))
        network.forward(X, training=True, rng=np.random.default_rng(0))
        network.backward(dlogits)
        gradients.append(network.grads.copy())
    np.testing.assert_array_equal(*gradients)


@pytest.mark.parametrize("rows", [0, 1, PREDICT_BATCH, 2 * PREDICT_BATCH + 1])
def test_logits_of_any_number_of_rows(rows, network):
    X = np.random.default_rng(0).normal(size=(rows, 4)).astype(np.float32)
    logits = network.logits(X)
    assert logits.shape == (rows, 3)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, network.forward(X), rtol=1e-4, atol=1e-6)


def test_float64_inputs_are_computed_in_float64_and_images_are_flattened(network, X):
    logits = network.logits(X)
    assert logits.dtype == np.float64
    assert network.params.dtype == np.float32
    np.testing.assert_array_equal(network.logits(X.reshape(6, 2, 2)), logits)
    np.testing.assert_allclose(network.logits(X.astype(np.float32)), logits, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("count", [1, 3, 4])
def test_features_are_computed_in_the_precision_of_logits(count, X):
    network = initialized(Network([Dense(5), BatchNorm(), Residual([Dense(5), BatchNorm()]), Dense(3)], (4,)))
    exact = Network.from_config(network.config(), network.params.astype(float), network.state.astype(float))
    features = network.features(X, count)
    assert features.dtype == np.float64
    np.testing.assert_array_equal(features, exact.features(X, count))
    assert network.features(X.astype(np.float32), count).dtype == np.float32
    assert network.features((X > 0).astype(np.uint8), count).dtype == np.float32
    assert {a.dtype for layer in network.layers for a in layer.parameters.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("hidden", "rows"),
    [([{"conv": {"filters": 4, "kernel": 3}}, "batchnorm", "elu", "flatten", 16], 60), ([64, 32], 3000)],
    ids=["images", "vectors"],
)
def test_many_threads_may_ask_one_network(hidden, rows, monkeypatch):
    monkeypatch.setattr("dnn.network.blas_threads.available", lambda: 2)
    network = initialized(build_network(64, hidden, 3))
    parts = [np.random.default_rng(seed).random((rows, 64)) for seed in range(8)]
    parts[::2] = [part.astype(np.float32) for part in parts[::2]]
    alone, interval = [network.logits(part) for part in parts], sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            for logits, expected in zip(threads.map(network.logits, parts * 5), alone * 5, strict=True):
                np.testing.assert_array_equal(logits, expected)
    finally:
        sys.setswitchinterval(interval)


def conv(filters, kernel):
    return {"conv": {"filters": filters, "kernel": kernel, "padding": "same"}}


DEEP = [conv(8, 3), "elu", {"residual": {"layers": ["batchnorm", conv(16, 3), "silu"], "shortcut": [conv(16, 1)]}}]


@pytest.mark.parametrize(
    "hidden",
    [
        *([conv(filters, kernel), "relu", conv(filters, kernel)] for filters in (32, 64) for kernel in (3, 5)),
        [conv(16, 3), "batchnorm", "gelu", {"maxpool": {"size": 3, "stride": 1}}],
        [*DEEP, *DEEP, "layernorm", {"avgpool": {"size": 3, "stride": 1, "padding": "same"}}],
        [20_000, "softmax"],
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_prediction_takes_bounded_memory_and_lets_go_of_it(hidden, dtype, monkeypatch):
    network = build_network(256, [*hidden, "globalavgpool"] if isinstance(hidden[0], dict) else hidden, 3)
    monkeypatch.setattr("dnn.network.PIECE_BYTES", 1 << 21)
    monkeypatch.setattr("dnn.network.PREDICT_BYTES", 1 << 23)
    monkeypatch.setattr("dnn.network.blas_threads.available", lambda: 8)
    X = np.random.default_rng(0).random((200, 256)).astype(dtype)
    network.logits(X[:1])
    tracemalloc.start()
    try:
        logits = network.logits(X)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    weights = max(W.nbytes for layer in network.layers for W in [*layer.parameters.values(), logits])
    # in each of four threads; Winograd's form of a 5x5 kernel has 40 numbers
    assert peak < (1 << 23) + 4 * 6 * weights + 200_000
    assert after < logits.nbytes + 200_000  # the smallest output of a convolution has more


def test_few_bytes_an_example_are_predicted_in_large_batches():
    example = np.dtype(np.float32).itemsize * mlp([784, 128, 64, 32, 10])._elements
    assert PREDICT_BATCH * example <= PIECE_BYTES


CONVOLUTIONS = [conv(4, 3), "batchnorm", "relu", conv(8, 5), "elu", "globalavgpool"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("hidden", "rows"), [([128, "relu"], 3000), ([128, "relu"], 40), (CONVOLUTIONS, 300)], ids=str)
def test_an_answer_does_not_depend_on_the_number_of_cores(hidden, rows, dtype, monkeypatch):
    network = initialized(build_network(784, hidden, 10))
    X = np.random.default_rng(0).random((rows, 784)).astype(dtype)
    monkeypatch.setattr("dnn.base.blas.available", lambda: 8)
    monkeypatch.setattr("dnn.network.PREDICT_BATCH", 100)
    used, answers, through = set(), [], network._through

    def watched(*args):
        used.add(get_ident())
        return through(*args)

    monkeypatch.setattr(network, "_through", watched)
    for count in (1, 2, 4):
        used.clear()
        with threadpool_limits(count, "blas"):
            answers.append(network.logits(X))
        assert len(used) <= count
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer, answers[0])


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_few_rows_are_answered_without_a_word_to_blas(rows, monkeypatch):
    network = initialized(mlp([784, 128, 64, 32, 10]))
    X = np.random.default_rng(0).random((rows, 784), np.float32)
    expected = []
    for count in (1, 2):
        with threadpool_limits(count, "blas"):
            expected.append(network.logits(X))
    np.testing.assert_array_equal(*expected)
    monkeypatch.setattr("dnn.network.blas_threads", None)
    np.testing.assert_array_equal(network.logits(X), expected[0])


def test_a_prediction_in_a_training_takes_no_more_threads_than_it(monkeypatch):
    network, counts = initialized(mlp([784, 128, 10])), []
    monkeypatch.setattr("dnn.network.share", lambda work, items, threads: counts.append(threads))
    monkeypatch.setattr("dnn.network.blas_threads.available", lambda: 3)
    X = np.zeros((5000, 784), np.float32)
    for threads in (1, 2):
        with network.at_work(Threads(threads)):
            network.logits(X)
    network.logits(X)
    assert counts == [1, 2, 3]


def test_answers_are_new_arrays():
    network, X = Network([Dropout(0.5)], (4,)), np.ones((3, 4), np.float32)
    Model(network, np.arange(4), temperature=2.0).predict_proba(X)
    network.logits(X)[...] = 7
    np.testing.assert_array_equal(X, 1)


def test_the_parameters_begin_with_a_line_of_the_cache():
    for dtype in (np.float32, np.float64):
        for size in range(1, 12):
            network = Network([Dense(size)], (3,), dtype)
            assert network.params.ctypes.data % 64 == network.grads.ctypes.data % 64 == 0
            assert network.params.shape == network.grads.shape == (4 * size,)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (lambda act: [Dense(5), act, Dense(5), act], "layer 4 of 4: this tanh layer is in this network twice"),
        (lambda act: [act, Residual([act])], "layer 2 of 2: this tanh layer is in this network twice"),
        (lambda act: [Residual([act], [act])], "layer 1 of 1: this tanh layer is in this network twice"),
        (
            lambda act: [Dense(5), Network([act], (5,)).layers[0]],
            "layer 2 of 2: this tanh layer is in a network already",
        ),
        (lambda act: Network([Residual([act])], (5,)).layers[0].layers, "layer 1 of 1: .* is in a network already"),
    ],
)
def test_a_layer_is_in_one_place_of_one_network(layers, message):
    with pytest.raises(InputError, match=f"{message}; make a new one"):
        Network(layers(Tanh()), (5,))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copied_layer_belongs_to_no_network_yet(duplicate, network, X):
    before = network.logits(X)
    other = Network([duplicate(network.layers[0])], (4,))
    other.params[...] = 7
    np.testing.assert_array_equal(network.logits(X), before)


def test_layers_of_a_network_that_failed_are_free():
    layers = [Dense(5), Tanh()]
    with pytest.raises(InputError, match="conv needs"):
        Network([*layers, Conv2D(1, 1)], (4,))
    assert Network(layers, (4,)).output_shapes == [(5,), (5,)]


def test_a_pickled_layer_leaves_out_what_passed_through_it():
    layer = Dense(64)
    network = initialized(Network([layer], (32,)))
    size = len(pickle.dumps(layer))
    network.forward(np.ones((10_000, 32), np.float32), training=True)
    assert len(pickle.dumps(layer)) == size
    assert len(pickle.dumps(network)) < network.params.nbytes + 1000


def test_a_network_beyond_the_memory_is_named():
    with pytest.raises(
        InputError, match=r"a network of 1,000,000,001,000,000,000 parameters takes at least .* GB are free"
    ):
        Network([Dense(10**9)], (10**9,))


@pytest.mark.parametrize("units", [10**7, 10**9])
def test_a_network_beyond_the_memory_is_named_where_no_one_knows_how_much_there_is(units, monkeypatch):
    monkeypatch.setattr("dnn.base.free_memory.free_memory", lambda: None)
    with pytest.raises(InputError, match="parameters does not fit into memory; make it smaller"):
        Network([Dense(units)], (10**9,))


@pytest.mark.parametrize("shape", [(0,), (-4,), (4.5,), ("4",)])
def test_examples_of_no_shape_are_named(shape):
    with pytest.raises(InputError, match="input_shape is"):
        Network([Dense(3)], shape)


def test_the_same_seed_draws_the_same_parameters():
    sizes, layers = [784, 128, 64, 32, 10], []
    for seed in (0, 0, 1):
        layers.append(mlp(sizes))
        layers[-1].initialize(np.random.default_rng(seed))
    np.testing.assert_array_equal(layers[0].params, layers[1].params)
    assert not np.array_equal(layers[0].params, layers[2].params)


def test_summary_counts_the_parameters_of_every_layer():
    lines = mlp([784, 128, 64, 32, 10], dropout=0.1).summary().splitlines()
    counts = [line.split()[-1] for line in lines if " dense " in line]
    assert counts == ["100,480", "8,256", "2,080", "330"]
    assert lines[-1].split() == ["total", "111,146"]
    assert len(lines) == 1 + 4 + 2 * 3 + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), r"layer_sizes is \[\]"),
        (([784],), r"layer_sizes is \[784\]"),
        (([784, 0, 10],), r"layer_sizes is \[784, 0, 10\]"),
        (([784, -5, 10],), r"layer_sizes is \[784, -5, 10\]"),
        (([784, 5, 10], "softplus"), "activation is 'softplus', it should be one of relu"),
        (([784, 5, 10], "relu", "orthogonal"), "orthogonal"),
        (([784, 5, 10], "relu", "xavier", 1.5), "dropout is 1.5"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        mlp(*arguments).initialize(np.random.default_rng(0))


def test_a_layer_that_does_not_fit_is_named_by_number():
    with pytest.raises(InputError, match=r"layer 2 of 2: dense .* got \(28, 28\)"):
        Network([Dropout(0.1), Dense(3)], (28, 28))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_answers_that_are_not_finite_are_an_error_of_features_as_of_a_model(dtype):
    network = initialized(mlp([4, 16, 3]))
    X = np.full((2, 4), np.finfo(dtype).max * 0.9, dtype)
    X[0, 0] *= -1
    messages = []
    for ask in (lambda: network.features(X, 3), lambda: Model(network, np.arange(3)).predict(X)):
        with pytest.raises(InputError, match="to which the network has no finite answers") as error:
            ask()
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    network.params[0] = np.nan
    with pytest.raises(InputError, match="the weights of the model are not finite"):
        network.features(np.zeros((1, 4), dtype), 3)


def test_float64_inputs_need_no_copy_of_the_weights():
    network = initialized(Network([Dense(1500), ReLU(), Dense(1500)], (1500,)))
    X = np.random.default_rng(0).normal(size=(3, 1500))
    exact = Network.from_config(network.config(), network.params.astype(float))
    np.testing.assert_allclose(network.logits(X), exact.logits(X), rtol=1e-9, atol=1e-12)
    tracemalloc.start()
    try:
        network.logits(X)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000 < 1500 * 1500 * 8


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network([3], (4,)), r"layers is \[3\], it should be a list of Layer objects"),
        (lambda: Network(Dense(3), (4,)), "layers is Dense"),
        (lambda: Network([Dense(3)], 4), "input_shape is 4, it should be"),
        (lambda: Network([Dense(3)], (True,)), "input_shape is"),
        (lambda: Network([Dense(3)], (4,), int), "dtype is .*, it should be float32 or float64"),
        (lambda: Network([Dense(3)], (4,), "x"), "dtype is 'x'"),
        (lambda: mlp([4, 3]).set_learning_rates([-1]), "factor of layer 1 is -1, it should be"),
        (lambda: mlp([4, 3]).set_learning_rates([float("nan")]), "factor of layer 1 is nan"),
        (lambda: mlp([4, 3]).set_learning_rates(["a"]), "factor of layer 1 is 'a'"),
        (lambda: mlp([4, 3]).set_learning_rates([1, 1]), "factors are 2, the network has 1 layers"),
        (lambda: mlp([4, 3]).set_learning_rates(1), "factors is 1"),
        *(
            (
                lambda layer=layer: mlp([4, 3]).features(np.zeros((1, 4)), layer),
                "layer is .*, it should be a whole number",
            )
            for layer in (True, 0, 2, "1", 1.5, None)
        ),
        (lambda: Model(mlp([4, 3]), np.arange(3), temperature=-1), "temperature is -1, it should be"),
        (lambda: Model(mlp([4, 3]), np.arange(3), temperature="warm"), "temperature is 'warm'"),
        (lambda: Ensemble([3]), r"members is \[3\], it should be a list of models or ensembles"),
        (lambda: Ensemble(3), "members is 3"),
        (lambda: Ensemble([Model(mlp([4, 3]), np.arange(3))], temperature=0), "temperature is 0"),
    ],
)
def test_arguments_of_the_wrong_kind_are_named(make, message):
    with pytest.raises(InputError, match=message) as error:
        make()
    assert "\n" not in str(error.value)
