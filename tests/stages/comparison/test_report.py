"""Experiments side by side, as printed, and the files that are written."""

import pandas as pd

from stages.comparison.records import read_experiments
from stages.comparison.report import report
from tests.experiments import experiment


def test_the_files_are_written(repository, capsys):
    repository.add("first", [0.5, 0.9])
    repository.add("second<", [0.4, 0.6], rate=0.2, evaluated="m0")
    report(read_experiments()[1], "pair", "Which rate?", "Because.")
    folder = repository.folder / "reports/experiments/pair"
    table = pd.read_csv(folder / "table.csv")
    assert table["experiment"].tolist() == ["first", "second<"]
    assert table["train.learning_rate"].tolist() == [0.1, 0.2]
    page = (folder / "index.html").read_text()
    assert "second&lt;" in page
    assert "http" not in page
    assert "data:image/png;base64," in page
    assert (folder / "comparison.png").read_bytes()[:4] == b"\x89PNG"
    assert "first is best" in capsys.readouterr().out


def test_nothing_and_half_of_it_are_no_errors(repository, capsys):
    report([], "all", "Experiments", "")
    assert "no experiments yet" in capsys.readouterr().out
    report([experiment("a", status="queued")], "all", "Experiments", "")
    assert "No experiment has a result yet" in capsys.readouterr().out
    assert not (repository.folder / "reports/experiments/all/comparison.png").exists()
