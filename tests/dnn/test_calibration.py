import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from dnn.calibration import expected_calibration_error, reliability


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
