import numpy as np
import pytest
from scipy.ndimage import center_of_mass
from sklearn.datasets import load_digits

from stages.datasets.idx import parse_idx
from stages.datasets.published import FILES
from stages.datasets.small_digits import load_small_digits, small_digits_files


def test_they_are_scikit_learns_in_mnists_form():
    files = small_digits_files()
    assert files == small_digits_files()
    assert tuple(files) == FILES
    labels = [parse_idx(files[f"{part}-labels-idx1-ubyte"], 0) for part in ("train", "t10k")]
    assert [len(part) for part in labels] == [1437, 360]
    assert sorted(np.concatenate(labels)) == sorted(load_digits().target)
    images = [parse_idx(files[f"{part}-images-idx3-ubyte"], 2) for part in ("train", "t10k")]
    for image in np.concatenate(images):
        sides = [int(image.any(axis=axis).sum()) for axis in (0, 1)]
        assert 19 <= max(sides) <= 20
        assert center_of_mass(image) == pytest.approx((14, 14), abs=1)


def test_loaded_they_are_in_scikit_learns_order():
    images, digits = load_small_digits()
    assert (images.shape, images.dtype) == ((1797, 28, 28), np.uint8)
    np.testing.assert_array_equal(digits, load_digits().target)
