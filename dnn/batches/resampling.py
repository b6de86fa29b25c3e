"""Bilinear resampling of square images, as sparse matrices.

Row i of a matrix holds the four weights with which pixel i of the output reads the input.

Source: Jaderberg et al. 2015, "Spatial transformer networks", eq. 5.
"""

import numpy as np

from dnn.base.types import Array


class Resampling:
    """`count` bilinear resamplings of square images, as sparse matrices in memory that is used again and again.

    Attributes:
        matrices: `count` matrices of shape (pixels, pixels).
    """

    def __init__(self, count: int, side: int) -> None:
        from scipy import sparse  # which takes as long to import as a prediction

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
        # 0 <= end < side in one comparison: the bits of a negative int32 are, read as uint32, a number from 2**31 up
        np.less(ends.view(np.uint32), self.side, out=inside)
        np.multiply(shares, inside, out=shares)
        np.multiply(ends, inside, out=ends)
        np.multiply(ends[0], self.side, out=ends[0])
        np.add(ends[0][..., :, None], ends[1][..., None, :], out=self._corners)
        np.multiply(shares[0][..., :, None], shares[1][..., None, :], out=self._weights)
