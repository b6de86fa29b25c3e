"""The table of cases: every layer, loss and composition once, for gradient checks and comparisons."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import numpy as np

from dnn import layers as nn
from dnn.base.types import Array, Shape
from dnn.batches.labels import smooth_labels
from dnn.batches.weights import class_weights
from dnn.layers import Layer, layer_from_config
from dnn.losses import Loss, MeanSquaredError, SoftmaxCrossEntropy
from dnn.network import Network

ROWS = 5  # examples of a batch


def normal(rng: np.random.Generator, shape: Shape) -> Array:
    """Draws for layers that are smooth everywhere."""
    return rng.normal(size=shape)


def off_zero(rng: np.random.Generator, shape: Shape) -> Array:
    """Numbers of both signs, at least 0.1 away from the kink that ReLU has at 0."""
    return rng.choice([-1, 1], shape) * rng.uniform(0.1, 2, shape)


def distinct(rng: np.random.Generator, shape: Shape) -> Array:
    """Numbers at least 0.01 apart, so that no maximum is a tie."""
    return 0.01 * rng.permutation(prod(shape)).reshape(shape) - 1


def targets(rows: int, classes: int, dtype: Any) -> tuple[Array, Array]:
    """Fixed labels, each class in turn: (rows,), and one-hot (rows, classes)."""
    y = np.arange(rows) % classes
    return y, np.eye(classes, dtype=dtype)[y]


def sample_weights(y: Array) -> Array:
    """(rows,) different weights, one of them 0."""
    return np.linspace(0, 2, len(y))


def label_weights(y: Array) -> Array:
    """(rows,) weights that each label has."""
    return class_weights(y, np.unique(y), {0: 3, 1: 0.5})[y]


def loss(
    logits: Array,
    kind: type[Loss] = SoftmaxCrossEntropy,
    smoothing: float = 0.0,
    weights: Callable[[Array], Array] | None = None,
) -> tuple[float, Array]:
    """The loss of fixed targets, and its gradient."""
    y, Y = targets(len(logits), logits.shape[1], logits.dtype)
    drawn = weights(y).astype(logits.dtype) if weights else None
    loss = kind()
    return loss.forward(logits, smooth_labels(Y, smoothing), drawn), loss.backward()


squared_error = partial(loss, kind=MeanSquaredError)


@dataclass(frozen=True)
class Case:
    """A stack of layers, perhaps with a loss, and inputs on which to try it; the same at every call.

    Args:
        name: unique in the table.
        layers: patterns, from which `network` makes its own.
        input_shape: of one example.
        draw: draws inputs. Deeper in a composition nothing is drawn apart: there it is left to the seed that no
            kink or tie is near, which a test measures.
        loss: from outputs to the loss and its gradient; without one the upstream gradient is random.
        training: False runs the layers as in prediction, as those that are frozen run.
    """

    name: str
    layers: tuple[Layer, ...]
    input_shape: Shape
    draw: Callable[[np.random.Generator, Shape], Array] = normal
    loss: Callable[[Array], tuple[float, Array]] | None = None
    training: bool = True
    seed: int = field(default=0, kw_only=True)

    def network(self, dtype: Any) -> Network:
        """The layers with random parameters and running statistics: biases are not 0, scales not 1."""
        network = Network([layer_from_config(layer.config()) for layer in self.layers], self.input_shape, dtype)
        rng = np.random.default_rng(self.seed)
        network.initialize(rng)
        network.params += np.asarray(rng.normal(0, 0.1, network.params.shape), dtype)
        network.state += np.asarray(rng.uniform(0, 0.5, network.state.shape), dtype)
        return network

    def inputs(self, dtype: Any, rows: int = ROWS) -> Array:
        """(rows, *input_shape)."""
        return self.draw(np.random.default_rng(self.seed + 1), (rows, *self.input_shape)).astype(dtype)

    def forward(self, network: Network, X: Array) -> Array:
        """One forward pass; dropout draws the same each time."""
        return network.forward(X, self.training, np.random.default_rng(self.seed + 2))

    def objective(self, Y: Array) -> tuple[float, Array]:
        """A scalar function of the outputs, and its gradient."""
        if self.loss:
            return self.loss(Y)
        dY = np.random.default_rng(self.seed + 3).normal(size=Y.shape).astype(Y.dtype)
        return float(np.vdot(Y, dY)), dY


IMAGE = (5, 6, 3)

LAYER_CASES = (
    Case("dense", (nn.Dense(4, "he_normal"),), (3,)),
    Case("conv", (nn.Conv2D(4, 3),), IMAGE),
    Case("conv, same", (nn.Conv2D(2, [2, 3], 1, "same"),), IMAGE),
    Case("conv, strides", (nn.Conv2D(4, 3, [2, 1]),), IMAGE),
    Case("conv, same, stride 2", (nn.Conv2D(2, 3, 2, "same", bias=False),), IMAGE),
    Case("maxpool", (nn.MaxPool(2),), IMAGE, distinct),
    Case("maxpool, overlapping", (nn.MaxPool(3, 2, "same"),), IMAGE, distinct),
    Case("avgpool", (nn.AveragePool([2, 3]),), IMAGE),
    Case("avgpool, overlapping", (nn.AveragePool(3, 2, "same"),), IMAGE),
    Case("globalavgpool", (nn.GlobalAveragePool(),), IMAGE),
    Case("flatten", (nn.Flatten(),), IMAGE),
    Case("batchnorm", (nn.BatchNorm(),), (6,)),
    Case("batchnorm of channels", (nn.BatchNorm(0.3, 1e-3),), IMAGE),
    Case("batchnorm, frozen", (nn.BatchNorm(),), IMAGE, training=False),
    Case("layernorm", (nn.LayerNorm(),), (6,)),
    Case("layernorm of images", (nn.LayerNorm(1e-3),), IMAGE),
    Case("dropout", (nn.Dropout(0.3),), (12,)),
    Case("relu", (nn.ReLU(),), IMAGE, off_zero),
    Case("leaky_relu", (nn.LeakyReLU(0.2),), IMAGE, off_zero),
    Case("elu", (nn.ELU(),), IMAGE, off_zero),
    Case("elu, alpha 0.5", (nn.ELU(0.5),), IMAGE, off_zero),
    Case("silu", (nn.SiLU(),), IMAGE),
    Case("gelu", (nn.GELU(),), IMAGE),
    Case("tanh", (nn.Tanh(),), IMAGE),
    Case("sigmoid", (nn.Sigmoid(),), IMAGE),
    Case("softmax", (nn.Softmax(),), (4,)),
    Case("softmax of channels", (nn.Softmax(),), IMAGE),
    Case("residual", (nn.Residual([nn.Dense(4), nn.Tanh(), nn.Dense(6)]),), (6,)),
    Case("residual, shortcut", (nn.Residual([nn.Dense(4), nn.GELU()], [nn.Dense(4), nn.BatchNorm()]),), (6,)),
)

LOSS_CASES = (
    Case("cross-entropy", (), (4,), loss=loss),
    Case("cross-entropy, smoothed", (), (4,), loss=partial(loss, smoothing=0.1)),
    Case("cross-entropy, class weights", (), (4,), loss=partial(loss, weights=label_weights)),
    Case("cross-entropy, sample weights", (), (4,), loss=partial(loss, smoothing=0.1, weights=sample_weights)),
    Case("squared error", (), (4,), loss=squared_error),
    Case("squared error, sample weights", (), (4,), loss=partial(squared_error, weights=sample_weights)),
)

COMPOSITIONS = (
    Case("perceptron", (nn.Dense(8), nn.ReLU(), nn.Dropout(0.2), nn.Dense(4)), (6,), loss=loss),
    Case("normalised perceptron", (nn.Dense(8), nn.BatchNorm(), nn.ELU(), nn.Dense(4)), (6,), loss=loss),
    Case("gated perceptron", (nn.Dense(8), nn.Softmax(), nn.Dense(4), nn.Sigmoid()), (6,), loss=loss),
    Case(
        "convolutional network",
        (
            nn.Conv2D(4, 3, bias=False),
            nn.BatchNorm(),
            nn.MaxPool(2, padding="same"),
            nn.LeakyReLU(),
            nn.Flatten(),
            nn.Dense(4),
        ),
        IMAGE,
        loss=loss,
    ),
    Case(
        "residual network",
        (
            nn.Conv2D(4, 3, padding="same"),
            nn.Residual(
                [nn.BatchNorm(), nn.ReLU(), nn.Conv2D(6, 3, 2, "same"), nn.Residual([nn.LayerNorm(), nn.SiLU()])],
                [nn.AveragePool(2, padding="same"), nn.Conv2D(6, 1, bias=False)],
            ),
            nn.GlobalAveragePool(),
            nn.Dense(4),
        ),
        IMAGE,
        loss=partial(loss, smoothing=0.1),
    ),
)

CASES = (*LAYER_CASES, *LOSS_CASES, *COMPOSITIONS)
