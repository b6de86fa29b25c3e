"""Random distortion of images, as one sparse matrix product.

Bilinear resampling is linear in the pixels: a distorted image is A x, where row i of A holds the four weights with
which output pixel i reads the input. One random affine map and one elastic field make one such matrix, and A X
distorts a whole mini-batch X at the price of 4 multiplications a pixel. Every mini-batch gets its own, or several, each
for a part of its images: batch normalisation then sees the mixture that it will be used on.

Sources: Simard, Steinkraus & Platt 2003, "Best practices for convolutional neural networks applied to visual document
analysis" (the distortions); Jaderberg et al. 2015, "Spatial transformer networks", eq. 5 (bilinear sampling).
"""

from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.kinds import Kind, by_name
from dnn.base.memory import keep_freed_memory
from dnn.base.options import check_names, check_options, option
from dnn.base.types import Array
from dnn.batches.resampling import Resampling

AHEAD = 16  # matrices drawn at a time: enough to spread NumPy's cost per call, few enough for the cache


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the distortion; each draw is uniform in ± its range, and 0 switches that part off.

    Raises:
        InputError: a range is out of bounds.
    """

    rotation: float = option(0.0, "degrees", least=0, most=180)
    scale: float = option(0.0, "relative change of width and of height, each drawn alone", least=0, below=1)
    shear: float = option(0.0, "horizontal shift per unit of height", least=0, most=10)
    shift: float = option(0.0, "pixels, horizontally and vertically", least=0)
    elastic: float = option(0.0, "standard deviation of the elastic displacement, in pixels", least=0)
    elastic_sigma: float = option(4.0, "width of the Gaussian that smooths the elastic field, in pixels", least=0.1)
    per_batch: int = option(1, "distortions of a mini-batch, whose images share them; 0: one for each image", least=0)

    def __post_init__(self) -> None:
        check_options(self)

    def __bool__(self) -> bool:
        return any((self.rotation, self.scale, self.shear, self.shift, self.elastic))

    def check_size(self, pixels: int) -> None:
        """Raise InputError where images of so many pixels cannot be distorted, or would lose all that they show."""
        if not self:
            return
        side = side_of(pixels, "augmentation")
        for name in ("shift", "elastic"):
            if getattr(self, name) >= side:
                raise InputError(
                    f"augmentation: {name} is {getattr(self, name):g}, it should be below {side}, the images' side"
                )


def side_of(pixels: int, user: str) -> int:
    """The side of a square image of so many pixels.

    Raises:
        InputError: there is none; the message begins with `user`, what needs one.
    """
    side = isqrt(pixels)
    if side * side != pixels:
        raise InputError(f"{user} needs square images, {pixels} features are none; switch it off")
    return side


def as_augmentation(value: Any) -> Augmentation:
    """An Augmentation, or one of the options in a mapping."""
    if isinstance(value, Augmentation):
        return value
    options = by_name(value)
    check_names("it", Augmentation, options)
    return Augmentation(**options)


AUGMENTATION = Kind("an Augmentation, or a mapping of its options, as {rotation: 10}", as_augmentation)


def gaussian_matrix(size: int, sigma: float) -> Array:
    """(size, size) matrix G with which G F Gᵀ smooths a random field F.

    It is scaled so that independent draws of variance 1 keep variance 1.
    """
    distance = np.arange(size)[:, None] - np.arange(size)[None, :]
    G = np.exp(-0.5 * (distance / sigma) ** 2)
    return (G / np.sqrt((G**2).sum(axis=1, keepdims=True))).astype(np.float32)


@dataclass
class Distorter:
    """Distorts mini-batches of square images.

    Args:
        ranges: how much.
        side: pixels along one side of an image.
        rng: the source of every draw.
    """

    ranges: Augmentation
    side: int
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self._smooth = gaussian_matrix(self.side, self.ranges.elastic_sigma)
        offset = np.arange(self.side, dtype=np.float32) - np.float32((self.side - 1) / 2)
        self._grid = np.stack(np.meshgrid(offset, offset, indexing="ij")).reshape(2, -1)  # from the middle of the image
        keep_freed_memory()
        self._resampling = Resampling(AHEAD, self.side)
        self._used = AHEAD

    def __call__(self, X: Array) -> Array:
        """X: (batch, pixels) float32 -> a new array of that shape, its parts, in order, each under a new distortion."""
        parts = min(self.ranges.per_batch or len(X), len(X))
        if parts <= 1:
            return self._distorted(X)
        return np.concatenate([self._distorted(part) for part in np.array_split(X, parts)])

    def _distorted(self, X: Array) -> Array:
        """All images under one new distortion."""
        if self._used == AHEAD:
            self._resampling.set(self.coordinates(AHEAD))
            self._used = 0
        distorted: Array = self._resampling.matrices[self._used] @ np.ascontiguousarray(X.T)
        self._used += 1
        return distorted.T

    def coordinates(self, count: int) -> Array:
        """Draw where the output pixels of `count` distortions read the input.

        Returns:
            (2, count, pixels) float32 rows and columns, in pixels from the top left corner.
        """
        r, draw = self.ranges, self.rng.uniform
        angle = np.deg2rad(draw(-r.rotation, r.rotation, count))
        scale = 1 + draw(-r.scale, r.scale, (2, 1, count))
        shear = draw(-r.shear, r.shear, count)
        shift = draw(-r.shift, r.shift, (2, count, 1)) + (self.side - 1) / 2
        rotate = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        lean = np.array([[np.ones(count), np.zeros(count)], [shear, np.ones(count)]])
        affine = np.einsum("abk,bck->ack", rotate, lean) / scale
        points = np.einsum("ack,cp->akp", affine.astype(np.float32), self._grid) + shift.astype(np.float32)
        if r.elastic:
            noise = self.rng.standard_normal((2, count, self.side, self.side), dtype=np.float32)
            points += np.float32(r.elastic) * (self._smooth @ noise @ self._smooth.T).reshape(points.shape)
        return points


def make_distorter(ranges: Augmentation | None, X: Array, rng: np.random.Generator) -> Distorter | None:
    """The distorter of mini-batches of X: (n, pixels), square images; None where nothing is to be distorted.

    It draws ahead, in a thread of its own, so `rng` only seeds its generator.
    """
    if not ranges:
        return None
    return Distorter(ranges, side_of(X.shape[1], "augmentation"), np.random.default_rng(rng.integers(2**63)))
