"""Corruptions of MNIST's images."""

import numpy as np
import pytest
from scipy import ndimage

from stages.accuracy.corruptions import CORRUPTIONS, corrupted, drawn, edges, mapped, resampled


@pytest.fixture(scope="module")
def images():
    """Bars with soft ends, each at another place."""
    X = np.zeros((12, 28, 28), np.float32)
    for number, image in enumerate(X):
        image[6:22, 10 + number % 4 : 14 + number % 4] = 1
    return ndimage.gaussian_filter(X, (0, 0.5, 0.5))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_other_images_of_the_same_form_and_the_same_ones_each_time(images, name):
    before = images.copy()
    found = corrupted(images, name)
    assert (found.shape, found.dtype) == (images.shape, np.float32)
    assert 0 <= found.min() < found.max() <= 1
    assert all(np.abs(a - b).max() > 0.2 for a, b in zip(found, images, strict=True)), "each image is another"
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(corrupted(images, name), found)


def test_there_are_fifteen_and_each_draws_its_own_chances(images, monkeypatch):
    assert len(CORRUPTIONS) == 15
    assert len({corrupted(images, name).tobytes() for name in CORRUPTIONS}) == 15
    monkeypatch.setitem(CORRUPTIONS, "the same", CORRUPTIONS["rotation"])
    assert np.abs(corrupted(images, "the same") - corrupted(images, "rotation")).max() > 0.2


def test_a_map_takes_each_pixel_from_its_place(rng):
    X = rng.random((2, 9, 9), np.float32)
    np.testing.assert_allclose(mapped(X, [[0, 1], [-1, 0]]), np.rot90(X, axes=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(mapped(X, np.eye(2)), X, atol=1e-6)


@pytest.mark.parametrize(("name", "way"), [("rotation", 23), ("shear", 0.4), ("scale", 0.7), ("translation", 3)])
def test_moves_have_the_strength_of_mnist_c(name, way):
    """By the second moments of a bar: its angle, its slant, its length, its place."""
    X = np.zeros((40, 28, 28), np.float32)
    X[:, 6:22, 12:16] = 1
    for image in corrupted(X, name):
        y, x = np.indices(image.shape)
        weight = image / image.sum()
        my, mx = (weight * y).sum(), (weight * x).sum()
        yy, xy = (weight * (y - my) ** 2).sum(), (weight * (y - my) * (x - mx)).sum()
        if name == "translation":
            assert (abs(my - 13.5), abs(mx - 13.5)) == pytest.approx((way, way), abs=0.01)
            continue
        assert (my, mx) == pytest.approx((13.5, 13.5), abs=0.1)
        if name == "scale":
            assert yy**0.5 == pytest.approx(way * (16**2 / 12) ** 0.5, rel=0.05)
        elif name == "shear":
            assert abs(xy / yy) == pytest.approx(way, rel=0.05)
        else:
            xx = (weight * (x - mx) ** 2).sum()
            assert abs(np.degrees(0.5 * np.arctan2(2 * xy, yy - xx))) == pytest.approx(way, abs=1)


def test_photons_are_few_and_their_mean_is_the_light():
    X = np.full((50, 28, 28), 0.2, np.float32)
    found = corrupted(X, "shot noise")
    assert found.mean() == pytest.approx(0.2, abs=0.01)
    assert set(np.round(3 * found).ravel().tolist()) <= {0, 1, 2, 3}


def test_edges_are_thin_and_around_the_ink(images, rng):
    for image, found in zip(images, edges(images, rng), strict=True):
        assert set(np.unique(found)) == {0, 1}
        assert 30 <= found.sum() <= 60, "the outline of a bar of 16 x 4 pixels"
        assert not found[ndimage.maximum_filter(image, 7) == 0].any()


def test_lines_are_drawn_where_they_should_be():
    found = drawn(np.array([[3.0, 4.0, 5.0]]), 8)[0]
    assert found.argmax(axis=0).tolist() == [3, 4, 5]
    assert found.max(axis=0) == pytest.approx([1, 1, 1])


def test_values_between_those_of_a_grid(rng):
    grid = rng.random((3, 5, 5), np.float32)
    places = np.linspace(0, 4, 9)
    np.testing.assert_allclose(
        resampled(grid, places, places), ndimage.zoom(grid, (1, 9 / 5, 9 / 5), order=1), atol=1e-5
    )
