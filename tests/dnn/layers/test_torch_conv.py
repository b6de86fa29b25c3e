import numpy as np
import pytest

from dnn.layers import AveragePool, Conv2D, GlobalAveragePool, MaxPool
from dnn.network import Network

torch = pytest.importorskip("torch")
F = torch.nn.functional

TOLERANCE = {np.float32: {"rtol": 1e-5, "atol": 1e-5}, np.float64: {"rtol": 1e-10, "atol": 1e-12}}
each_dtype = pytest.mark.parametrize("dtype", TOLERANCE)


def tensor(array):
    """Ours is (batch, height, width, channels), theirs (batch, channels, height, width)."""
    return torch.from_numpy(np.moveaxis(array, -1, 1).copy()).requires_grad_()


def ours(theirs):
    return np.moveaxis(theirs.detach().numpy(), 1, -1)


def edges(shape, size, stride):
    """The padding of F.pad for TensorFlow's 'same': left, right, top, bottom."""
    amounts = []
    for edge, k, s in reversed(list(zip(shape[:2], size, stride, strict=True))):
        extra = max((-(-edge // s) - 1) * s + k - edge, 0)
        amounts += [extra // 2, extra - extra // 2]
    return amounts


@each_dtype
@pytest.mark.parametrize(
    ("shape", "kernel", "stride", "padding"),
    [
        ((28, 28, 1), (3, 3), (1, 1), "same"),
        ((14, 14, 8), (3, 3), (1, 1), "same"),
        ((9, 8, 6), (3, 3), (1, 1), "valid"),
        ((14, 14, 6), (3, 3), (2, 2), "same"),  # one row and column of padding, at the end
        ((7, 10, 5), (4, 5), (2, 3), "same"),
        ((11, 9, 4), (2, 3), (3, 2), "valid"),
        ((8, 8, 6), (1, 1), (2, 2), "same"),
    ],
)
def test_convolution(shape, kernel, stride, padding, dtype):
    rng = np.random.default_rng(0)
    layer = Conv2D(5, kernel, stride, padding)
    network = Network([layer], shape, dtype)
    network.initialize(rng)
    network.params += rng.normal(0, 0.1, network.params.shape).astype(dtype)
    X = rng.normal(size=(9, *shape)).astype(dtype)
    x, b = tensor(X), torch.from_numpy(layer.parameters["b"].copy()).requires_grad_()
    W = torch.from_numpy(layer.parameters["W"].transpose(3, 2, 0, 1).copy()).requires_grad_()
    y = F.conv2d(F.pad(x, edges(shape, kernel, stride)) if padding == "same" else x, W, b, stride)
    dY = (rng.normal(size=ours(y).shape) / y[0, 0].numel() ** 0.5).astype(dtype)
    y.backward(tensor(dY))
    np.testing.assert_allclose(layer.forward(X, training=True), ours(y), **TOLERANCE[dtype])
    np.testing.assert_allclose(layer.backward(dY), ours(x.grad), **TOLERANCE[dtype])
    np.testing.assert_allclose(layer.gradients["W"], W.grad.permute(2, 3, 1, 0), **TOLERANCE[dtype])
    np.testing.assert_allclose(layer.gradients["b"], b.grad, **TOLERANCE[dtype])


POOLS = {
    "max": (MaxPool(2), lambda x: F.max_pool2d(x, 2)),
    "max_overlapping": (MaxPool([3, 2], [2, 1]), lambda x: F.max_pool2d(x, (3, 2), (2, 1))),
    "max_same": (
        MaxPool(3, 2, "same"),
        lambda x: F.max_pool2d(F.pad(x, edges(x.shape[2:], (3, 3), (2, 2)), value=-torch.inf), 3, 2),
    ),
    "avg": (AveragePool(2), lambda x: F.avg_pool2d(x, 2)),
    "avg_same": (AveragePool(3, 1, "same"), lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)),
    "globalavg": (GlobalAveragePool(), lambda x: x.mean((2, 3))),
}


@each_dtype
@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("edge", [8, 9])
def test_pooling(name, edge, dtype):
    layer, function = POOLS[name]
    layer.build((edge, edge, 3))
    rng = np.random.default_rng(0)
    X = np.maximum(rng.normal(size=(6, edge, edge, 3)), 0).astype(dtype)  # ReLU's zeros are ties
    x = tensor(X)
    y = function(x)
    dY = rng.normal(size=ours(y).shape).astype(dtype)
    y.backward(torch.from_numpy(np.moveaxis(dY, -1, 1).copy()))
    np.testing.assert_allclose(layer.forward(X, training=True), ours(y), **TOLERANCE[dtype])
    np.testing.assert_allclose(layer.backward(dY), ours(x.grad), **TOLERANCE[dtype])
