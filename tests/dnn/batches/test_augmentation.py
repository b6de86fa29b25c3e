from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from dnn.batches.augmentation import Augmentation, Distorter, gaussian_matrix

SIDE = 12
EVERYTHING = Augmentation(rotation=30, scale=0.3, shear=0.3, shift=4, elastic=1, elastic_sigma=2)


class Lowest:
    """Every uniform draw is the bottom of its range: for all of them the strongest distortion."""

    def uniform(self, low, high, size=None):
        return low if size is None else np.full(size, low)


@pytest.fixture
def image():
    return np.random.default_rng(9).random((SIDE, SIDE)).astype(np.float32)


def distorter(ranges, seed=0):
    return Distorter(ranges, SIDE, np.random.default_rng(seed))


def affine(matrix):
    """scipy's resampling at matrix @ (position relative to the middle)."""
    centre = np.full(2, (SIDE - 1) / 2)
    offset = centre - matrix @ centre
    return lambda image: ndimage.affine_transform(image, matrix, offset, order=1, mode="grid-constant")


# "grid-constant" interpolates in an image surrounded by zeros; "constant" would not blend the border into them
def test_resampling_agrees_with_scipy_image_after_image(image, monkeypatch):
    distort, drawn = distorter(EVERYTHING), []
    draw = distort.coordinates

    def coordinates(count):
        points = draw(count)
        drawn.extend(points.astype(float).transpose(1, 0, 2))
        return points

    monkeypatch.setattr(distort, "coordinates", coordinates)
    for number in range(50):  # more than are drawn at a time
        distorted = distort(image.reshape(1, -1))
        expected = ndimage.map_coordinates(image.astype(float), drawn[number], order=1, mode="grid-constant")
        np.testing.assert_allclose(distorted[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ({"rotation": 90}, lambda image: np.rot90(image, -1)),
        ({"rotation": 25}, lambda image: ndimage.rotate(image, -25, reshape=False, order=1, mode="grid-constant")),
        ({"shift": 1.5}, lambda image: ndimage.shift(image, (1.5, 1.5), order=1, mode="grid-constant")),
        ({"scale": 0.25}, affine(np.diag([1 / 0.75, 1 / 0.75]))),
        ({"shear": 0.4}, affine(np.array([[1, 0], [-0.4, 1]]))),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_each_affine_part_is_what_it_says(ranges, expected, image):
    distorted = Distorter(Augmentation(**ranges), SIDE, Lowest())(image.reshape(1, -1))
    np.testing.assert_allclose(distorted.reshape(SIDE, SIDE), expected(image.astype(float)), atol=1e-5)


@pytest.mark.parametrize(
    "part",
    [{"rotation": 10}, {"scale": 0.2}, {"shear": 0.3}, {"shift": 2}],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_draws_fill_their_range_and_stay_in_it(part):
    ranges, still = Augmentation(**part), distorter(Augmentation()).coordinates(1)
    moved = np.abs(distorter(ranges).coordinates(300) - still).max()
    most = np.abs(Distorter(ranges, SIDE, Lowest()).coordinates(1) - still).max()
    assert 0.97 * most < moved <= most * (1 + 1e-5)


def test_all_zero_is_no_augmentation():
    assert not Augmentation()
    assert all(Augmentation(**{part: 0.1}) for part in ("rotation", "scale", "shear", "shift", "elastic"))
    X = np.eye(SIDE * SIDE, dtype=np.float32)
    np.testing.assert_array_equal(distorter(Augmentation())(X), X)


def test_elastic_field_has_its_standard_deviation_and_smoothness():
    sigma, elastic = 2.0, 0.7
    still = distorter(Augmentation()).coordinates(1)
    distort = distorter(Augmentation(elastic=elastic, elastic_sigma=sigma))
    fields = (distort.coordinates(3000) - still).reshape(-1, SIDE, SIDE)
    np.testing.assert_allclose(fields.std(axis=0), elastic, rtol=0.06)
    np.testing.assert_allclose(fields.mean(axis=0), 0, atol=0.05)
    # smoothing white noise with a Gaussian of width sigma leaves a correlation of exp(-distance² / (4 sigma²))
    for distance in (1, 3):
        correlation = np.corrcoef(fields[:, 5, 3], fields[:, 5, 3 + distance])[0, 1]
        assert correlation == pytest.approx(np.exp(-(distance**2) / (4 * sigma**2)), abs=0.06)


@pytest.mark.parametrize("sigma", [0.5, 2, 6])
def test_gaussian_matrix_is_scipys_filter_at_unit_variance(sigma):
    G = gaussian_matrix(28, sigma)
    theirs = ndimage.gaussian_filter1d(np.eye(28), sigma, axis=0, mode="constant", truncate=28 / sigma)
    np.testing.assert_allclose(G, theirs / np.linalg.norm(theirs, axis=1, keepdims=True), atol=1e-6)
    assert G.dtype == np.float32


def test_a_mini_batch_shares_one_distortion_and_the_next_gets_another(image):
    X = np.stack([image.ravel(), 2 * image.ravel(), np.zeros(SIDE * SIDE, np.float32)])
    kept, distort = X.copy(), distorter(EVERYTHING)
    first, second = distort(X), distort(X)
    assert first.dtype == np.float32
    assert first.shape == X.shape
    np.testing.assert_allclose(first[1], 2 * first[0], rtol=1e-6)
    assert not first[2].any()
    assert np.abs(first - second).max() > 0.1
    np.testing.assert_array_equal(X, kept)
    np.testing.assert_array_equal(distorter(EVERYTHING)(X), first)


@pytest.mark.parametrize(("per_batch", "parts"), [(1, 1), (3, 3), (7, 7), (0, 7), (50, 7)])
def test_the_images_of_a_mini_batch_are_divided_among_its_distortions(per_batch, parts):
    X = np.random.default_rng(9).random((7, SIDE * SIDE)).astype(np.float32)
    one, several = distorter(EVERYTHING), distorter(replace(EVERYTHING, per_batch=per_batch))
    for _ in range(3):  # more distortions than are drawn at a time
        expected = np.concatenate([one(part) for part in np.array_split(X, parts)])
        found = several(X)
        np.testing.assert_array_equal(found, expected)
        assert (found.shape, found.dtype) == (X.shape, np.float32)
    assert several(X[:0]).shape == (0, SIDE * SIDE)
