import numpy as np
import pytest

from dnn.batches.mixing import cutout, mixup


def test_mixup_mixes_images_and_labels_alike(rng):
    X = rng.random((8, 5), dtype=np.float32)
    Y = np.eye(8, dtype=np.float32)
    X_mixed, Y_mixed, weights = mixup(X, Y, 0.4, rng)
    assert weights is None
    np.testing.assert_allclose(X_mixed, Y_mixed @ X, rtol=1e-5)
    np.testing.assert_allclose(Y_mixed.sum(axis=1), 1, rtol=1e-6)
    assert X_mixed.dtype == Y_mixed.dtype == np.float32
    assert len(np.unique(np.round(Y_mixed[Y_mixed > 0], 5))) <= 3  # one λ for the batch: λ, 1 - λ, or 1 with oneself


def test_mixup_lets_a_label_count_as_much_as_its_example(rng):
    X, Y = rng.random((8, 5), dtype=np.float32), np.eye(8, dtype=np.float32)
    weights = rng.random(8).astype(np.float32) * (np.arange(8) % 2)
    X_mixed, Y_mixed, mixed = mixup(X, Y, 0.4, np.random.default_rng(1), weights)
    share = np.float32(np.random.default_rng(1).beta(0.4, 0.4))
    plain = mixup(X, Y, 0.4, np.random.default_rng(1))[1]  # its rows: share of oneself, the rest of the partner
    np.testing.assert_array_equal(X_mixed, mixup(X, Y, 0.4, np.random.default_rng(1))[0])
    np.testing.assert_allclose(mixed[:, None] * Y_mixed, plain * weights, atol=1e-6)  # columns are examples here
    assert 0 < share < 1


@pytest.mark.parametrize("shape", [(40, 81), (40, 9, 9, 1), (40, 9, 9, 3)])
def test_cutout_hides_one_square_of_each_image(rng, shape):
    X = np.ones(shape, np.float32)
    cut = cutout(X, 3, rng)
    assert X.all()
    assert cut.shape == shape
    assert cut.dtype == np.float32
    for image in cut.reshape(40, 9, 9, -1):
        rows, columns = np.flatnonzero((image == 0).any(axis=(1, 2))), np.flatnonzero((image == 0).any(axis=(0, 2)))
        assert 1 <= len(rows) <= 3
        assert 1 <= len(columns) <= 3
        assert not image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].any()
        assert image.sum() == (81 - len(rows) * len(columns)) * image.shape[2]
