"""Experiments side by side as a picture."""

import pandas as pd

from stages.comparison.figure import SHADES, comparison
from stages.comparison.table import make_table
from tests.experiments import experiment


def test_the_figure_shows_every_experiment_and_names_the_best():
    count = len(SHADES) + 2
    rows = [experiment(f"e{i:02}", 1 - 0.01 * i, parameters=100 * (i + 1)) for i in range(count)]
    table = make_table(rows)
    curves = {row.revision: pd.DataFrame({"epoch": [1], "val_accuracy": [0.5]}) for row in rows}
    figure = comparison(table, curves, "caption")
    time, size, epochs = figure.axes
    assert len(size.containers) == len(epochs.lines) == count
    assert any(text.get_text() == "not known" for text in time.texts)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[0] == "e00"
    assert names[-1] == "2 more"
    low, high = size.get_ylim()
    assert low > high  # errors, upside down
    assert size.yaxis.get_major_formatter()(2) == "98"
