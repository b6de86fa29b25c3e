import numpy as np
import pytest
from scipy.ndimage import center_of_mass
from sklearn.datasets import load_digits

from stages.datasets.idx import read_idx
from stages.datasets.small_digits import load_small_digits, write_small_digits


def test_they_are_scikit_learns_in_mnists_form(tmp_path):
    write_small_digits(tmp_path)
    labels = [read_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", ()) for part in ("train", "t10k")]
    assert [len(part) for part in labels] == [1437, 360]
    assert sorted(np.concatenate(labels)) == sorted(load_digits().target)
    images = [read_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", (28, 28)) for part in ("train", "t10k")]
    for image in np.concatenate(images):
        sides = [int(image.any(axis=axis).sum()) for axis in (0, 1)]
        assert 19 <= max(sides) <= 20
        assert center_of_mass(image) == pytest.approx((14, 14), abs=1)


def test_loaded_they_are_in_scikit_learns_order():
    images, digits = load_small_digits()
    assert (images.shape, images.dtype) == ((1797, 28, 28), np.uint8)
    np.testing.assert_array_equal(digits, load_digits().target)
