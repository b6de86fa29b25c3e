"""Experiments side by side: how they are ranked, and what is said of them."""

import numpy as np
import pytest
from scipy.stats import binom

from stages.comparison.table import alike, common, differing, make_table, printed, readable, standard_error, summarise
from tests.experiments import experiment


def test_the_standard_error_is_that_of_the_binomial_distribution():
    assert standard_error(0.9, 10_000) == pytest.approx(binom.std(10_000, 0.9) / 10_000, rel=1e-3)
    assert 0 < standard_error(1.0, 100) < 0.02


def test_two_networks_that_are_the_same_are_rarely_told_apart(rng):
    first, second = rng.binomial(5000, 0.98, (2, 4000)) / 5000
    told = np.mean([not alike(a, b, 5000) for a, b in zip(first, second, strict=True)])
    assert 0.02 < told < 0.07  # two standard errors: 4.6 %


def test_the_best_validation_accuracy_comes_first_whatever_the_test_says():
    rows = [
        experiment("failed", status="failed"),
        experiment("waiting", status="queued"),
        experiment("worse", 0.90, test_accuracy=0.99),
        experiment("better", 0.95, test_accuracy=0.80),
    ]
    assert list(make_table(rows)["experiment"]) == ["better", "worse", "waiting", "failed"]


def test_parameters_differ_by_what_they_mean():
    rows = [
        experiment("a", params={"rotation": 10, "layers": [8], "rate": 1e-5, "same": 1}),
        experiment("b", params={"rotation": 10.0, "layers": [8, 4], "rate": 1e-4, "same": 1, "new": True}),
    ]
    assert differing(rows) == ["layers", "rate", "new"]
    assert common(rows) == {"rotation": 10, "same": 1}


def test_the_summary_says_what_chance_can_do():
    close = [experiment("a", 0.960, parameters=900, seconds=9), experiment("b", 0.955, parameters=500, seconds=4)]
    said = summarise(make_table(close), close)
    assert "all, which these images cannot tell apart" in said
    assert "smallest of them is b with 500" in said
    assert "fastest of them is b with 4.0 s" in said
    apart = [experiment("a", 0.99), experiment("b", 0.90), experiment("c", status="running")]
    said = summarise(make_table(apart), apart)
    assert "Every other is worse" in said
    assert "9.00 points" in said
    assert "Not in this: 1 running." in said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "No experiment has a result yet."),
        ([experiment("a", status="queued")], "No experiment has a result yet. Not in this: 1 queued."),
        ([experiment("a", 0.9)], "nothing to compare it with"),
        ([experiment("a", 0.9), experiment("b", 0.8, data=("t", "other"))], "Validation images differ"),
        ([experiment("a", 0.9), experiment("b", 0.8, val_images=float("nan"))], "not known for all"),
    ],
)
def test_the_summary_of_little(rows, said):
    assert said in summarise(make_table(rows), rows)


def test_the_table_for_people_leaves_out_what_says_nothing():
    rows = [experiment("a", 0.91234), experiment("b", 0.8)]
    assert list(readable(make_table(rows))) == ["experiment", "val_accuracy", "val_loss"]
    assert readable(make_table(rows))["val_accuracy"][0] == "91.23%"
    assert "status" in readable(make_table([*rows, experiment("c", status="failed")]))


def test_the_printed_table_fits_a_terminal():
    wide = {f"train.option_{number}": number for number in range(20)} | {"train.epochs": 3, "model.layers": [64] * 30}
    rows = [experiment("first", 0.9, epochs=3), experiment("second", 0.8, epochs=2, params=wide)]
    lines = printed(readable(make_table(rows))).splitlines()
    assert max(map(len, lines)) <= 80
    blocks = [line for line in lines if line.startswith("experiment")]
    assert len(blocks) == sum(line.startswith("second ") for line in lines) > 1, "each block names the experiments"
    words = " ".join(blocks).split()
    assert "option_7" in words
    assert {"epochs", "train.epochs"} <= set(words), "with the section where there are two"
    assert len(printed(readable(make_table(rows[:1]))).splitlines()) == 2
