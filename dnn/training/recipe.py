"""How to train, as data."""

from dataclasses import dataclass, field
from math import inf, isfinite
from numbers import Real
from typing import Any

from dnn.base.errors import InputError
from dnn.batches.augmentation import Augmentation
from dnn.training.schedules import make_schedule

LOSSES = ("cross_entropy", "mean_squared_error")
# the least value that each may have
ZERO = "batch_size warmup_epochs ema label_smoothing l1 l2 weight_decay max_norm clip_norm clip_value mixup cutout"
WHOLE = ("epochs", "batch_size", "accumulate", "cutout", "threads")
LEAST = {"epochs": 1, "accumulate": 1, "threads": 1} | dict.fromkeys(ZERO.split(), 0)


@dataclass(frozen=True)
class Recipe:
    """How to train, apart from the network, the optimizer and the data. 0 switches a part off.

    Args:
        epochs: passes over the training set, at least 1.
        batch_size: examples of a mini-batch; 1 is stochastic descent, 0 takes all of them.
        accumulate: mini-batches whose gradients are averaged for one step.
        loss: one of `LOSSES`; mean squared error is that of the outputs to the one-hot labels.
        learning_rate: the highest rate of the schedule, above 0.
        schedule: one of `dnn.training.schedules.SCHEDULES`, with its `schedule_options`.
        warmup_epochs: epochs in which the rate climbs to its highest, may be fractional.
        ema: decay of the weights' moving average, which is measured and kept in place of the weights; in [0, 1).
        l1, l2: penalties λ Σ |W| and λ/2 Σ W² added to the loss; both together are the elastic net.
        weight_decay: decoupled from the gradient: W ← (1 - η · weight_decay) W.
        max_norm: highest norm of the weights into one unit.
        clip_norm, clip_value: highest norm of the whole gradient, highest absolute value in it.
        label_smoothing: in [0, 1).
        mixup: α of the Beta distribution that mixes pairs of examples.
        cutout: side of the square cut out of each image, in pixels.
        augmentation: distortion of every mini-batch of square images.
        threads: for parts of the mini-batch where there are convolutions, which changes no byte of the result; else for
            matrix products, which changes the last digits. More are faster on cores that have nothing else to do, and
            much slower on busy ones, as BLAS's threads spin while they wait.
    """

    epochs: int
    batch_size: int = 128
    accumulate: int = 1
    loss: str = "cross_entropy"
    learning_rate: float = 0.01
    schedule: str = "constant"
    schedule_options: dict[str, Any] = field(default_factory=dict)
    warmup_epochs: float = 0.0
    ema: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    max_norm: float = 0.0
    clip_norm: float = 0.0
    clip_value: float = 0.0
    label_smoothing: float = 0.0
    mixup: float = 0.0
    cutout: int = 0
    augmentation: Augmentation | None = None
    threads: int = 1

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            value, whole = getattr(self, name), name in WHOLE
            good = isinstance(value, Real) and isfinite(value) and (not whole or float(value).is_integer())
            if not good or value < least:
                raise InputError(f"{name} is {value!r}, it should be a {'whole ' * whole}number of at least {least}")
        if self.warmup_epochs and self.warmup_epochs >= self.epochs:
            raise InputError(f"warmup_epochs is {self.warmup_epochs}, it should be below epochs, {self.epochs}")
        for name in ("ema", "label_smoothing"):
            if getattr(self, name) >= 1:
                raise InputError(f"{name} is {getattr(self, name)}, it should be below 1")
        if not (isinstance(self.learning_rate, Real) and 0 < self.learning_rate < inf):
            raise InputError(f"learning_rate is {self.learning_rate}, it should be above 0 and finite")
        make_schedule(self.schedule, **self.schedule_options)  # whose own checks come before training then
        if self.loss not in LOSSES:
            raise InputError(f"loss is {self.loss!r}, known are {', '.join(LOSSES)}")
