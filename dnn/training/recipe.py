"""How to train, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from numbers import Real
from typing import Any

import numpy as np

from dnn.base.errors import InputError, naming
from dnn.base.kinds import LIMITS, OPTIONS, Kind, finite
from dnn.base.options import check_options, option
from dnn.base.threads import THREADS
from dnn.base.types import Shape
from dnn.batches.augmentation import AUGMENTATION, Augmentation
from dnn.batches.mixing import check_cutout
from dnn.losses import LOSSES
from dnn.training.optimizers import OPTIMIZERS, make_optimizer
from dnn.training.schedules import SCHEDULES, make_schedule


@dataclass(kw_only=True, eq=False)
class Recipe:
    """How to train, apart from the network, the optimizer and the data. 0 switches penalties, clipping,
    mixup and the like off.

    Raises:
        InputError: an option is wrong, or two do not go together.
    """

    epochs: int = option(100, "passes over the training set", least=1)
    batch_size: int = option(128, "examples of a mini-batch; 1 is stochastic descent, 0 takes all of them", least=0)
    accumulate: int = option(1, "mini-batches whose gradients are averaged for one step", least=1)
    loss: str = option(
        "cross_entropy",
        "what training minimises and validation measures, of the softmax probabilities",
        choices=LOSSES,
    )
    learning_rate: float = option(0.01, "highest rate of the schedule", above=0)
    schedule: str = option("constant", "how the learning rate changes", choices=SCHEDULES)
    schedule_options: Mapping[str, Any] | None = option(None, "those of the schedule, by name", kind=OPTIONS)
    warmup_epochs: float = option(0.0, "epochs in which the rate climbs to its highest, may be fractional", least=0)
    ema: float = option(0.0, "decay of the weights' moving average, measured and kept in their place", least=0, below=1)
    l1: float = option(0.0, "λ of the penalty λ Σ |W| added to the loss", least=0)
    l2: float = option(0.0, "λ of the penalty λ/2 Σ W² added to the loss; with l1 the elastic net", least=0)
    weight_decay: float = option(0.0, "decoupled from the gradient: W ← (1 - η · weight_decay) W", least=0)
    max_norm: float = option(0.0, "highest norm of the weights into one unit", least=0)
    clip_norm: float = option(0.0, "highest norm of the whole gradient", least=0)
    clip_value: float = option(0.0, "highest absolute value in the gradient", least=0)
    label_smoothing: float = option(0.0, "share of each label that is spread over all classes", least=0, below=1)
    mixup: float = option(0.0, "α of the Beta distribution that mixes pairs of examples", least=0)
    cutout: int = option(0, "side of the square cut out of each image, in pixels", least=0)
    augmentation: Augmentation | None = option(
        None, "distortion of every mini-batch of square images; an Augmentation or its options", kind=AUGMENTATION
    )
    # for parts of large layers, which changes no byte of the result
    threads: int | str = option("auto", "threads; auto: one for each core, where layers are large", kind=THREADS)

    def __post_init__(self) -> None:
        check_options(self)
        if self.warmup_epochs and self.warmup_epochs >= self.epochs:
            raise InputError(f"warmup_epochs is {self.warmup_epochs:g}, it should be below epochs, {self.epochs}")
        if self.mixup and self.batch_size == 1:
            raise InputError(f"mixup is {self.mixup:g}, but batch_size 1 leaves nothing to mix with; take 2 or more")
        if self.accumulate > 1 and not self.batch_size:
            raise InputError(f"accumulate is {self.accumulate}, but batch_size 0 makes a single mini-batch; set either")
        with naming("schedule_options"):  # their checks come before training then
            make_schedule(self.schedule, **(self.schedule_options or {}))

    def check_inputs(self, input_shape: Shape) -> None:
        """Raise InputError where inputs of this shape, (features,) or (height, width, channels), cannot be distorted or
        cut as asked for.
        """
        if self.augmentation:
            self.augmentation.check_size(prod(input_shape))
        if self.cutout:
            check_cutout(self.cutout, input_shape)


def weight_by_label(value: Any) -> dict[Any, float] | str:
    """`balanced`, or a weight of at least 0 for each label."""
    if isinstance(value, str) and value == "balanced":
        return value
    if not isinstance(value, Mapping) or not all(isinstance(label, Real | str | np.generic) for label in value):
        raise TypeError
    weights = {label: finite(weight) for label, weight in value.items()}
    if not all(0 <= weight <= LIMITS[float] for weight in weights.values()):
        raise ValueError
    return weights


CLASS_WEIGHT = Kind("balanced, or a mapping of labels to finite numbers at least 0", weight_by_label)


@dataclass(kw_only=True, eq=False)
class Training(Recipe):
    """A recipe with the optimizer by its name, and what depends on labels and validation data."""

    optimizer: str = option("momentum", "from gradients to steps", choices=OPTIMIZERS)
    optimizer_options: Mapping[str, Any] | None = option(None, "those of the optimizer, by name", kind=OPTIONS)
    class_weight: Mapping[Any, float] | str | None = option(
        None,
        "factor of each class in the loss by its label, or `balanced`: against its share of the examples",
        kind=CLASS_WEIGHT,
    )
    patience: int = option(0, "epochs without a smaller validation loss after which training stops; 0: never", least=0)
    restore_best: bool = option(True, "end with the weights of the least validation loss, not with the last ones")

    def __post_init__(self) -> None:
        super().__post_init__()
        with naming("optimizer_options"):
            make_optimizer(self.optimizer, **(self.optimizer_options or {}))
