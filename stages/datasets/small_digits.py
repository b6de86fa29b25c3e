"""The digits that ship inside scikit-learn, brought to MNIST's form and as MNIST's four files.

1,797 real handwritten digits of 8x8 pixels, the test set of https://archive.ics.uci.edu/dataset/80 (Alpaydin, Kaynak).
"""

import numpy as np
from numpy.typing import NDArray

from stages.datasets.centring import fit_and_centre
from stages.datasets.idx import idx_bytes

TEST_SIZE = 360


def load_small_digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """All images in MNIST's form, (1797, 28, 28), 0 to 255, and their digits, (1797,), 0 to 9."""
    from sklearn.datasets import load_digits  # takes seconds to import

    small = load_digits()
    return np.stack([mnist_form(image) for image in small.images]), small.target.astype(np.uint8)


def small_digits_files() -> dict[str, bytes]:
    """The contents of the four IDX files: 1,437 training and 360 test images, always the same."""
    from sklearn.model_selection import train_test_split

    images, digits = load_small_digits()
    rows = train_test_split(np.arange(len(digits)), test_size=TEST_SIZE, stratify=digits, random_state=0)
    contents = {}
    for name, chosen in zip(("train", "t10k"), rows, strict=True):
        contents[f"{name}-images-idx3-ubyte"] = idx_bytes(images[chosen])
        contents[f"{name}-labels-idx1-ubyte"] = idx_bytes(digits[chosen])
    return contents


def mnist_form(image: NDArray[np.float64]) -> NDArray[np.uint8]:
    """One digit (8, 8), 0 to 16 -> (28, 28), 0 to 255, as `stages.datasets.centring` describes it."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    digit = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.round(255 * fit_and_centre(digit)).astype(np.uint8)
