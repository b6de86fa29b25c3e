import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.calibration import calibration_curve

from dnn.base.errors import InputError
from dnn.calibration import expected_calibration_error, fit_temperature, reliability
from dnn.formats.model_file import load_model, save_model
from dnn.model import Model
from tests.networks import mlp


@pytest.mark.parametrize("bins", [1, 5, 15])
def test_agrees_with_scikit_learn(bins):
    rng = np.random.default_rng(0)
    confidence = rng.beta(5, 2, 500)
    correct = rng.random(500) < confidence
    ours, accuracy, counts = reliability(confidence, correct, bins)
    fraction, mean = calibration_curve(correct, confidence, n_bins=bins)
    np.testing.assert_allclose(ours[counts > 0], mean)
    np.testing.assert_allclose(accuracy[counts > 0], fraction)
    weights = counts[counts > 0] / 500
    assert expected_calibration_error(confidence, correct, bins) == pytest.approx(weights @ np.abs(fraction - mean))


def test_intervals_are_closed_above_and_empty_ones_are_nan():
    confidence = np.array([0.0, 0.25, 0.26, 1.0], np.float32)
    mean, accuracy, counts = reliability(confidence, np.array([True, False, True, True]), bins=4)
    assert counts.tolist() == [2, 1, 0, 1]
    np.testing.assert_allclose(mean, [0.125, 0.26, np.nan, 1], rtol=1e-6)
    np.testing.assert_allclose(accuracy, [0.5, 1, np.nan, 1])


@pytest.mark.parametrize(
    ("confidence", "correct", "expected"),
    [([1, 1], [1, 1], 0), ([1, 1], [0, 0], 1), ([0.8] * 5, [1, 1, 1, 1, 0], 0), ([0.9, 0.5], [1, 1], 0.3)],
)
def test_expected_calibration_error_by_hand(confidence, correct, expected):
    error = expected_calibration_error(np.array(confidence, float), np.array(correct, bool))
    assert error == pytest.approx(expected, abs=1e-12)


def noisy(n=2000, classes=4, sharpness=3.0):
    """Logits whose true probabilities are softmax(logits / sharpness, axis=1), and labels drawn from those."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(n, classes)).astype(np.float32)
    labels = (truth + rng.gumbel(size=truth.shape)).argmax(axis=1)
    return sharpness * truth, np.eye(classes, dtype=np.float32)[labels]


@pytest.mark.parametrize("sharpness", [0.2, 1.0, 7.0])
def test_the_temperature_is_found_that_spoiled_the_logits(sharpness):
    logits, Y = noisy(20_000, sharpness=sharpness)
    assert fit_temperature(logits, Y) == pytest.approx(sharpness, rel=0.05)


def test_no_other_temperature_has_a_smaller_loss():
    logits, Y = noisy()
    T = fit_temperature(logits, Y)

    def loss(T):
        return -log_softmax(logits.astype(float) / T, axis=1)[Y > 0].mean()

    assert all(loss(T) <= loss(other) for other in [1, 0.999 * T, 1.001 * T, *np.geomspace(0.01, 100, 200)])
    assert fit_temperature(logits, Y) == T


def test_it_lowers_the_calibration_error_of_examples_it_has_not_seen():
    logits, Y = noisy(8000)
    T = fit_temperature(logits[:4000], Y[:4000])
    correct = logits[4000:].argmax(axis=1) == Y[4000:].argmax(axis=1)
    before, after = (
        expected_calibration_error(softmax(logits[4000:] / t, axis=1).max(axis=1), correct) for t in (1, T)
    )
    assert after < before / 3


@pytest.mark.parametrize(
    ("logits", "Y", "expected"),
    [
        ([[0, 0], [0, 0]], [[1, 0], [0, 1]], 1),  # no temperature changes anything
        ([[0.1, 0], [0, 0.1]], [[1, 0], [0, 1]], 0.01),  # all right: the surer the better
        ([[5, 0], [0, 5]], [[0, 1], [1, 0]], 100),  # all wrong: the less sure the better
        ([[1e4, 0], [0, 1e4]], [[1, 0], [0, 1]], 1),
        ([[1e4, -1e4], [1e4, -1e4]], [[1, 0], [0, 1]], 100),
    ],
)
def test_logits_without_a_valley(logits, Y, expected):
    assert fit_temperature(np.array(logits, np.float32), np.array(Y, np.float32)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("logits", "Y", "message"),
    [
        (np.zeros((0, 3)), np.zeros((0, 3)), "n > 0"),
        (np.zeros((2, 3)), np.zeros((2, 2)), r"logits are \(2, 3\), labels \(2, 2\)"),
        (np.array([[0, np.nan]]), np.eye(2)[:1], "not finite"),
    ],
)
def test_logits_that_cannot_be_used_are_named(logits, Y, message):
    with pytest.raises(InputError, match=message):
        fit_temperature(logits, Y)


def test_a_model_keeps_its_temperature_and_its_predictions(tmp_path):
    network = mlp([4, 3])
    network.initialize(np.random.default_rng(0))
    X = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
    plain, warm = Model(network, np.arange(3)), Model(network, np.arange(3), temperature=2.5)
    save_model(tmp_path / "m.npz", warm)
    loaded = load_model(tmp_path / "m.npz")
    assert loaded.temperature == 2.5
    np.testing.assert_allclose(loaded.predict_proba(X), softmax(network.logits(X) / 2.5, axis=1), rtol=1e-6)
    np.testing.assert_array_equal(plain.predict_proba(X), softmax(network.logits(X), axis=1))
    np.testing.assert_array_equal(loaded.predict(X), plain.predict(X))


@pytest.mark.parametrize("temperature", [float("inf"), float("nan")])
def test_no_such_temperature_is_written(temperature, tmp_path):
    model = Model(mlp([4, 3]), np.arange(3))
    model.temperature = temperature
    with pytest.raises(InputError, match=f"the temperature {temperature}, which JSON cannot hold"):
        save_model(tmp_path / "m.npz", model)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("temperature", [0.0, -1.0, 1e-38, 1e7, "warm"])
def test_a_file_with_no_such_temperature_is_named(temperature, tmp_path):
    model = Model(mlp([4, 3]), np.arange(3))
    model.temperature = temperature
    save_model(tmp_path / "m.npz", model)
    with pytest.raises(InputError, match=r"m\.npz is damaged.*temperature|m\.npz is damaged.*warm"):
        load_model(tmp_path / "m.npz")
