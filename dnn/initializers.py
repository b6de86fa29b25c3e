"""Random starting weights whose scale keeps the variance of signals and gradients level across layers."""

from collections.abc import Callable

import numpy as np

from dnn.base.types import Array

# Each takes (fan_in, fan_out), the number of inputs and outputs that one weight connects, and gives the standard
# deviation of W.
SCALES: dict[str, Callable[[int, int], float]] = {
    # Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", eq. 12
    "xavier": lambda fan_in, fan_out: (2.0 / (fan_in + fan_out)) ** 0.5,
    # He et al. 2015, "Delving deep into rectifiers", eq. 10
    "he": lambda fan_in, fan_out: (2.0 / fan_in) ** 0.5,
    # LeCun et al. 1998, "Efficient backprop", eq. 16
    "lecun": lambda fan_in, fan_out: (1.0 / fan_in) ** 0.5,
}
# activations that let through about half of the signal, which the 2 of He makes up for
HALF_OPEN = ("relu", "leaky_relu", "elu", "silu", "gelu")


def initialize(name: str, W: Array, fan_in: int, fan_out: int, rng: np.random.Generator) -> None:
    """Fill W in place with draws of mean 0 and the standard deviation of the scheme.

    Args:
        name: `<scheme>_<distribution>`; the schemes are the keys of `SCALES`, the distributions `normal` and
            `uniform` (on ±√3 standard deviations, which has the same variance). A bare scheme means its uniform form.
    """
    scheme, _, distribution = name.partition("_")
    std = SCALES[scheme](fan_in, fan_out)
    if distribution == "normal":
        W[...] = std * rng.standard_normal(W.shape)
    else:
        limit = 3**0.5 * std
        W[...] = rng.uniform(-limit, limit, W.shape)


INITIALIZERS = tuple(f"{scheme}{suffix}" for scheme in SCALES for suffix in ("", "_uniform", "_normal"))


def resolve_initializer(name: str, following: str) -> str:
    """The scheme that `auto` means; other names stay.

    | what follows on the layer | scheme |
    |---|---|
    | relu, leaky_relu, elu, silu, gelu | He, whose variance makes up for the half that they shut |
    | tanh, sigmoid, softmax | Xavier |
    | the network's end, as the loss has a softmax | Xavier |
    | a dense layer or a convolution, with no activation between | Xavier |

    Normalisation, dropout, pooling and `flatten` are passed by: what stands behind them counts. A residual block counts
    as the first of its layers; on the last of them, and on its shortcut, follows what stands behind the block.

    Args:
        name: of a scheme.
        following: kind of the layer that follows, in this sense.
    """
    if name != "auto":
        return name
    return "he" if following in HALF_OPEN else "xavier"
