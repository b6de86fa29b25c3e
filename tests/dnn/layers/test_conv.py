import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnn.base.errors import InputError
from dnn.layers.convolution import im2col
from dnn.layers.convolution.conv import Conv2D
from dnn.layers.flatten import Flatten
from dnn.network import Network

LAYERS = {
    "valid": (lambda: Conv2D(3, 3), (5, 4, 2)),
    "same": (lambda: Conv2D(3, [3, 2], padding="same"), (5, 4, 2)),
    "same_stride_2": (lambda: Conv2D(2, 3, 2, "same"), (6, 5, 3)),
    "valid_stride": (lambda: Conv2D(2, [2, 3], [3, 2]), (6, 8, 2)),
    "stride_beyond_kernel": (lambda: Conv2D(2, 1, 2, "same"), (5, 4, 2)),
    "no_bias": (lambda: Conv2D(2, 2, bias=False), (4, 4, 1)),
    "many_channels": (lambda: Conv2D(2, 3, padding="same"), (3, 3, im2col.NARROW)),
}
each_layer = pytest.mark.parametrize("name", LAYERS)


def made(name, dtype=np.float64):
    """The layer with random parameters, biases too, and its input shape."""
    make, shape = LAYERS[name]
    return bound(make(), shape, dtype), shape


def bound(layer, shape, dtype=np.float64):
    network = Network([layer], shape, dtype)
    network.params[...] = np.random.default_rng(0).normal(size=network.params.shape)
    return layer


def normal(*shape, seed=1, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def padding_of(edge, size, stride, padding):
    """(before, windows) along one axis, as TensorFlow defines them."""
    if padding == "valid":
        return 0, len(range(0, edge - size + 1, stride))
    windows = -(-edge // stride)
    return max((windows - 1) * stride + size - edge, 0) // 2, windows


def slow_conv(X, W, b, stride, padding):
    """Convolution by its definition."""
    (n, height, width, _), (kh, kw, _, filters) = X.shape, W.shape
    (top, h), (left, w) = padding_of(height, kh, stride[0], padding), padding_of(width, kw, stride[1], padding)
    Y = np.zeros((n, h, w, filters)) + b
    for y, x, i, j in np.ndindex(h, w, kh, kw):
        row, column = y * stride[0] + i - top, x * stride[1] + j - left
        if 0 <= row < height and 0 <= column < width:
            Y[:, y, x] += X[:, row, column] @ W[i, j]
    return Y


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.data())
def test_the_definition(data):
    def draw(low, high):
        return data.draw(st.integers(low, high))

    padding = data.draw(st.sampled_from(["valid", "same"]))
    kernel = [draw(1, 4), draw(1, 4)]
    lowest = kernel if padding == "valid" else [1, 1]
    shape = (draw(lowest[0], 9), draw(lowest[1], 9), draw(1, 6))
    stride = [draw(1, 3), draw(1, 3)]
    layer = bound(Conv2D(draw(1, 3), kernel, stride, padding), shape)
    X = normal(draw(0, 4), *shape)
    expected = slow_conv(X, layer.parameters["W"], layer.parameters["b"], stride, padding)
    np.testing.assert_allclose(layer.forward(X), expected, rtol=1e-12, atol=1e-12)
    # convolution is linear in X and in W: <Y - b, dY> = <X, dX> = <W, dW>
    dY = normal(*expected.shape, seed=2)
    dX = layer.backward(dY)
    inner = np.vdot(expected - layer.parameters["b"], dY)
    assert np.vdot(X, dX) == pytest.approx(inner, rel=1e-10, abs=1e-10)
    assert np.vdot(layer.parameters["W"], layer.gradients["W"]) == pytest.approx(inner, rel=1e-10, abs=1e-10)


@each_layer
@pytest.mark.parametrize("chunk", [1, 3000, im2col.CHUNK])
def test_gradients_whatever_the_chunk(name, chunk, assert_gradient, monkeypatch):
    monkeypatch.setattr(im2col, "CHUNK", chunk)
    layer, shape = made(name)
    for earlier in (7, 2):  # neither larger nor smaller batches leave anything behind
        layer.backward(normal(*layer.forward(normal(earlier, *shape)).shape))
    X = normal(3, *shape)
    dY = normal(*layer.forward(X, training=True).shape, seed=2)
    dX = layer.backward(dY).copy()
    gradients = {name: g.copy() for name, g in layer.gradients.items()}

    def objective():
        return float((layer.forward(X) * dY).sum())

    assert_gradient(objective, X, dX)
    for key, gradient in gradients.items():
        assert_gradient(objective, layer.parameters[key], gradient)


@each_layer
def test_without_input_gradient_the_others_are_the_same(name):
    layer, shape = made(name)
    dY = normal(*layer.forward(normal(3, *shape)).shape, seed=2)
    layer.backward(dY)
    expected = {key: g.copy() for key, g in layer.gradients.items()}
    layer.backward(dY, need_dX=False)
    for key, gradient in layer.gradients.items():
        np.testing.assert_array_equal(gradient, expected[key])


@each_layer
def test_float32_stays_and_inputs_are_left_alone(name):
    layer, shape = made(name, np.float32)
    X = normal(3, *shape, dtype=np.float32)
    Y = layer.forward(X, training=True)
    dY = normal(*Y.shape, seed=2, dtype=np.float32)
    dX = layer.backward(dY)
    arrays = [Y, dX, *layer.parameters.values(), *layer.gradients.values(), *layer._buffers.values()]
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(X, normal(3, *shape, dtype=np.float32))
    np.testing.assert_array_equal(dY, normal(*Y.shape, seed=2, dtype=np.float32))


def test_a_step_allocates_nothing():
    layer, shape = bound(Conv2D(8, 3, padding="same"), (14, 14, 8), np.float32), (14, 14, 8)
    X = normal(64, *shape, dtype=np.float32)
    dY = layer.forward(X).copy()
    layer.backward(dY)
    tracemalloc.start()
    for rows in (64, 7, 64):
        layer.forward(X[:rows])
        layer.backward(dY[:rows])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < X.nbytes / 10


def test_arrays_that_are_not_contiguous():
    layer, shape = made("same")
    X = normal(3, *shape)
    Y = layer.forward(X).copy()
    dX = layer.backward(Y).copy()
    np.testing.assert_array_equal(layer.forward(np.asfortranarray(X)), Y)
    np.testing.assert_array_equal(layer.backward(np.asfortranarray(Y)), dX)


@pytest.mark.parametrize("scheme", ["xavier", "he_normal"])
def test_initial_scale_counts_the_whole_window(scheme):
    layer = Conv2D(40, [5, 3], initializer=scheme)
    Network([layer], (9, 9, 20)).initialize(np.random.default_rng(0))
    fan_in, fan_out = 5 * 3 * 20, 5 * 3 * 40
    std = (2 / (fan_in + fan_out)) ** 0.5 if scheme == "xavier" else (2 / fan_in) ** 0.5
    assert layer.parameters["W"].shape == (5, 3, 20, 40)
    assert layer.parameters["W"].std() == pytest.approx(std, rel=0.02)
    assert not layer.parameters["b"].any()


@each_layer
def test_config_survives_json(name):
    layer, _ = made(name)
    config = json.loads(json.dumps(layer.config()))
    assert config.pop("kind") == "conv"
    assert Conv2D(**config) == layer == LAYERS[name][0]()


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Conv2D(2, [3, 5]), (4, 4, 1), r"conv: a window of \(3, 5\) does not fit into an input of \(4, 4, 1\)"),
        (Conv2D(2, 3), (784,), r"conv needs \(height, width, channels\) as input, got \(784,\)"),
        (Conv2D(2, 3), (28, 28), r"conv needs \(height, width, channels\) as input, got \(28, 28\)"),
    ],
)
def test_shapes_that_do_not_fit(layer, shape, message):
    with pytest.raises(InputError, match=f"layer 1 of 1: {message}"):
        Network([layer], shape)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stride": 0}, "conv: stride is 0, it should be a whole number or two"),
        ({"stride": [1, 0.5]}, r"conv: stride is \[1, 0.5\]"),
        ({"stride": None}, "conv: stride is None"),
        ({"kernel": [3, 3, 3]}, r"conv: kernel is \[3, 3, 3\]"),
        ({"kernel": 0}, "conv: kernel is 0"),
        ({"kernel": "33"}, "conv: kernel is '33'"),
        ({"kernel": True}, "conv: kernel is True"),
        ({"kernel": [3, float("inf")]}, r"conv: kernel is \[3, inf\]"),
        ({"filters": 0}, "conv: filters is 0, it should be a whole number at least 1"),
        ({"padding": "full"}, "conv: padding is 'full', it should be one of valid, same"),
        ({"initializer": "zeros"}, "conv: initializer is 'zeros', it should be one of xavier"),
        ({"bias": "no"}, "conv: bias is 'no', it should be true or false"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(InputError, match=f"^{message}"):
        Conv2D(**{"filters": 2, "kernel": 3, **options})


def test_numbers_of_numpy_become_plain_ones():
    layer = Conv2D(np.int64(2), (np.int32(3), np.float64(2)), np.int64(2))
    assert layer == Conv2D(2, [3, 2], 2)
    assert json.loads(json.dumps(layer.config())) == Conv2D(2, [3, 2], 2).config()


def test_flatten_keeps_the_order_and_gives_the_shape_back():
    layer, X = Flatten(), normal(4, 3, 2, 5)
    assert layer.build((3, 2, 5)) == (30,)
    np.testing.assert_array_equal(layer.forward(X)[1], X[1].ravel())
    np.testing.assert_array_equal(layer.backward(layer.forward(X)), X)
    assert layer.forward(X[:0]).shape == (0, 30)
    assert layer.backward(np.empty((0, 30))).shape == (0, 3, 2, 5)
