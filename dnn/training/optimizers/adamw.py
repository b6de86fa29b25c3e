"""AdamW."""

from dataclasses import dataclass
from typing import ClassVar

from dnn.training.optimizers.adam import Adam


@dataclass
class AdamW(Adam):
    """Adam, under the name that people look for.

    AdamW differs in its weight decay, which does not pass through the gradient. Here that is the trainer's
    `weight_decay` (`dnn.training.regularizers.decay`), which every optimizer can have and which spares biases.

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """

    kind: ClassVar[str] = "adamw"
