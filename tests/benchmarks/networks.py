"""The networks of the benchmark, in this project, in PyTorch and in scikit-learn, with the same weights."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier
from torch import nn

from dnn.layers import BatchNorm, Conv2D, Dense, GlobalAveragePool, MaxPool, ReLU
from dnn.network import Network
from dnn.training.optimizers import make_optimizer
from dnn.training.recipe import Training
from dnn.training.trainer import Trainer
from tests.networks import mlp

SMALL, LARGE = [784, 128, 64, 32, 10], [784, 1024, 1024, 512, 10]
FILTERS = [[24, 32], [48, 64], [96, 96]]  # of the convolutions between poolings
RATE, DECAY, TINY = 1e-3, 0.01, 1e-15
KINDS = ("PyTorch eager", "PyTorch fused", "PyTorch compiled")

Batch = tuple[np.ndarray, np.ndarray]


def dense(sizes: list[int]) -> Network:
    network = mlp(sizes)
    network.initialize(np.random.default_rng(0))
    return network


def convolutional() -> Network:
    layers: list[Any] = []
    for number, block in enumerate(FILTERS):
        layers += [MaxPool(2)] if number else []
        for filters in block:
            layers += [Conv2D(filters, 3, padding="same", bias=False), BatchNorm(), ReLU()]
    network = Network([*layers, GlobalAveragePool(), Dense(10)], (28, 28, 1))
    network.initialize(np.random.default_rng(0))
    return network


def trainer(network: Network, batch_size: int, epochs: int, threads: int) -> Trainer:
    decay = DECAY if network.has_images else 0.0
    recipe = Training(epochs=epochs, batch_size=batch_size, learning_rate=RATE, weight_decay=decay, threads=threads)
    return Trainer(network, make_optimizer("adamw" if decay else "adam"), recipe, np.random.default_rng(0))


def torch_copy(network: Network) -> nn.Module:
    """The same network in PyTorch, channels last."""
    modules: list[nn.Module] = []
    shape = network.input_shape
    for layer, out in zip(network.layers, network.output_shapes, strict=True):
        values = {name: torch.from_numpy(value.copy()) for name, value in layer.parameters.items()}
        if isinstance(layer, Dense):
            modules.append(nn.Linear(shape[0], out[0]))
            modules[-1].weight.data, modules[-1].bias.data = values["W"].T.contiguous(), values["b"]
        elif isinstance(layer, Conv2D):
            modules.append(nn.Conv2d(shape[2], out[2], 3, padding=1, bias=False))
            modules[-1].weight.data = values["W"].permute(3, 2, 0, 1).contiguous()
        else:
            made = {"relu": nn.ReLU(), "maxpool": nn.MaxPool2d(2), "batchnorm": nn.BatchNorm2d(out[-1])}
            pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
            modules.append(made.get(layer.kind, pool))
        shape = out
    double = network.params.dtype == np.float64
    return nn.Sequential(*modules).to(torch.float64 if double else torch.float32, memory_format=torch.channels_last)


def torch_steps(network: Network, kind: str) -> Callable[[Iterator[tuple[Any, Any]]], list[float]]:
    """A function that takes training steps over batches of tensors and answers the loss of each."""
    net, loss_of = torch_copy(network), nn.CrossEntropyLoss()
    fused = None if kind == "PyTorch eager" else True
    if network.has_images:
        kinds = [[p for p in net.parameters() if (p.ndim > 1) == decays] for decays in (True, False)]  # not biases
        groups = [{"params": p, "weight_decay": d} for p, d in zip(kinds, (DECAY, 0.0), strict=True)]
        optimizer = torch.optim.AdamW(groups, RATE, fused=fused)
    else:
        optimizer = torch.optim.Adam(net.parameters(), RATE, fused=fused)

    def forward(X: Any, y: Any) -> Any:
        return loss_of(net(X), y)

    compute = torch.compile(forward) if kind == "PyTorch compiled" else forward

    def steps(batches: Iterator[tuple[Any, Any]]) -> list[float]:
        losses = []
        for X, y in batches:
            optimizer.zero_grad(set_to_none=True)
            loss = compute(X, y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return steps


def sklearn_copy(network: Network, batch_size: int) -> MLPClassifier:
    """The same network in scikit-learn, after one pass over nothing that counts."""
    layers = [layer for layer in network.layers if isinstance(layer, Dense)]
    model = MLPClassifier(
        [layer.units for layer in layers[:-1]], alpha=0, batch_size=batch_size, learning_rate_init=RATE, shuffle=False
    )
    X = np.zeros((10, len(layers[0].parameters["W"])), network.params.dtype)
    with warnings.catch_warnings(action="ignore"):  # of the batch size
        model.partial_fit(X, np.arange(10), classes=np.arange(10))
    for array, layer in zip(model.coefs_, layers, strict=True):
        array[...] = layer.parameters["W"]
    for array, layer in zip(model.intercepts_, layers, strict=True):
        array[...] = layer.parameters["b"]
    del model._optimizer  # which begins anew with the weights
    return model


def tensors(X: np.ndarray, y: np.ndarray, image: bool) -> tuple[Any, Any]:
    pixels = torch.from_numpy(X)
    if image:
        pixels = pixels.reshape(-1, 1, 28, 28).contiguous(memory_format=torch.channels_last)
    return pixels, torch.from_numpy(y.astype(np.int64))


def check_same(
    network: Network,
    batch_size: int,
    X: np.ndarray,
    y: np.ndarray,
    kinds: tuple[str, ...],
    sklearn: bool,
    steps: int = 20,
) -> float:
    """Train copies with the same weights on the same batches; the largest difference between losses.

    In float64: Adam's first steps follow the signs of gradients, so that in float32 rounding alone takes losses of the
    convolutional network apart by 0.003 within 20 steps.

    Raises:
        SystemExit: it is above 1e-4, so that times would compare different things.
    """
    parts = [slice(k * batch_size, (k + 1) * batch_size) for k in range(steps)]
    network = Network.from_config(network.config(), network.params.astype(np.float64), network.state)
    X = X[: parts[-1].stop].astype(np.float64)
    ours = own_losses(network, batch_size, X, y, parts)
    worst = {}
    for kind in kinds:
        losses = torch_steps(network, kind)(tensors(X[p], y[p], network.has_images) for p in parts)
        worst[kind] = np.abs(np.subtract(losses, ours)).max()
    if sklearn:
        # scikit-learn adds epsilon before it corrects the bias, which moves weights with tiny gradients otherwise
        model = sklearn_copy(network, batch_size).set_params(epsilon=TINY)
        with warnings.catch_warnings(action="ignore"):
            losses = [model.partial_fit(X[p], y[p]).loss_ for p in parts]
        worst["scikit-learn"] = np.abs(np.subtract(losses, own_losses(network, batch_size, X, y, parts, TINY))).max()
    for name, difference in worst.items():
        if difference > 1e-4:
            raise SystemExit(
                f"error: {name} and ours differ by {difference:.1e} within {steps} steps: not the same work"
            )
    return float(max(worst.values()))


def own_losses(
    network: Network, batch_size: int, X: np.ndarray, y: np.ndarray, parts: list[slice], epsilon: float = 1e-8
) -> list[float]:
    copy = Network.from_config(network.config(), network.params, network.state)
    own = trainer(copy, batch_size, 1, 1)
    own.optimizer.epsilon = epsilon
    Y = np.eye(10, dtype=X.dtype)[y]
    return [own.step(X[p], Y[p], RATE)[0] for p in parts]
