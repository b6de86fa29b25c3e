"""Warnings of a training that fails without an error: inputs of a scale that no rate suits, nothing learned."""

import sys
import warnings

import numpy as np

from dnn.base.errors import TrainingWarning
from dnn.base.types import Array
from dnn.batches.inputs import mean_length, root_mean_square
from dnn.losses import log_softmax
from dnn.network import Network

# Measured with the default options on 784 pixels, on iris and wine, and on normal features, 2 to 10,000 of them, with a
# mean of 0 or of three standard deviations: where the examples' length was below 0.1 every network fell behind, on
# images to chance; from 300 on nearly all were at chance or diverged, and from 100 on some, where the mean was not 0.
# Standardised features have a root mean square of 1, however many and thus however long they are.
SHORTEST, LONGEST, LONGEST_RMS = 0.1, 200, 5
# They multiply or pick their inputs, so that a normalisation behind them sees all scales alike.
LINEAR = {"dense", "conv", "flatten", "dropout", "maxpool", "avgpool", "globalavgpool"}
NORMALISING = {"batchnorm", "layernorm"}

SAMPLE = 2000  # examples that tell whether something was learned, without a pass over all
FEWEST_STEPS = 100  # of which one may expect that
MOST_TIMES = 20  # by which the scales of inputs of one kind may differ


def warn_of_scale(network: Network, X: Array) -> None:
    """Warn where a network is likely to fail because its inputs X: (n, features) are very large or small.

    A network that normalises before its first activation learns from any scale.
    """
    if normalises(network):
        return
    length = mean_length(X)
    rms = length / np.sqrt(X.shape[1])
    if 0 < length < SHORTEST:
        problem = "so small that training may stand still: was it divided by 255 twice? Otherwise scale it"
    elif length > LONGEST and rms > LONGEST_RMS:
        problem = (
            "so large that training may fail: divide pixels by 255 (65535 if they have 16 bits), scale other features"
        )
    else:
        return
    warn(
        f"X has values from {X.min():.3g} to {X.max():.3g}, {problem} with scikit-learn's StandardScaler, or begin the "
        "network with batchnorm"
    )


def warn_of_other_scale(name: str, X: Array, usual: float) -> None:
    """Warn where the root mean square of X: (n, features) is far from the `usual` one, that of the training before.

    `name` begins the message. Nothing is said of zeros.
    """
    rms = root_mean_square(X)
    if rms and usual and not 1 / MOST_TIMES <= rms / usual <= MOST_TIMES:
        warn(
            f"{name} has a root mean square of {rms:.3g}, in training it was {usual:.3g}: scale it in the same way, as "
            "the network knows no other"
        )


def warn(message: str) -> None:
    """Give a TrainingWarning at the line that called into this package, from however deep inside."""
    package, level, frame = __name__.partition(".")[0], 1, sys._getframe()
    while frame.f_back and frame.f_globals["__name__"].partition(".")[0] == package:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, TrainingWarning, stacklevel=level)


def normalises(network: Network) -> bool:
    """Whether batch or layer normalisation comes before anything that is not linear."""
    kinds = (layer.kind for layer in network.layers)
    return next((kind for kind in kinds if kind not in LINEAR), "") in NORMALISING


def warn_if_nothing_learned(network: Network, X: Array, labels: Array, weights: Array | None, steps: int) -> None:
    """Warn where a trained network is no better on its training set than always naming the most frequent class.

    "No better" is its accuracy and its cross-entropy, as a network that knows when the rarer classes are likelier has
    learned something even if it never names them. Each example counts as much as it did in training. Nothing is said
    after so few steps, or of so few classes, that there was nothing to learn.

    Args:
        X, labels: (n, features) inputs and (n,) columns of their classes, of the training set.
        weights: (n,) of the examples in the loss; None weighs all alike.
        steps: mini-batches trained with.
    """
    # drawn, as every k-th row may be of one class
    rows = np.random.default_rng(0).permutation(len(X))[:SAMPLE]
    labels = labels[rows]
    share = np.ones(len(labels)) if weights is None else np.asarray(weights[rows], np.float64)
    by_class = np.bincount(labels, share)
    by_class = by_class[by_class > 0]
    if steps < FEWEST_STEPS or len(by_class) < 2:
        return
    share, by_class = share / share.sum(), by_class / share.sum()
    logits = network.logits(X[rows])
    accuracy = share @ (logits.argmax(axis=1) == labels)
    loss = -share @ log_softmax(logits)[np.arange(len(labels)), labels]
    entropy = -by_class @ np.log(by_class)  # the cross-entropy of these shares, told for every example
    if accuracy > by_class.max() + 0.02 or loss < 0.98 * entropy:
        return
    warn(
        f"the network has learned nothing: on {len(labels)} of its training examples its accuracy is {accuracy:.1%}, "
        f"and always naming the most frequent class gives {by_class.max():.1%}; look at the scale of X and at the "
        "labels, then try another learning_rate, initializer=auto or more epochs"
    )
