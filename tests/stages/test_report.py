import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dnn.base.errors import InputError
from stages import report as stage

CLASSES = "class,precision,recall,f1\n" + "7,0.5,0.5,0.5\n" * 10
NAMES = [str(digit) for digit in range(10)]
METRICS = dict.fromkeys(stage.CARDS, 0.5) | {"test_errors": 3, "epochs": 2, "test_accuracy": 0.97}
PROVENANCE = {
    "dataset": {"name": "small <digits>", "train_images": 9, "test_images": 300},
    "weights": 1234,
    "parameters": {"train": {"epochs": 2}},
    "software": {"numpy": "2.4", "blas": {"name": "openblas"}},
    "seeds": [0, 1],
    "model": "0123456789abcdef" * 4,
}


@pytest.fixture
def table(rng):
    label = rng.integers(0, 10, 300)
    prediction = np.where(rng.random(300) < 0.8, label, rng.integers(0, 9, 300))
    return {"index": np.arange(300), "label": label, "prediction": prediction, "confidence": rng.random(300)}


@pytest.fixture
def files(table, tmp_path, monkeypatch):
    """The stage's arguments, with a folder that has one of the figures."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("a: <1>\n")
    Path("metrics.json").write_text(json.dumps(METRICS))
    Path("provenance.json").write_text(json.dumps(PROVENANCE))
    pd.DataFrame(table).to_csv("predictions.csv", index=False)
    Path("figures").mkdir()
    Path("scores").mkdir()
    Path("scores/classes.csv").write_text(CLASSES)
    Path("figures/confusion.png").write_bytes(b"\x89PNG")
    return [
        Path(name)
        for name in ("metrics.json", "predictions.csv", "scores", "provenance.json", "figures", "runs", "report.html")
    ]


def test_the_page_needs_nothing_else(files):
    stage.main(*files)
    page = Path("report.html").read_text()
    for text in ("97.00%", "1,234", "not MNIST but small &lt;digits&gt;", "a: &lt;1&gt;", "software blas name", "0, 1"):
        assert text in page
    assert page.count("data:image/png") == 1
    assert "http" not in page
    assert '<script src="runs/0123456789abcdef.js">' in page, "where the machine and the time of the training are"


def test_the_hardest_digits_come_first():
    scores = {
        "class": np.array(["0", "1", "2"]),
        "precision": np.ones(3),
        "recall": np.ones(3),
        "f1": np.array([0.5, 0.25, 1.0]),
    }
    assert [row[0] for row in stage.hardest(scores)] == ["1", "0", "2"]
    assert stage.hardest(scores)[0] == ("1", "100.00%", "100.00%", "25.00%")


def test_the_confusions_that_matter_are_the_most_frequent(table):
    frame = pd.DataFrame(table)
    groups = frame[frame["label"] != frame["prediction"]].groupby(["label", "prediction"])["confidence"]
    expected = groups.agg(["size", "mean"]).sort_values(["size", "mean"], ascending=False).head(10)
    rows = [(*map(str, pair), row["size"], f"{row['mean']:.1%}") for pair, row in expected.iterrows()]
    assert stage.confusions(table, NAMES) == rows
    right = {**table, "prediction": table["label"]}
    assert stage.confusions(right, NAMES) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("metrics.json", None, "is missing; `dvc repro evaluate` makes it"),
        ("metrics.json", "{", "is not JSON"),
        ("metrics.json", "a,b\n1,2\n", "is not JSON"),
        ("metrics.json", '{"epochs": 2}', "is another file, or of another version: no test_accuracy, "),
        ("metrics.json", "null", "is another file"),
        ("metrics.json", "{}", "is another file, or of another version: no test_accuracy, test_errors"),
        ("metrics.json", "[" * 100_000, "is nested more than 100 deep"),
        ("metrics.json", json.dumps(METRICS | {"test_loss": float("nan")}), "is not JSON .*NaN is no number"),
        ("metrics.json", json.dumps(METRICS | {"epochs": 10**400}), "is another file, or of another version: no epoch"),
        (
            "metrics.json",
            json.dumps(METRICS | {"epochs": True}),
            "is another file, or of another version: no epochs in",
        ),
        ("provenance.json", "{}", "is another file, or of another version: no dataset, weights, model in"),
        ("metrics.json", "[1]", "is another file"),
        ("metrics.json", json.dumps(METRICS | {"epochs": "2"}), "is another file, or of another version: no epochs in"),
        ("provenance.json", None, "is missing; `dvc repro train` makes it"),
        (
            "provenance.json",
            json.dumps(METRICS),
            "is another file, or of another version: no dataset, weights, model in",
        ),
        (
            "provenance.json",
            json.dumps(PROVENANCE | {"dataset": "MNIST"}),
            "is another file, or of another version: no d",
        ),
        (
            "provenance.json",
            json.dumps(PROVENANCE | {"dataset": {"name": "a"}}),
            "tells no train_images of its data set",
        ),
        (
            "provenance.json",
            json.dumps(PROVENANCE | {"dataset": PROVENANCE["dataset"] | {"classes": ["a", "a"]}}),
            r"tells the classes \['a', 'a'\], they should be two names or more of at most 200 letters, each another",
        ),
        (
            "provenance.json",
            json.dumps(PROVENANCE | {"model": "../../x"}),
            r"is damaged: model is '../../x', no SHA-256",
        ),
        ("predictions.csv", None, "is missing; `dvc repro evaluate` makes it"),
        ("predictions.csv", "", "is another file, or of another version: no column index, label, prediction, conf"),
        ("predictions.csv", "index,label,prediction,confidence\n", "is not whole: it has 0 rows, needed is 300"),
        (
            "predictions.csv",
            "index,label,prediction,confidence\n0,1,1,1\n",
            "is not whole: it has 1 rows, needed is 300",
        ),
        (
            "scores/classes.csv",
            "class,precision,recall,f1\n7,0.5,0.5,0.5\n",
            "is not whole: it has 1 rows, needed is 10",
        ),
        ("scores/classes.csv", CLASSES[:-1], "is not whole"),
        ("scores/classes.csv", CLASSES.replace("0.5,0.5,", "2,0.5,"), "is damaged: precision is 2.0 to 2.0"),
        ("predictions.csv", "{}", "is another file, or of another version: no column index, label, prediction, conf"),
        ("predictions.csv", "index,label,prediction\n", "is another file, or of another version: no column confidence"),
        ("scores/classes.csv", None, "is missing"),
        (
            "scores/classes.csv",
            "class,f1\n1,1\n",
            "is another file, or of another version: no column precision, recall",
        ),
        ("figures/confusion.png", None, ""),
    ],
)
def test_an_input_that_is_missing_or_of_another_kind_is_named(files, name, text, said):
    if text is None:
        Path(name).unlink()
    else:
        Path(name).write_text(text)
    told = rf"{name} {said}" if said else "figures has none of the figures; `dvc repro plots` draws them"
    with pytest.raises(InputError, match=rf"^{told}"):
        stage.main(*files)
    assert not Path("report.html").exists()


def test_neither_report_nor_plots_import_what_takes_long():
    slow = {"matplotlib", "pandas", "scipy", "sklearn", "dvclive", "jinja2", "dnn.training"}
    code = "import sys, stages.report, stages.plots; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not slow & set(done.stdout.split())


def test_the_page_speaks_of_classes_by_their_names(files):
    names = ["T-shirt/top", "<b>", *map(str, range(8))]
    dataset = PROVENANCE["dataset"] | {"name": "Fashion-MNIST", "classes": names}
    Path("provenance.json").write_text(json.dumps(PROVENANCE | {"dataset": dataset}))
    Path("scores/classes.csv").write_text("class,precision,recall,f1\n" + '"a, b",0.5,0.5,0.5\n' * 10)
    stage.main(*files)
    page = Path("report.html").read_text()
    for text in (
        "Prediction report: Fashion-MNIST",
        "Hardest classes",
        "T-shirt/top",
        "&lt;b&gt;",
        "a, b",
        "Which class",
    ):
        assert text in page
    for text in ("not MNIST", "digit", "{one}"):
        assert text not in page
