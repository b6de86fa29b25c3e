import numpy as np
import pytest

from dnn.base.threads import Threads
from dnn.layers.convolution import conv, winograd
from dnn.layers.convolution.conv import Conv2D
from dnn.layers.convolution.im2col import Im2col
from dnn.layers.convolution.winograd import POINTS, Winograd, matrices
from dnn.network import Network

CHANNELS, FILTERS = 10, 9
TOLERANCE = {np.float32: 3e-5, np.float64: 1e-12}  # of the largest element
SIZES = [(1, 1), (2, 3), (3, 3), (5, 4), (4, 8), (6, 5), (7, 7), (14, 14), (28, 28)]
KERNELS = [(3, 3), (5, 5), (3, 2), (5, 1)]
CASES = [
    (k, h, w, p)
    for k in KERNELS
    for h, w in SIZES
    for p in ("same", "valid")
    if p == "same" or (h >= k[0] and w >= k[1])
]
each_case = pytest.mark.parametrize(("kernel", "height", "width", "padding"), CASES)
each_dtype = pytest.mark.parametrize("dtype", TOLERANCE)


def normal(*shape, seed=1, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def made(shape, padding="same", dtype=np.float64, bias=True, way=Winograd, kernel=(3, 3)):
    layer = Conv2D(FILTERS, list(kernel), padding=padding, bias=bias)
    network = Network([layer], shape, dtype)
    network.params[...] = normal(*network.params.shape, seed=0)
    assert layer._way is Winograd
    layer._way = way
    return layer


def computed(layer, X, dY=None):
    """Copies of the output and of all gradients."""
    Y = layer.forward(X, training=True).copy()
    dX = layer.backward(normal(*Y.shape, seed=2, dtype=X.dtype) if dY is None else dY).copy()
    return {"Y": Y, "dX": dX, **{name: gradient.copy() for name, gradient in layer.gradients.items()}}


def assert_close(actual, expected, tolerance):
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        assert actual[name].dtype == value.dtype
        np.testing.assert_allclose(actual[name], value, rtol=0, atol=tolerance * np.abs(value).max(), err_msg=name)


@pytest.mark.parametrize("weights", POINTS)
def test_the_matrices_make_the_convolution(weights):
    A_T, G, B_T = matrices(weights)
    d, g = normal(3 + weights), normal(weights, seed=2)
    np.testing.assert_allclose(A_T @ ((G @ g) * (B_T @ d)), np.correlate(d, g), rtol=1e-12)


def test_for_three_weights_they_are_the_papers():
    A_T, G, B_T = matrices(3)
    powers = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
    np.testing.assert_array_equal(A_T, powers)
    np.testing.assert_allclose(24 * G, [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]])
    np.testing.assert_array_equal(B_T[:2], [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0]])


@each_case
@each_dtype
@pytest.mark.parametrize("bias", [True, False])
def test_the_same_as_by_im2col(kernel, height, width, padding, dtype, bias):
    shape = height, width, CHANNELS
    X = normal(5, *shape, dtype=dtype)
    expected = computed(made(shape, padding, dtype, bias, Im2col, kernel), X)
    assert_close(computed(made(shape, padding, dtype, bias, kernel=kernel), X), expected, TOLERANCE[dtype])


@each_case
@each_dtype
def test_the_same_as_pytorch(kernel, height, width, padding, dtype):
    torch = pytest.importorskip("torch")
    if padding == "same" and kernel == (3, 2):
        pytest.skip("PyTorch pads an even kernel on the other side")
    shape = height, width, CHANNELS
    layer, X = made(shape, padding, dtype, kernel=kernel), normal(3, *shape, dtype=dtype)
    x = torch.from_numpy(X).permute(0, 3, 1, 2).requires_grad_()
    W = torch.from_numpy(layer.parameters["W"].copy()).permute(3, 2, 0, 1).requires_grad_()
    b = torch.from_numpy(layer.parameters["b"].copy()).requires_grad_()
    y = torch.nn.functional.conv2d(x, W, b, padding=padding).permute(0, 2, 3, 1)
    dY = normal(*y.shape, seed=2, dtype=dtype)
    dx, dW, db = torch.autograd.grad(y, [x, W, b], torch.from_numpy(dY))
    expected = {"Y": y.detach(), "dX": dx.permute(0, 2, 3, 1), "W": dW.permute(2, 3, 1, 0), "b": db}
    assert_close(computed(layer, X, dY), {name: t.numpy() for name, t in expected.items()}, TOLERANCE[dtype])


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("images", [1, 2, 3, 100])
def test_whatever_the_chunk_and_the_batches_before(images, padding, monkeypatch):
    """Neither the last images of a batch, which may be fewer, nor a larger or smaller batch leaves anything behind."""
    shape = 7, 6, CHANNELS
    X = normal(17, *shape)
    expected = [computed(made(shape, padding, way=Im2col), X[:rows]) for rows in (17, 8, 1)]
    out = 7 if padding == "same" else 5
    size = 6 * 2 * (out - 1) * (3 * CHANNELS + FILTERS) * X.itemsize
    monkeypatch.setattr(winograd, "CHUNK", images * size)
    layer = made(shape, padding)
    computed(layer, np.full((19, *shape), 1e9))
    for rows, values in zip((17, 8, 1), expected, strict=True):
        assert_close(computed(layer, X[:rows]), values, 1e-12)
    empty = computed(layer, X[:0])
    assert empty["dX"].shape == (0, *shape)
    assert not empty["W"].any()


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_gradients(padding, assert_gradient):
    layer, X = made((5, 6, CHANNELS), padding), normal(2, 5, 6, CHANNELS)
    values = computed(layer, X)
    dY = normal(*values["Y"].shape, seed=2)

    def objective():
        return float((layer.forward(X) * dY).sum())

    assert_gradient(objective, X, values["dX"])
    for name, parameter in layer.parameters.items():
        assert_gradient(objective, parameter, values[name])


def test_the_number_of_threads_changes_no_byte():
    layer = made((14, 14, CHANNELS), dtype=np.float32)
    X = normal(50, 14, 14, CHANNELS, dtype=np.float32)
    results = []
    for count in (1, 2, 3):
        with Threads(count) as threads:
            layer.use(threads)
            results.append({name: value.tobytes() for name, value in computed(layer, X).items()})
    assert results[0] == results[1] == results[2]


def test_without_input_gradient_the_others_are_the_same():
    layer, X = made((7, 7, CHANNELS)), normal(3, 7, 7, CHANNELS)
    expected = computed(layer, X)
    layer.backward(normal(*expected["Y"].shape, seed=2), need_dX=False)
    for name, gradient in layer.gradients.items():
        np.testing.assert_array_equal(gradient, expected[name])


def test_arrays_that_are_not_contiguous():
    layer, X = made((7, 6, CHANNELS)), normal(3, 7, 6, CHANNELS)
    dY = normal(3, 7, 6, FILTERS, seed=2)
    expected = computed(layer, X, dY)
    actual = computed(layer, np.asfortranarray(X), np.asfortranarray(dY))
    del actual["b"], expected["b"]  # NumPy adds in the order of the memory
    assert_close(actual, expected, 0)


@pytest.mark.parametrize(
    ("layer", "channels"),
    [
        (Conv2D(FILTERS, 3), conv.MANY - 1),
        (Conv2D(conv.MANY - 1, 3), CHANNELS),
        (Conv2D(FILTERS, 3, 2), CHANNELS),
        (Conv2D(FILTERS, [4, 3]), CHANNELS),
        (Conv2D(FILTERS, [1, 3]), CHANNELS),
    ],
)
def test_other_convolutions_are_by_im2col(layer, channels):
    layer.build((9, 9, channels))
    assert layer._way is Im2col
