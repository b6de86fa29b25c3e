import numpy as np
import pytest

from dnn.batches.labels import smooth_labels
from dnn.losses import MeanSquaredError, SoftmaxCrossEntropy

torch = pytest.importorskip("torch")
F = torch.nn.functional

TOLERANCE = {np.float32: {"rtol": 1e-5, "atol": 1e-7}, np.float64: {"rtol": 1e-10, "atol": 1e-12}}
each_dtype = pytest.mark.parametrize("dtype", TOLERANCE)


def compare(ours, theirs, logits, Y, weights=None):
    """Loss and gradient of ours and of theirs(tensor)."""
    tensor = torch.from_numpy(logits.copy()).requires_grad_()
    loss, gradient, their_loss = ours.forward(logits, Y, weights), ours.backward(), theirs(tensor)
    their_loss.backward()
    tolerance = TOLERANCE[logits.dtype.type]
    assert loss == pytest.approx(their_loss.item(), rel=tolerance["rtol"], abs=tolerance["atol"])
    np.testing.assert_allclose(gradient, tensor.grad, **tolerance)


def example(dtype, batch=20, classes=5, scale=3.0):
    rng = np.random.default_rng(0)
    logits, y = rng.normal(0, scale, (batch, classes)).astype(dtype), rng.integers(0, classes, batch)
    return logits, y, np.eye(classes, dtype=dtype)[y], rng.uniform(0.1, 3, batch).astype(dtype)


@each_dtype
@pytest.mark.parametrize("smoothing", [0, 0.1, 0.9])
@pytest.mark.parametrize(("batch", "classes", "scale"), [(20, 5, 3), (1, 5, 3), (20, 1, 3), (1, 1, 3), (20, 5, 1e4)])
def test_cross_entropy_with_label_smoothing(dtype, smoothing, batch, classes, scale):
    logits, y, Y, _ = example(dtype, batch, classes, scale)
    compare(
        SoftmaxCrossEntropy(),
        lambda z: F.cross_entropy(z, torch.from_numpy(y), label_smoothing=smoothing),
        logits,
        smooth_labels(Y, smoothing),
    )


@each_dtype
def test_cross_entropy_with_class_weights(dtype):
    logits, y, Y, _ = example(dtype)
    weights = np.array([0.5, 2, 1, 0, 3], dtype)
    compare(
        SoftmaxCrossEntropy(),
        lambda z: F.cross_entropy(z, torch.from_numpy(y), weight=torch.from_numpy(weights)),
        logits,
        Y,
        weights[y] / weights[y].mean(),
    )


def test_a_class_weight_is_of_the_whole_example_also_where_its_label_is_smoothed():
    """As `dnn.batches.weights.example_weights` says of the difference to PyTorch."""
    logits, y, Y, _ = example(np.float64)
    weights, smoothing = np.array([0.5, 2, 1, 0, 3]), 0.2
    share = smoothing / 5
    log_p = F.log_softmax(torch.from_numpy(logits), 1).numpy()
    theirs = F.cross_entropy(
        torch.from_numpy(logits),
        torch.from_numpy(y),
        weight=torch.from_numpy(weights),
        label_smoothing=smoothing,
        reduction="none",
    )
    np.testing.assert_allclose(theirs, -(log_p * weights * smooth_labels(Y, smoothing)).sum(axis=1), rtol=1e-12)
    own = weights[y] * -((1 - smoothing) * log_p[np.arange(20), y] + share * log_p.sum(axis=1))
    loss = SoftmaxCrossEntropy().forward(logits, smooth_labels(Y, smoothing), weights[y])
    assert loss == pytest.approx(own.mean(), rel=1e-12)


@each_dtype
@pytest.mark.parametrize("smoothing", [0, 0.1])
def test_cross_entropy_with_sample_weights(dtype, smoothing):
    logits, y, Y, weights = example(dtype)
    w = torch.from_numpy(weights)
    compare(
        SoftmaxCrossEntropy(),
        lambda z: (w * F.cross_entropy(z, torch.from_numpy(y), label_smoothing=smoothing, reduction="none")).mean(),
        logits,
        smooth_labels(Y, smoothing),
        weights,
    )


@each_dtype
@pytest.mark.parametrize(("batch", "classes", "scale"), [(20, 5, 3), (1, 5, 3), (20, 1, 3), (20, 5, 1e4)])
def test_mean_squared_error(dtype, batch, classes, scale):
    outputs, _, Y, weights = example(dtype, batch, classes, scale)
    target, w = torch.from_numpy(Y), torch.from_numpy(weights)[:, None]
    compare(MeanSquaredError(), lambda z: F.mse_loss(F.softmax(z, 1), target), outputs, Y)
    compare(MeanSquaredError(), lambda z: (w * (F.softmax(z, 1) - target) ** 2).mean(), outputs, Y, weights)
