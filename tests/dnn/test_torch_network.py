import numpy as np
import pytest

from dnn.batches.labels import smooth_labels
from dnn.losses import SoftmaxCrossEntropy
from dnn.network import Network
from tests.networks import mlp

torch = pytest.importorskip("torch")

TOLERANCE = {np.float32: {"rtol": 1e-5, "atol": 1e-6}, np.float64: {"rtol": 1e-10, "atol": 1e-12}}
each_dtype = pytest.mark.parametrize("dtype", TOLERANCE)


def tensor(array):
    return torch.from_numpy(array.copy()).requires_grad_()


@each_dtype
@pytest.mark.parametrize("smoothing", [0, 0.1])
def test_a_whole_network_with_its_loss(smoothing, dtype):
    rng = np.random.default_rng(0)
    X, y = rng.random((32, 20)).astype(dtype), rng.integers(0, 5, 32)
    drawn = mlp([20, 16, 8, 5])
    drawn.initialize(rng)
    network = Network.from_config(drawn.config(), drawn.params.astype(dtype))
    loss_of = SoftmaxCrossEntropy()
    Y = smooth_labels(np.eye(5, dtype=dtype)[y], smoothing)
    loss = loss_of.forward(network.forward(X, training=True), Y)
    network.backward(loss_of.backward())

    params, x = [tensor(p) for layer in network.layers for p in layer.parameters.values()], torch.from_numpy(X)
    for number, (W, b) in enumerate(zip(params[::2], params[1::2], strict=True)):
        x = (torch.relu(x) if number else x) @ W + b
    theirs = torch.nn.functional.cross_entropy(x, torch.from_numpy(y), label_smoothing=smoothing)
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=TOLERANCE[dtype]["rtol"])
    np.testing.assert_allclose(network.grads, np.concatenate([p.grad.ravel() for p in params]), **TOLERANCE[dtype])
