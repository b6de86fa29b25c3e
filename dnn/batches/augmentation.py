"""Random distortion of images, as one sparse matrix product.

Bilinear resampling is linear in the pixels: a distorted image is A x, where row i of A holds the four weights with
which output pixel i reads the input. One random affine map and one elastic field make one such matrix, and A X
distorts a whole mini-batch X at the price of 4 multiplications a pixel. Every mini-batch gets its own.

Sources: Simard, Steinkraus & Platt 2003, "Best practices for convolutional neural networks applied to visual document
analysis" (the distortions); Jaderberg et al. 2015, "Spatial transformer networks", eq. 5 (bilinear sampling).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from dnn.base.options import check_options, option
from dnn.base.types import Array

AHEAD = 16  # matrices drawn at a time: enough to spread NumPy's cost per call, few enough for the cache


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the distortion; each draw is uniform in ± its range, and 0 switches that part off.

    Raises:
        InputError: a range is out of bounds.
    """

    rotation: float = option(0.0, "degrees", least=0, most=180)
    scale: float = option(0.0, "relative change of width and of height, each drawn alone", least=0, below=1)
    shear: float = option(0.0, "horizontal shift per unit of height", least=0)
    shift: float = option(0.0, "pixels, horizontally and vertically", least=0)
    elastic: float = option(0.0, "standard deviation of the elastic displacement, in pixels", least=0)
    elastic_sigma: float = option(4.0, "width of the Gaussian that smooths the elastic field, in pixels", above=0)

    def __post_init__(self) -> None:
        check_options(self)

    def __bool__(self) -> bool:
        return any((self.rotation, self.scale, self.shear, self.shift, self.elastic))


def gaussian_matrix(size: int, sigma: float) -> Array:
    """(size, size) matrix G with which G F Gᵀ smooths a random field F.

    It is scaled so that independent draws of variance 1 keep variance 1.
    """
    distance = np.arange(size)[:, None] - np.arange(size)[None, :]
    G = np.exp(-0.5 * (distance / sigma) ** 2)
    return (G / np.sqrt((G**2).sum(axis=1, keepdims=True))).astype(np.float32)


class Resampling:
    """`count` bilinear resamplings of square images, as sparse matrices in memory that is used again and again.

    Attributes:
        matrices: `count` matrices of shape (pixels, pixels).
    """

    def __init__(self, count: int, side: int) -> None:
        self.side = side
        pixels = side * side
        self._low = np.empty((2, count, pixels), np.float32)
        self._ends = np.empty((2, count, pixels, 2), np.int32)  # the two rows, and the two columns, around a point
        self._shares = np.empty((2, count, pixels, 2), np.float32)  # how much of each is read
        self._inside = np.empty(self._ends.shape, np.bool_)
        self._corners = np.empty((count, pixels, 2, 2), np.int32)  # every row with every column: four pixels
        self._weights = np.empty((count, pixels, 2, 2), np.float32)
        starts = np.arange(0, 4 * pixels + 1, 4, dtype=np.int32)
        empty = np.zeros(4 * pixels, np.float32), np.zeros(4 * pixels, np.int32), starts
        self.matrices = [sparse.csr_array(empty, shape=(pixels, pixels)) for _ in range(count)]
        for matrix, weights, corners in zip(self.matrices, self._weights, self._corners, strict=True):
            # set here, as the constructor copies what is a small part of a large array
            matrix.data, matrix.indices = weights.reshape(-1), corners.reshape(-1)

    def set(self, points: Array) -> None:
        """Make `matrices` read at `points`, (2, count, pixels) rows and columns; outside of the image they read 0."""
        low, ends, shares, inside = self._low, self._ends, self._shares, self._inside
        np.floor(points, out=low)
        ends[..., 0] = low
        np.add(ends[..., 0], 1, out=ends[..., 1])
        np.subtract(points, low, out=shares[..., 1])
        np.subtract(1, shares[..., 1], out=shares[..., 0])
        np.less(ends.view(np.uint32), self.side, out=inside)  # a negative number is a large one without its sign
        np.multiply(shares, inside, out=shares)
        np.multiply(ends, inside, out=ends)
        np.multiply(ends[0], self.side, out=ends[0])
        np.add(ends[0][..., :, None], ends[1][..., None, :], out=self._corners)
        np.multiply(shares[0][..., :, None], shares[1][..., None, :], out=self._weights)


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
        # glibc gives large arrays back to the system, and faulting their pages in again costs more than the product. A
        # freed block of this size raises its threshold (mallopt(3), M_MMAP_THRESHOLD), so that it keeps them.
        np.empty(2**24, np.uint8)
        self._resampling = Resampling(AHEAD, self.side)
        self._used = AHEAD

    def __call__(self, X: Array) -> Array:
        """X: (batch, pixels) float32 -> a new array of that shape, every image under one new distortion."""
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
