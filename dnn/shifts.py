"""One model's answers over several positions of each image."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from dnn.base.errors import InputError
from dnn.base.kinds import check
from dnn.base.types import Array
from dnn.batches.augmentation import side_of
from dnn.model import Predictor
from dnn.network import Network


@dataclass
class Shifted(Predictor):
    """The mean of the logits over all (2 shifts + 1)² moves of the image by at most `shifts` pixels each way.

    What leaves the image is lost, what comes in is background, 0. The mean of logits tells the geometric mean of the
    probabilities. Their plain mean would be less sure than it is right; this one needs no temperature of its own.

    Args:
        model: of square images.
        shifts: pixels, at least 1 and less than the images' side.

    Raises:
        InputError: the images are not square, or `shifts` is out of range.

    Source: Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep convolutional neural networks",
    section 4.1, where the predictions for ten crops of an image are averaged.
    """

    model: Predictor
    shifts: int

    def __post_init__(self) -> None:
        shape, user = self.model.input_shape, "averaging over shifts"
        if len(shape) == 3 and shape[0] != shape[1]:
            raise InputError(f"{user} needs square images, these are {shape[0]} x {shape[1]}")
        self.side = side_of(prod(shape[:2]), user)
        self.shifts = check("shifts", self.shifts, int, least=1)
        if self.shifts >= self.side:
            raise InputError(f"shifts is {self.shifts}, it should be below {self.side}, the images' side")
        self.classes, self.about, self.temperature = self.model.classes, self.model.about, self.model.temperature

    @property
    def networks(self) -> list[Network]:
        return self.model.networks

    def compute_logits(self, X: Array) -> Array:
        images = X.reshape(len(X), self.side, self.side, -1)
        logits = sum(self.model.compute_logits(moved.reshape(X.shape)) for moved in shifted(images, self.shifts))
        return np.divide(logits, (2 * self.shifts + 1) ** 2)


def shifted(images: Array, most: int) -> Iterator[Array]:
    """(n, height, width, channels) -> the same, moved by each (dy, dx) of at most `most` pixels, the first by the
    largest step up and left.
    """
    n, height, width, channels = images.shape
    padded = np.zeros((n, height + 2 * most, width + 2 * most, channels), images.dtype)
    padded[:, most : most + height, most : most + width] = images
    for top in reversed(range(2 * most + 1)):
        for left in reversed(range(2 * most + 1)):
            yield padded[:, top : top + height, left : left + width]
