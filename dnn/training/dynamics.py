"""Training dynamics: measurements inside of a network from epoch to epoch, on copies, which change no training."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dnn.base.npz import read_npz, write_npz
from dnn.base.types import Array
from dnn.batches.labels import smooth_labels
from dnn.layers import ACTIVATIONS
from dnn.network import Network
from dnn.training.step import Stepper
from dnn.training.trainer import Trainer

PROBE = 256  # examples of the probe batch: the first of the validation set
MULTIPLES = (-4, -2, -1, 0, 1, 2, 4, 8, 16)  # of the probe step, where the landscape is measured
MOMENTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # epochs after which it is, beside the last
OF_LAYERS = ("weight_norm", "gradient_norm", "update_norm")
OF_ACTIVATIONS = ("mean", "std", "zeros", "dead")
ROW = ("epoch", "learning_rate", *OF_LAYERS, *OF_ACTIVATIONS, "landscape", "right")

Row = dict[str, Array]


@dataclass
class Dynamics:
    """A callback that keeps one row of measurements for each epoch, in a file of its own.

    The probe step is one more step with the last learning rate on the probe batch, by copies of network and optimizer,
    with penalties, clipping and dropout, but without distortion, mixup, cutout and weights of examples. Norms are
    Euclidean, over all parameters of a layer. With a moving average of the weights, `right` is of the average, as the
    validation accuracy is, and all else of the weights that step.

    Arrays of the file, for epochs E, layers with parameters L, activation layers A (not those in residual blocks),
    multiples M and examples n:

        epoch, learning_rate: (E,) int32, from 1, ascending; (E,) float32, of the epoch's last step and the probe step.
        layers, activations: (L,), (A,) text, number and kind of the layer.
        weight_norm, gradient_norm, update_norm: (E, L) float32, ‖w‖ before the probe step, ‖g‖ of the gradient that
            the optimizer gets in it, and ‖Δw‖. Learning goes well, as a rule of thumb, where ‖Δw‖ / ‖w‖ is near 0.001.
        mean, std, zeros, dead: (E, A) float32, of the activations for the probe batch in prediction: mean, standard
            deviation, share that is 0, and share of the units (channels) that are 0 for every example.
        multiples, landscape: (M,), (E, M) float32, m and the loss of the probe batch in prediction, by which the
            training is validated, at w + m Δw; NaN in epochs in which it was not measured.
        right: (E, ceil(n / 8)) uint8, a bit for each example, 1 where its answer is right, as `numpy.packbits` packs.

    Args:
        X, Y: (n, features) and one-hot (n, classes), the validation set.
        path: of the file. Rows that are there, of this same training before it was interrupted, are taken over.

    Sources: Karpathy, CS231n notes, "Neural networks part 3", ratio of weights and updates; Goodfellow, Vinyals & Saxe
    2015, "Qualitatively characterizing neural network optimization problems", the loss along a line; Lu et al. 2020,
    "Dying ReLU and initialization"; Toneva et al. 2019, "An empirical study of example forgetting during deep neural
    network learning".
    """

    X: Array
    Y: Array
    path: Path
    rows: list[Row] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.rows = []
        if self.path.exists():
            columns = read_npz(self.path, *ROW)
            self.rows = [dict(zip(ROW, row, strict=True)) for row in zip(*columns, strict=True)]

    def __call__(self, trainer: Trainer) -> None:
        done = len(trainer.history)
        self.rows = [row for row in self.rows if row["epoch"] < done]  # a training killed before its checkpoint
        self.rows.append(self.measure(trainer))
        layers = list(enumerate(trainer.network.layers, start=1))
        write_npz(
            self.path,
            layers=np.array([f"{n} {layer.kind}" for n, layer in layers if layer.parameters], str),
            activations=np.array([f"{n} {layer.kind}" for n, layer in layers if layer.kind in ACTIVATIONS], str),
            multiples=np.array(MULTIPLES, np.float32),
            **{name: np.stack([row[name] for row in self.rows]) for name in ROW},
        )

    def measure(self, trainer: Trainer) -> Row:
        """The row of the epoch that has just ended."""
        epoch, rate = len(trainer.history), trainer.history[-1]["learning_rate"]
        X, Y, probe = self.X[:PROBE], self.Y[:PROBE], copy_of(trainer)
        row = activation_statistics(probe.network, X)
        row |= step_statistics(probe, X, Y, rate, epoch in MOMENTS or epoch == trainer.recipe.epochs or trainer.stop)
        right = trainer.network.logits(self.X).argmax(axis=1) == self.Y.argmax(axis=1)
        scalars = {"epoch": np.array(epoch, np.int32), "learning_rate": np.array(rate, np.float32)}
        return row | scalars | {"right": np.packbits(right)}


def copy_of(trainer: Trainer) -> Stepper:
    """A stepper with copies of network and optimizer and a generator of its own, that changes no image."""
    network = copy.deepcopy(trainer.network)
    if trainer.average and trainer.average.shown:  # then it holds the weights that step
        network.params[...], network.state[...] = trainer.average.params, trainer.average.state
    recipe = replace(trainer.recipe, accumulate=1, ema=0.0, mixup=0.0, cutout=0, augmentation=None)
    return Stepper(network, copy.deepcopy(trainer.optimizer), recipe, np.random.default_rng(0))


def activation_statistics(network: Network, X: Array) -> Row:
    """Mean, standard deviation, zeros and dead units of each activation layer for X: (batch, features), (A,) each."""
    rows, Y = [], np.asarray(X, network.params.dtype).reshape(len(X), *network.input_shape)
    for layer in network.layers:
        Y = layer.forward(Y)
        if layer.kind in ACTIVATIONS:
            alive = Y != 0
            dead = ~alive.any(axis=tuple(range(Y.ndim - 1)))
            rows.append((Y.mean(), Y.std(), 1 - alive.mean(), dead.mean()))
    columns = np.array(rows, np.float32).reshape(-1, len(OF_ACTIVATIONS)).T
    return dict(zip(OF_ACTIVATIONS, columns, strict=True))


def step_statistics(probe: Stepper, X: Array, Y: Array, learning_rate: float, landscape: bool) -> Row:
    """Norms before and of a step on (X, Y), (L,) each, and the loss along it, (M,): NaN unless asked for.

    The step changes `probe`, whose layers hold no meaningful parameters afterwards.
    """
    network = probe.network
    params, state = network.params.copy(), network.state.copy()
    learned = [layer for layer in network.layers if layer.parameters]
    weight_norm = [norm(layer.parameters.values()) for layer in learned]
    probe.step(X, smooth_labels(Y, probe.recipe.label_smoothing), learning_rate)
    gradient_norm = [norm(layer.gradients.values()) for layer in learned]
    step = network.params - params
    network.params[...] = step  # so that each layer holds its part of it
    update_norm = [norm(layer.parameters.values()) for layer in learned]
    line = np.full(len(MULTIPLES), np.nan, np.float32)
    network.state[...] = state
    if landscape:
        for index, multiple in enumerate(MULTIPLES):
            network.params[...] = params + multiple * step
            line[index] = probe.loss.value(network.logits(X), Y)
    norms = np.array([weight_norm, gradient_norm, update_norm], np.float32)
    return {**dict(zip(OF_LAYERS, norms, strict=True)), "landscape": line}


def norm(arrays: Iterable[Array]) -> float:
    """Euclidean norm of all their elements together."""
    return float(sum(float(np.vdot(array, array)) for array in arrays) ** 0.5)
