import numpy as np
import pytest

from dnn.layers import Dense, ReLU, Sigmoid, Tanh
from dnn.losses import smooth_labels, softmax_cross_entropy
from dnn.network import Network, mlp

torch = pytest.importorskip("torch")

TOLERANCE = {np.float32: {"rtol": 1e-5, "atol": 1e-6}, np.float64: {"rtol": 1e-10, "atol": 1e-12}}
each_dtype = pytest.mark.parametrize("dtype", TOLERANCE)


def tensor(array):
    return torch.from_numpy(array.copy()).requires_grad_()


@each_dtype
@pytest.mark.parametrize(
    ("layer", "theirs"), [(ReLU(), torch.relu), (Tanh(), torch.tanh), (Sigmoid(), torch.sigmoid)], ids=repr
)
def test_activations(layer, theirs, dtype):
    X, dY = np.random.default_rng(0).normal(0, 3, (2, 20, 8)).astype(dtype)
    X[0] = 0  # both take the slope of ReLU at 0 as 0
    x = tensor(X)
    y = theirs(x)
    y.backward(torch.from_numpy(dY))
    np.testing.assert_allclose(layer.forward(X, training=True), y.detach(), **TOLERANCE[dtype])
    np.testing.assert_allclose(layer.backward(dY), x.grad, **TOLERANCE[dtype])


@each_dtype
def test_dense(dtype):
    rng = np.random.default_rng(0)
    layer = Dense(7)
    Network([layer], (5,), dtype).params[...] = rng.normal(size=42)
    X, dY = rng.normal(size=(20, 5)).astype(dtype), rng.normal(size=(20, 7)).astype(dtype)
    x, W, b = tensor(X), tensor(layer.parameters["W"]), tensor(layer.parameters["b"])
    y = torch.nn.functional.linear(x, W.T, b)
    y.backward(torch.from_numpy(dY))
    np.testing.assert_allclose(layer.forward(X, training=True), y.detach(), **TOLERANCE[dtype])
    np.testing.assert_allclose(layer.backward(dY), x.grad, **TOLERANCE[dtype])
    np.testing.assert_allclose(layer.gradients["W"], W.grad, **TOLERANCE[dtype])
    np.testing.assert_allclose(layer.gradients["b"], b.grad, **TOLERANCE[dtype])


@each_dtype
@pytest.mark.parametrize("smoothing", [0, 0.1])
def test_a_whole_network_with_its_loss(smoothing, dtype):
    rng = np.random.default_rng(0)
    X, y = rng.random((32, 20)).astype(dtype), rng.integers(0, 5, 32)
    drawn = mlp([20, 16, 8, 5])
    drawn.initialize(rng)
    network = Network.from_config(drawn.config(), drawn.params.astype(dtype))
    dlogits = np.empty((32, 5), dtype)
    Y = smooth_labels(np.eye(5, dtype=dtype)[y], smoothing)
    loss = softmax_cross_entropy(network.forward(X, training=True), Y, dlogits)
    network.backward(dlogits)

    params, x = [tensor(p) for layer in network.layers for p in layer.parameters.values()], torch.from_numpy(X)
    for number, (W, b) in enumerate(zip(params[::2], params[1::2], strict=True)):
        x = (torch.relu(x) if number else x) @ W + b
    theirs = torch.nn.functional.cross_entropy(x, torch.from_numpy(y), label_smoothing=smoothing)
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=TOLERANCE[dtype]["rtol"])
    np.testing.assert_allclose(network.grads, np.concatenate([p.grad.ravel() for p in params]), **TOLERANCE[dtype])
