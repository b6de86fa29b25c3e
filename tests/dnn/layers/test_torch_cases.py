import numpy as np
import pytest

from dnn.gradcheck.cases import CASES, ROWS
from dnn.gradcheck.check import backward

torch = pytest.importorskip("torch")
F = torch.nn.functional


def image_first(x):
    """(batch, channels, ...), as PyTorch has it."""
    return x.movedim(-1, 1)


def padded(layer, x, value=0.0):
    """x image first, padded as TensorFlow defines 'same', with the window's and the stride's (height, width)."""
    sizes, strides = (
        [v, v] if isinstance(v, int) else v
        for v in ((layer.kernel, layer.stride) if layer.kind == "conv" else (layer.size, layer.stride or layer.size))
    )
    x = image_first(x)
    if layer.padding == "same":
        (top, bottom), (left, right) = (
            (extra // 2, extra - extra // 2)
            for extra in (
                max((-(-edge // s) - 1) * s + k - edge, 0)
                for edge, s, k in zip(x.shape[2:], strides, sizes, strict=True)
            )
        )
        x = F.pad(x, (left, right, top, bottom), value=value)
    return x, tuple(sizes), tuple(strides)


def conv(layer, p, x, *_):
    x, _, strides = padded(layer, x)
    return F.conv2d(x, p["W"].permute(3, 2, 0, 1), p.get("b"), strides).movedim(1, -1)


def avgpool(layer, p, x, *_):
    total, inside = (F.avg_pool2d(*padded(layer, a)) for a in (x, torch.ones_like(x)))
    return (total / inside).movedim(1, -1)


def batchnorm(layer, p, x, state, training):
    y = F.batch_norm(
        image_first(x), state["mean"], state["var"], p["gamma"], p["beta"], training, layer.momentum, layer.epsilon
    )
    return y.movedim(1, -1)


def residual(layer, p, x, state, training):
    def path(layers, prefix, x):
        for number, inner in enumerate(layers):
            start = f"{prefix}{number}."
            own = [{n.removeprefix(start): t for n, t in d.items() if n.startswith(start)} for d in (p, state)]
            x = TWINS[inner.kind](inner, own[0], x, own[1], training)
        return x

    return path(layer.layers, "", x) + path(layer.shortcut, "shortcut.", x)


# kind -> (layer, parameters, x, state, training) -> y; state changes in place
TWINS = {
    "dense": lambda layer, p, x, *_: F.linear(x, p["W"].T, p["b"]),
    "conv": conv,
    "maxpool": lambda layer, p, x, *_: F.max_pool2d(*padded(layer, x, -torch.inf)).movedim(1, -1),
    "avgpool": avgpool,
    "globalavgpool": lambda layer, p, x, *_: F.adaptive_avg_pool2d(image_first(x), 1).flatten(1),
    "flatten": lambda layer, p, x, *_: x.flatten(1),
    # what PyTorch draws is not what NumPy draws: the mask is taken over
    "dropout": lambda layer, p, x, s, training: x * torch.from_numpy(layer.mask) if training else x,
    "relu": lambda layer, p, x, *_: F.relu(x),
    "leaky_relu": lambda layer, p, x, *_: F.leaky_relu(x, layer.slope),
    "elu": lambda layer, p, x, *_: F.elu(x, layer.alpha),
    "silu": lambda layer, p, x, *_: F.silu(x),
    "gelu": lambda layer, p, x, *_: F.gelu(x),
    "tanh": lambda layer, p, x, *_: torch.tanh(x),
    "sigmoid": lambda layer, p, x, *_: torch.sigmoid(x),
    "softmax": lambda layer, p, x, *_: F.softmax(x, -1),
    "batchnorm": batchnorm,
    "layernorm": lambda layer, p, x, *_: F.layer_norm(x, x.shape[1:], p["gamma"], p["beta"], layer.epsilon),
    "residual": residual,
}


def cross_entropy(z, **options):
    return F.cross_entropy(z, torch.arange(ROWS) % z.shape[1], **options)


def squared_error(z, **options):
    return F.mse_loss(F.softmax(z, 1), torch.eye(z.shape[1])[torch.arange(ROWS) % z.shape[1]], **options)


def weighted(losses):
    return (losses * torch.linspace(0, 2, ROWS)).mean()


CLASS_WEIGHTS = torch.tensor([3, 0.5, 1, 1])
# name of the case -> outputs -> loss
LOSSES = {
    "cross-entropy": cross_entropy,
    "cross-entropy, smoothed": lambda z: cross_entropy(z, label_smoothing=0.1),
    "cross-entropy, class weights": lambda z: cross_entropy(z, weight=CLASS_WEIGHTS, reduction="none").mean(),
    "cross-entropy, sample weights": lambda z: weighted(cross_entropy(z, label_smoothing=0.1, reduction="none")),
    "squared error": squared_error,
    "squared error, sample weights": lambda z: weighted(squared_error(z, reduction="none").mean(1)),
    "perceptron": cross_entropy,
    "normalised perceptron": cross_entropy,
    "gated perceptron": cross_entropy,
    "convolutional network": cross_entropy,
    "residual network": lambda z: cross_entropy(z, label_smoothing=0.1),
}


def leaf(array):
    return torch.from_numpy(array.copy()).requires_grad_()


def assert_close(actual, expected):
    """To 1e-5 of each number or of the largest one."""
    expected = expected.detach().numpy()
    atol = 1e-5 * max(np.abs(expected).max(initial=0), 0.1)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=atol)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case):
    network, X = case.network(np.float32), case.inputs(np.float32)
    leaves = [{name: leaf(p) for name, p in layer.parameters.items()} for layer in network.layers]
    states = [{name: torch.from_numpy(s.copy()) for name, s in layer.state.items()} for layer in network.layers]
    Y = case.forward(network, X).copy()
    value, dY = case.objective(Y)

    x = y = leaf(X)
    for layer, p, state in zip(network.layers, leaves, states, strict=True):
        y = TWINS[layer.kind](layer, p, y, state, case.training)
    assert_close(Y, y)
    if case.loss:
        loss = LOSSES[case.name](y)
        assert value == pytest.approx(loss.item(), rel=1e-5)
        loss.backward()
    else:
        y.backward(torch.from_numpy(dY))

    assert_close(backward(network, dY), x.grad)
    for layer, p, state in zip(network.layers, leaves, states, strict=True):
        for name, gradient in layer.gradients.items():
            assert_close(gradient, p[name].grad)
        for name, figure in layer.state.items():
            assert_close(figure, state[name])
