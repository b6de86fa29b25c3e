"""The digits that ship inside scikit-learn, brought to MNIST's form and written as MNIST's four files.

1,797 real handwritten digits of 8x8 pixels, the test set of https://archive.ics.uci.edu/dataset/80 (Alpaydin, Kaynak).
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stages.datasets.centring import fit_and_centre
from stages.datasets.idx import write_idx

TEST_SIZE = 360


def write_digits(folder: Path) -> None:
    """Write the four IDX files to `folder`: 1,437 training and 360 test images, always the same."""
    # It takes seconds to import and is needed only here.
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    small = load_digits()
    images, labels = np.stack([mnist_form(image) for image in small.images]), small.target.astype(np.uint8)
    rows = train_test_split(np.arange(len(labels)), test_size=TEST_SIZE, stratify=labels, random_state=0)
    for name, chosen in zip(("train", "t10k"), rows, strict=True):
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", images[chosen])
        write_idx(folder / f"{name}-labels-idx1-ubyte.gz", labels[chosen])


def mnist_form(image: NDArray[np.float64]) -> NDArray[np.uint8]:
    """One digit (8, 8), 0 to 16 -> (28, 28), 0 to 255.

    See `stages.datasets.centring`.
    """
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    digit = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.round(255 * fit_and_centre(digit)).astype(np.uint8)
