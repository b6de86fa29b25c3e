"""The least memory that a training takes, told before any of it is taken."""

from collections.abc import Sequence
from math import prod

from dnn.base.free_memory import need_memory
from dnn.base.types import Shape
from dnn.layers import Layer
from dnn.layers.base import kept_elements
from dnn.network import build_layers, vector_lengths
from dnn.training.optimizers import OPTIMIZERS
from dnn.training.recipe import Training

ITEM = 4  # bytes of a float32


def need_memory_to_train(
    layers: Sequence[Layer], input_shape: Shape, training: Training, examples: int, beside: int = 0
) -> None:
    """Raise InputError where a training of such a network takes more memory than there is, whatever else it does.

    Args:
        layers: of the network, which need not be made yet.
        input_shape: shape of one example.
        training: how it is to be trained.
        examples: in the training set, which itself is not counted.
        beside: other networks of this kind that are kept meanwhile, as those of an ensemble.

    Raises:
        InputError: as said, with both figures; or a layer does not fit the one before.
    """
    shapes = build_layers(layers, input_shape)
    parameters, state = vector_lengths(layers)
    network = 2 * parameters + state
    batch = min(training.batch_size or examples, examples)
    vectors = parameters * vectors_of(training) + batch * kept_elements(layers, input_shape, shapes)
    inputs = batch * prod(input_shape)
    need_memory(
        ITEM * (network * (1 + beside) + vectors + inputs),
        f"to train a network of {parameters:,} parameters with {batch:,} examples at a time",
        "take fewer or smaller layers, or a smaller batch_size",
    )


def vectors_of(training: Training) -> int:
    """Vectors as long as that of the parameters that a training holds, beside the network's own two."""
    own = len(OPTIMIZERS[training.optimizer].slots)
    average = 1 if training.ema else 0
    copies = 1 + own + average  # to go back to where the epoch began
    best, scratch, gathered = 1, average, 1 if training.accumulate > 1 else 0
    return own + average + copies + best + scratch + gathered
