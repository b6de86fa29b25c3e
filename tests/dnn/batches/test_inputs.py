import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from dnn.base.errors import InputError
from dnn.batches.inputs import as_rows, check_numbers, mean_length

IMAGES = np.arange(2 * 9).reshape(2, 3, 3)


def image_network(features):
    return (3, 3, 1)


def dense_network(features):
    return (features,)


@pytest.mark.parametrize("X", [IMAGES, IMAGES[..., None], IMAGES.tolist(), np.asfortranarray(IMAGES)])
def test_images_become_rows_for_a_network_of_images(X):
    np.testing.assert_array_equal(as_rows(X, image_network), np.arange(18).reshape(2, 9))


def test_no_image_is_no_row():
    assert as_rows(IMAGES[:0], image_network).shape == (0, 9)


@pytest.mark.parametrize("X", [np.eye(3), pd.DataFrame(np.eye(3)), pd.DataFrame(np.eye(1), columns=["sparse"])])
def test_rows_stay_as_they_are(X):
    assert as_rows(X, dense_network) is X


@pytest.mark.parametrize(
    ("X", "input_shape", "message"),
    [
        (IMAGES, dense_network, "X has shape (2, 3, 3), the network takes (n, 9): give X.reshape(len(X), -1)"),
        (IMAGES[:, :2, :2], image_network, "takes images of shape (3, 3, 1), or rows of their pixels"),
        (np.moveaxis(IMAGES[..., None], -1, 1), image_network, "X has shape (2, 1, 3, 3), the network takes images"),
        (np.zeros(9), dense_network, "X has shape (9,), it should be (n, features). Reshape your data"),
        (3.0, dense_network, "X has shape ()"),
        ([[1, 2], [3]], dense_network, "the rows of X have different lengths"),
        (sparse.csr_array(np.eye(3)), dense_network, "X is sparse, the network takes dense numbers: give X.toarray()"),
        (sparse.coo_matrix(np.eye(3)), dense_network, "X is sparse"),
        (
            pd.get_dummies([0, 1], sparse=True),
            dense_network,
            "X is sparse, the network takes dense numbers: give X.sparse.to_dense(), 4 of them",
        ),
    ],
)
def test_other_shapes_are_answered_with_the_remedy(X, input_shape, message):
    with pytest.raises(InputError, match=re.escape(message)):
        as_rows(X, input_shape)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "X contains NaN, first in row 1, column 2"),
        (np.inf, "X contains infinity or a number too large for float64, first in row 1, column 2"),
        (-np.inf, "X contains infinity or a number too large for float64, first in row 1, column 2"),
        (3e38, r"X has values from 0 to 3e\+38, a network learns from magnitudes up to 1e\+15"),
        (-1e300, r"X has values from -1e\+300 to 0"),
    ],
)
def test_numbers_that_cannot_be_learned_from(value, message):
    X = np.zeros((2, 3))
    check_numbers(X, 1e15)
    X[1, 2] = value
    with pytest.raises(InputError, match=message):
        check_numbers(X, 1e15)


def test_the_length_of_examples():
    assert mean_length(np.array([[3, 4], [5, 12]], np.float32)) == pytest.approx(np.sqrt((25 + 169) / 2))
    assert mean_length(np.full((2, 784), 1e15, np.float32)) == pytest.approx(2.8e16, rel=1e-5)
