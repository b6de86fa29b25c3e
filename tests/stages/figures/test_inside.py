"""Figures that look inside of a network, against scikit-learn and against counting by hand."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from dnn.model import Model
from stages.datasets.splits import Split
from stages.figures import hidden
from stages.figures.architecture import architecture
from stages.figures.evidence import covered
from stages.figures.findings import surest_errors
from stages.figures.first_layer import alive, first_layer, weights
from stages.figures.hidden import before_output, look, principal_components
from stages.figures.style import title_of
from tests.networks import build_network, mlp

CONV = {"conv": {"filters": 4, "kernel": 3, "padding": "same"}}
NETWORKS = {
    "dense": [8, 6],
    "no hidden layer": [],
    "convolution": [CONV, "batchnorm", "relu", {"maxpool": 2}, "flatten"],
    "residual": [{"residual": {"layers": [{"dense": 64}, "relu"]}}],
}


def made(rng, n):
    digits = (np.arange(n) % 3).astype(np.uint8)
    return Split(rng.random((n, 64), dtype=np.float32), np.eye(3, dtype=np.float32)[digits], digits, {})


@pytest.fixture(params=NETWORKS.values(), ids=NETWORKS)
def network(request, rng):
    network = build_network(64, request.param, 3)
    network.initialize(rng)
    return network


def test_what_lies_near_in_the_hidden_layer_is_what_scikit_learn_finds(network, rng, monkeypatch):
    monkeypatch.setattr(hidden, "PIECE", 7 * 256)  # several pieces
    train, test = made(rng, 50), made(rng, 40)
    prediction = network.logits(test.images).argmax(axis=1)
    table = {"label": test.digits.astype(int), "prediction": prediction, "confidence": rng.random(40)}
    found = look(network, train, test, table)
    X, asked = before_output(network, train.images), before_output(network, test.images)
    assert found.values == X.shape[1]
    assert found.errors.tolist() == surest_errors(table).tolist()
    known = NearestNeighbors(n_neighbors=hidden.NEAREST, algorithm="brute").fit(X).kneighbors(asked[found.errors])[0]
    distances = np.linalg.norm(X[found.nearest] - asked[found.errors][:, None], axis=2)
    assert np.allclose(distances, known, atol=1e-3)
    means = [X[train.digits == digit].mean(axis=0) for digit in range(3)]
    assert found.own == pytest.approx((cdist(asked, means).argmin(axis=1) == test.digits).mean())


@pytest.mark.parametrize("shape", [(200, 12), (200, 3), (30, 100), (9, 2)])
def test_principal_components_are_scikit_learns_but_for_the_sign(rng, shape):
    X = (rng.standard_normal(shape) * np.geomspace(9, 0.5, shape[1])).astype(np.float32)
    places, share = principal_components(X)
    known = PCA(2, svd_solver="full").fit(X)
    assert np.allclose(abs(places), abs(known.transform(X)), atol=2e-2)
    assert share == pytest.approx(known.explained_variance_ratio_.sum(), rel=1e-3)


def test_images_that_are_all_alike_have_one_place():
    places, share = principal_components(np.ones((5, 1), np.float32))
    assert places.tolist() == [[0, 0]] * 5
    assert share == 0


def test_a_dead_unit_is_one_that_answers_all_images_alike(rng):
    network = mlp([64, 5, 3], activation="relu")
    network.initialize(rng)
    X = rng.random((30, 64), dtype=np.float32)
    network.layers[0].parameters["b"][[1, 3]] = -1e3
    assert alive(network, X).tolist() == [True, False, True, False, True]
    assert (
        title_of(first_layer(network, X, "made up"))
        == "2 of 5 units of the first layer hardly react to any image; they are not shown"
    )
    network.layers[0].parameters["b"][:] = -1e3
    assert first_layer(network, X, "made up"), "even if none is left"


def test_every_network_has_a_first_layer(network, rng):
    X = rng.random((30, 64), dtype=np.float32)
    assert len(alive(network, X)) == weights(network).shape[-1]
    assert first_layer(network, X, "made up")


def test_a_pixel_is_evidence_where_the_weights_say_so():
    """A network of one layer that adds one pixel's light to class 1, and takes another's from it."""
    network = mlp([64, 2])
    network.layers[0].parameters["W"][27, 1], network.layers[0].parameters["W"][36, 1] = 3, -1
    image = np.ones((1, 64), np.float32)
    fall, changes = covered(Model(network, np.arange(2)), image, np.zeros(64, np.float32))
    expected = np.zeros((8, 8))
    expected.flat[27], expected.flat[36] = 3, -1
    assert np.allclose(fall[0], expected)
    assert changes.tolist() == [True]


def test_large_images_are_covered_at_few_places(rng):
    network = mlp([100 * 100, 2])
    fall, _ = covered(Model(network, np.arange(2)), rng.random((2, 10_000), dtype=np.float32), np.zeros(10_000))
    assert fall.shape == (2, 25, 25)


@pytest.mark.parametrize(
    ("hidden_layers", "words"),
    [
        ([8, 6], "64-8-6-3 (relu)"),
        ([], "64-3"),
        (
            [CONV, "batchnorm", "relu", {"maxpool": 2}, "flatten", 5],
            "8x8, conv 4, dense 5, dense 3 (batchnorm, relu, maxpool)",
        ),
        ([4] * 12, "64-4-4-4-7 more-4-4-3 (relu)"),
    ],
)
def test_a_network_in_a_few_words(hidden_layers, words):
    network = build_network(64, hidden_layers, 3)
    assert architecture(Model(network, np.arange(3))) == words
