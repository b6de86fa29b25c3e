import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnn.base.errors import InputError
from dnn.layers import AveragePool, GlobalAveragePool, MaxPool
from dnn.layers.pooling import avgpool, maxpool, pool
from dnn.network import Network

LAYERS = {
    "max": (lambda: MaxPool(2), (4, 6, 3)),
    "max_with_a_rest": (lambda: MaxPool(2), (5, 7, 2)),
    "max_overlapping": (lambda: MaxPool(3, 2), (7, 5, 2)),
    "max_same": (lambda: MaxPool([3, 2], [2, 1], "same"), (4, 5, 2)),
    "max_gaps": (lambda: MaxPool(1, [2, 3], "same"), (5, 5, 2)),
    "avg": (lambda: AveragePool(2), (4, 6, 3)),
    "avg_with_a_rest": (lambda: AveragePool(2), (5, 7, 2)),
    "avg_same": (lambda: AveragePool(3, 2, "same"), (4, 5, 2)),
    "avg_window_beyond_input": (lambda: AveragePool(4, 1, "same"), (2, 3, 1)),
    "globalavg": (GlobalAveragePool, (3, 4, 2)),
}
each_layer = pytest.mark.parametrize("name", LAYERS)


def made(name):
    make, shape = LAYERS[name]
    layer = make()
    layer.build(shape)
    return layer, shape


def distinct(rows, shape, dtype=np.float64):
    """Numbers of both signs, no two of them closer than 0.1, in random order."""
    size = rows * int(np.prod(shape))
    return (np.random.default_rng(1).permutation(size) * 0.1 - size * 0.05).reshape(rows, *shape).astype(dtype)


def normal(shape, dtype=np.float64):
    return np.random.default_rng(2).normal(size=shape).astype(dtype)


def starts(edge, size, stride, padding):
    """Where the windows start along one axis, as TensorFlow defines it; below 0 is padding."""
    if padding == "valid":
        return range(0, edge - size + 1, stride)
    windows = -(-edge // stride)
    before = max((windows - 1) * stride + size - edge, 0) // 2
    return range(-before, windows * stride - before, stride)


def slow_pool(X, dY, size, stride, padding, average):
    """Y and dX, window by window; dY of None is taken as Y."""
    n, height, width, channels = X.shape
    rows, columns = starts(height, size[0], stride[0], padding), starts(width, size[1], stride[1], padding)
    Y, dX = np.empty((n, len(rows), len(columns), channels)), np.zeros(X.shape)
    dY = Y if dY is None else dY
    for image, i, j, c in np.ndindex(Y.shape):
        inside = np.s_[image, max(rows[i], 0) : rows[i] + size[0], max(columns[j], 0) : columns[j] + size[1], c]
        window, share = X[inside], dX[inside]
        if average:
            Y[image, i, j, c] = window.mean()
            share += dY[image, i, j, c] / window.size
        else:
            Y[image, i, j, c] = window.max()
            share[np.unravel_index(window.argmax(), window.shape)] += dY[image, i, j, c]
    return Y, dX


@pytest.mark.parametrize("kind", [MaxPool, AveragePool])
@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.data())
def test_the_definition_with_many_ties(kind, data):
    def draw(low, high):
        return data.draw(st.integers(low, high))

    padding = data.draw(st.sampled_from(["valid", "same"]))
    size = [draw(1, 4), draw(1, 4)]
    lowest = size if padding == "valid" else [1, 1]
    shape = (draw(lowest[0], 8), draw(lowest[1], 8), draw(1, 3))
    stride = [draw(1, 4), draw(1, 4)]
    layer = kind(size, stride, padding)
    out = layer.build(shape)
    X = np.random.default_rng(draw(0, 99)).integers(-3, 0, (draw(0, 3), *shape)).astype(float)
    dY = normal((len(X), *out))
    Y, dX = slow_pool(X, dY, size, stride, padding, kind is AveragePool)
    assert Y.shape == dY.shape
    np.testing.assert_allclose(layer.forward(X), Y, rtol=1e-12)
    np.testing.assert_allclose(layer.backward(dY), dX, rtol=1e-12, atol=1e-12)


@each_layer
@pytest.mark.parametrize("chunk", [1, pool.CHUNK])
def test_gradients_whatever_the_chunk(name, chunk, assert_gradient, monkeypatch):
    for module in (avgpool, maxpool):
        monkeypatch.setattr(module, "CHUNK", chunk)
    layer, shape = made(name)
    for earlier in (7, 2):  # neither larger nor smaller batches leave anything behind
        layer.backward(np.ones_like(layer.forward(distinct(earlier, shape))))
    X = distinct(3, shape)
    dY = normal(layer.forward(X, training=True).shape)
    dX = layer.backward(dY).copy()
    assert_gradient(lambda: float((layer.forward(X) * dY).sum()), X, dX)


@each_layer
def test_float32_stays_and_inputs_are_left_alone(name):
    layer, shape = made(name)
    X = distinct(3, shape, np.float32)
    Y = layer.forward(X, training=True)
    dY = normal(Y.shape, np.float32)
    arrays = [Y, layer.backward(dY), *layer._buffers.values()]
    assert {a.dtype for a in arrays} <= {np.dtype(np.float32), np.dtype(bool)}
    np.testing.assert_array_equal(X, distinct(3, shape, np.float32))
    np.testing.assert_array_equal(dY, normal(Y.shape, np.float32))


@each_layer
def test_a_step_allocates_nothing(name):
    layer, X = LAYERS[name][0](), distinct(64, (16, 16, 16))
    layer.build(X.shape[1:])
    dY = layer.forward(X).copy()
    layer.backward(dY)
    tracemalloc.start()
    for rows in (64, 7, 64):
        layer.forward(X[:rows])
        layer.backward(dY[:rows])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < X.nbytes / 8  # NumPy's ufuncs take up to 0.2 MB for themselves


def test_the_first_of_equal_maxima_takes_the_gradient():
    layer = MaxPool(2)
    layer.build((2, 2, 1))
    X = np.array([[0, 1, 1, 0], [1, 1, 1, 1], [0, 0, 2, 2]], float).reshape(3, 2, 2, 1)
    layer.forward(X)
    dX = layer.backward(np.full((3, 1, 1, 1), 5.0))
    np.testing.assert_array_equal(dX.reshape(3, 4), [[0, 5, 0, 0], [5, 0, 0, 0], [0, 0, 5, 0]])


def test_padding_is_never_the_maximum_nor_part_of_a_mean():
    X = np.full((1, 3, 3, 1), -4.0)
    for layer in (MaxPool(3, 1, "same"), AveragePool(3, 1, "same")):
        layer.build((3, 3, 1))
        np.testing.assert_array_equal(layer.forward(X), X)


@each_layer
def test_config_survives_json(name):
    layer, _ = made(name)
    config = json.loads(json.dumps(layer.config()))
    assert config.pop("kind") == layer.kind
    assert type(layer)(**config) == layer == LAYERS[name][0]()


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (MaxPool(3), (2, 8, 1), r"maxpool: a window of \(3, 3\) does not fit into an input of \(2, 8, 1\)"),
        (AveragePool([1, 9]), (8, 8, 1), r"avgpool: a window of \(1, 9\) does not fit into an input of \(8, 8, 1\)"),
        (MaxPool(2), (30,), r"maxpool needs \(height, width, channels\) as input, got \(30,\)"),
        (GlobalAveragePool(), (30,), r"globalavgpool needs \(height, width, channels\) as input, got \(30,\)"),
    ],
)
def test_shapes_that_do_not_fit(layer, shape, message):
    with pytest.raises(InputError, match=f"layer 1 of 1: {message}"):
        Network([layer], shape)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (MaxPool, [2, 0], "maxpool: stride is 0"),
        (AveragePool, [-1], "avgpool: size is -1, it should be a whole number or two"),
        (AveragePool, [2, None, "zero"], "avgpool: padding is 'zero', it should be one of valid, same"),
    ],
)
def test_options_out_of_range(kind, options, message):
    with pytest.raises(InputError, match=f"^{message}"):
        kind(*options)


@pytest.mark.parametrize("pool", [MaxPool, AveragePool])
def test_a_window_far_larger_than_the_input_is_the_whole_input(pool):
    X = np.random.default_rng(0).normal(size=(2, 5, 4, 3))
    layer = pool(1000, padding="same")
    layer.build(X.shape[1:])
    whole = X.max(axis=(1, 2)) if pool is MaxPool else X.mean(axis=(1, 2))
    np.testing.assert_allclose(layer.forward(X)[:, 0, 0], whole, rtol=1e-12)
