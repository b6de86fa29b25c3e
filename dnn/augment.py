"""Random distortion of images, as one sparse matrix product.

Bilinear resampling is linear in the pixels: a distorted image is A x, where row i of A holds the four weights with
which output pixel i reads the input. One random affine map and one elastic field make one such matrix, and A X
distorts a whole mini-batch X at the price of 4 multiplications a pixel. Every mini-batch gets a matrix of its own.

Sources: Simard, Steinkraus & Platt 2003, "Best practices for convolutional neural networks applied to visual document
analysis" (the distortions); Jaderberg et al. 2015, "Spatial transformer networks", eq. 5 (bilinear sampling).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from dnn.types import Array


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the distortion; each draw is uniform in ± its range, and 0 switches that part off.

    Args:
        rotation: degrees.
        scale: relative change of width and of height, each drawn alone; in [0, 1).
        shear: horizontal shift per unit of height.
        shift: pixels, horizontally and vertically.
        elastic: standard deviation of the elastic displacement, in pixels.
        elastic_sigma: width of the Gaussian that smooths the elastic field, in pixels, above 0.
    """

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    elastic_sigma: float = 4.0

    def __bool__(self) -> bool:
        return any((self.rotation, self.scale, self.shear, self.shift, self.elastic))


def gaussian_matrix(size: int, sigma: float) -> Array:
    """(size, size) matrix G such that G F Gᵀ smooths a random field F, scaled to leave independent draws of variance
    1 at variance 1.
    """
    distance = np.arange(size)[:, None] - np.arange(size)[None, :]
    G = np.exp(-0.5 * (distance / sigma) ** 2)
    return np.asarray(G / np.sqrt((G**2).sum(axis=1, keepdims=True)), np.float32)


class Distorter:
    """Distorts mini-batches of square images.

    Args:
        ranges: how much.
        side: pixels along one side of an image.
        rng: the source of every draw.
    """

    def __init__(self, ranges: Augmentation, side: int, rng: np.random.Generator) -> None:
        self.ranges, self.side, self.rng = ranges, side, rng
        self._smooth = gaussian_matrix(side, ranges.elastic_sigma) if ranges.elastic else None
        centre = (side - 1) / 2
        y, x = np.mgrid[:side, :side].astype(np.float32) - np.float32(centre)
        self._grid = np.stack([y.ravel(), x.ravel()])  # (2, pixels), relative to the middle of the image
        self._rows = np.arange(0, 4 * side * side + 1, 4, dtype=np.int32)

    def coordinates(self) -> Array:
        """Draw where each output pixel reads the input: (2, pixels) rows and columns, in pixels from the top left
        corner.
        """
        r, draw = self.ranges, self.rng.uniform
        angle = np.deg2rad(draw(-r.rotation, r.rotation))
        height, width = 1 + draw(-r.scale, r.scale, 2)
        shear = draw(-r.shear, r.shear)
        cos, sin = np.cos(angle), np.sin(angle)
        affine = np.array([[cos, sin], [-sin, cos]]) @ np.array([[1, 0], [shear, 1]]) / np.array([[height], [width]])
        points = affine.astype(np.float32) @ self._grid
        points += draw(-r.shift, r.shift, (2, 1)).astype(np.float32) + np.float32((self.side - 1) / 2)
        if self._smooth is not None:
            field = self.rng.standard_normal((2, self.side, self.side), dtype=np.float32)
            points += r.elastic * (self._smooth @ field @ self._smooth.T).reshape(2, -1)
        return points

    def matrix(self) -> sparse.csr_array:
        """Draw one distortion as a (pixels, pixels) matrix; what it reads outside of the image is 0."""
        points = self.coordinates()
        corner = np.floor(points)
        fy, fx = points - corner
        y, x = corner.astype(np.int32)
        columns = np.empty((self.side * self.side, 4), np.int32)
        weights = np.empty(columns.shape, np.float32)
        for k, (dy, dx) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
            row, column = y + dy, x + dx
            inside = (row >= 0) & (row < self.side) & (column >= 0) & (column < self.side)
            columns[:, k] = np.where(inside, row * self.side + column, 0)
            weights[:, k] = inside * (fy if dy else 1 - fy) * (fx if dx else 1 - fx)
        shape = (len(columns), len(columns))
        return sparse.csr_array((weights.ravel(), columns.ravel(), self._rows), shape=shape)

    def __call__(self, X: Array) -> Array:
        """X: (batch, pixels) float32 -> a new array of that shape, every image under one new distortion."""
        distorted: Array = self.matrix() @ np.ascontiguousarray(X.T)
        return distorted.T
