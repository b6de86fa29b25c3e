"""What is told of the results, against the libraries' own counts and against counting by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from stages.figures.curves import kept_epochs
from stages.figures.findings import (
    confused,
    coverage,
    faultless,
    interval,
    leaving,
    most_confused,
    sureness,
    surest_errors,
    wilson,
)

NAMES = [*"abcd"]


def made(label, prediction, confidence):
    return {"label": np.array(label), "prediction": np.array(prediction), "confidence": np.array(confidence, float)}


@pytest.fixture
def table(rng):
    label = rng.integers(0, 4, 200)
    prediction = np.where(rng.random(200) < 0.8, label, rng.integers(0, 4, 200))
    return made(label, prediction, rng.random(200).round(2))


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (10, 10), (9917, 10_000), (1, 2), (500, 1000)])
def test_the_interval_is_wilsons(hits, n):
    known = binomtest(hits, n).proportion_ci(method="wilson")
    assert np.allclose(wilson(hits, n), (known.low, known.high), atol=1e-7)


def test_the_interval_in_words():
    assert interval(9917, 10_000) == "98.97 to 99.33%"


def test_pairs_that_are_confused_come_by_how_often_and_the_surest_images_first(table):
    frame = pd.DataFrame(table)
    wrong = frame[frame["label"] != frame["prediction"]]
    groups = wrong.groupby(["label", "prediction"])["confidence"].agg(["size", "mean"])
    expected = groups.sort_values(["size", "mean"], ascending=False)
    found = confused(table)
    assert [(table["label"][rows[0]], table["prediction"][rows[0]]) for rows in found] == list(expected.index)
    assert [len(rows) for rows in found] == expected["size"].tolist()
    assert all((np.diff(table["confidence"][rows]) <= 0).all() for rows in found)
    assert sorted(surest_errors(table)) == wrong.index.tolist()


@pytest.mark.parametrize(
    ("label", "prediction", "said"),
    [
        ([0, 1], [0, 1], "None of 2 test images is taken for another class"),
        ([0, 1], [0, 2], "b is taken for c most often: 1 of 1 error"),
        ([0, 0, 1], [1, 1, 2], "a is taken for b most often: 2 of 3 errors"),
        ([0, 1], [1, 2], "a is taken for b, and b for c, most often: 1 of 2 errors each"),
        ([0, 1, 2], [1, 2, 3], "No mix-up stands out: 3 pairs are the most frequent, with 1 of 3 errors each"),
    ],
)
def test_what_is_confused_most_often(label, prediction, said):
    confidence = np.linspace(0.9, 0.5, len(label))
    assert most_confused(made(label, prediction, confidence), NAMES) == said


@pytest.mark.parametrize(
    ("sure", "said"),
    [(0.9, "Too sure"), (0.2, "Not as sure as it could be"), (0.5, "As sure as it is right, within chance")],
)
def test_whether_it_is_as_sure_as_it_is_right(sure, said):
    table = made([0] * 100, [0, 1] * 50, [sure] * 100)
    assert sureness(table).startswith(said)
    assert f"on average {sure:.2%} sure, and 50.00% of the answers are right" in sureness(table)


def test_coverage_is_what_counting_gives(table):
    of = coverage(table)
    for bound in (0, 0.123, 0.5, 0.95, *of.above):
        answered = table["confidence"] > bound
        errors = (answered & (table["label"] != table["prediction"])).sum()
        assert of.at(bound) == (answered.sum(), errors)


def test_above_what_it_names_no_answer_is_wrong(table):
    of = coverage(table)
    bound = faultless(of)
    wrong = table["label"] != table["prediction"]
    assert not wrong[table["confidence"] > bound].any()
    if bound is not None:
        assert bound == table["confidence"][wrong].max()  # of two digits, as the confidences are


@pytest.mark.parametrize(
    ("confidence", "wrong", "said"),
    [
        ([0.9, 0.8], [], "No error at any confidence: none of 2 test images need be left to a person"),
        ([0.9, 0.8, 0.7, 0.6], [2], "No error above 70% sure, where 50.0% of the test images are left to a person"),
        ([0.99995, 0.99991, 0.5], [1], "No error above 99.991% sure, where 66.7% of the test images"),
        ([0.99991, 0.999836, 0.5], [1], "No error above 99.99% sure, where 66.7% of the test images"),
        ([1.0, 1.0, 0.5], [1], "Not even its surest answers are all right"),
    ],
)
def test_when_it_stops_making_errors(confidence, wrong, said):
    prediction = np.zeros(len(confidence), int)
    prediction[wrong] = 1
    assert leaving(coverage(made([0] * len(confidence), prediction, confidence))).startswith(said)


@pytest.mark.parametrize(
    ("losses", "kept", "title"),
    [
        ([0.4, 0.2, 0.1], 3, "The validation loss is least in the last epoch, 3: error 30.00%"),
        ([0.4, 0.1, 0.2], 2, "The validation loss is least in epoch 2 of 3, error 20.00%; it ends 100.0% above that"),
        (
            [0.4, 0.15, 0.2],
            3,
            "Validation error 30.00% after epoch 3; the validation loss was least in epoch 2, 25.0% lower",
        ),
    ],
)
def test_the_learning_curves_say_which_epoch_was_kept(losses, kept, title):
    history = {"epoch": np.arange(1, 4), "val_loss": np.array(losses), "val_accuracy": np.array([0.9, 0.8, 0.7])}
    assert kept_epochs(history, [kept]) == title
