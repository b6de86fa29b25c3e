import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from dnn.base.errors import InputError
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages import report as stage
from stages.doubting.detector import save_reason
from stages.figures.style import new_figure, save
from tests.networks import mlp

ARGUMENTS = (
    *("metrics.json", "predictions.csv", "scores", "model.npz", "doubt.npz", "training", "figures", "runs"),
    *("draw.html", "report.html", "card.md"),
)

CLASSES = "class,images,precision,recall,f1\n" + "7,30,0.5,0.5,0.5\n" * 10
METRICS = dict.fromkeys(stage.METRICS, 0.5) | {"test_errors": 9, "epochs": 2, "test_accuracy": 0.97}
MEMBER = {"epochs": 2, "kept_epoch": 2}
STATISTICS = {"epochs": 2, "val_images": 3, "members": [MEMBER]}
PROVENANCE = {
    "dataset": {"name": "small <digits>", "train_images": 9, "test_images": 300},
    "weights": 1234,
    "temperature": 1.25,
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
    for name in ("figures", "scores", "training"):
        Path(name).mkdir()
    Path("training/provenance.json").write_text(json.dumps(PROVENANCE))
    Path("training/statistics.json").write_text(json.dumps(STATISTICS))
    pd.DataFrame(table).to_csv("predictions.csv", index=False)
    Path("scores/classes.csv").write_text(CLASSES)
    save_model("model.npz", Model(mlp([784, 5, 10]), np.arange(10)))
    save_reason("doubt.npz", "none for these")
    figure = new_figure(2, 2, "caption", "4 < 9")
    figure.subplots()
    save(figure, Path("figures/confusion.png"))
    return [Path(name) for name in ARGUMENTS]


def test_the_page_needs_nothing_else(files):
    stage.main(*files)
    page = Path("report.html").read_text()
    for text in ("97.00%", "1,234", "not MNIST but small &lt;digits&gt;", "a: &lt;1&gt;", "software blas name", "0, 1"):
        assert text in page
    assert page.count("data:image/png") == 1
    assert "http" not in page
    assert '<script src="runs/0123456789abcdef.js">' in page, "where the machine and the time of the training are"
    assert 'alt="4 &lt; 9"' in page, "the finding, for those who do not see the figure"


def test_the_page_tells_how_sure_the_accuracy_is(files):
    stage.main(*files)
    known = binomtest(291, 300).proportion_ci(method="wilson")
    assert f"{100 * known.low:.2f} to {known.high:.2%} (Wilson)" in " ".join(Path("report.html").read_text().split())
    assert f"{100 * known.low:.2f} to {known.high:.2%}" in Path("card.md").read_text()


def test_every_link_within_the_page_leads_somewhere(files):
    stage.main(*files)
    page = Path("report.html").read_text()
    targets = set(re.findall('id="([^"]+)"', page))
    assert {"confuses", "origin"} <= (links := set(re.findall('href="#([^"]+)"', page))) <= targets
    assert "overfits" not in links, "a section without figures"


def test_the_same_results_give_the_same_bytes(files):
    written = []
    for _ in range(2):
        stage.main(*files)
        written.append([Path(name).read_bytes() for name in ("report.html", "card.md")])
    assert written[0] == written[1]


def test_the_model_card_says_what_was_measured(files):
    stage.main(*files)
    card = Path("card.md").read_text()
    for text in (
        "# Model card: small \\<digits\\>, 97.00% of the test images right",
        "784-5-10 (relu), 1,234 weights",
        "28 x 28 pixels",
        "| training | 6 |",
        "no measure of doubt",
        "| train epochs | 2 |",
        "0123456789abcdef" * 4,
    ):
        assert text in card
    assert "{" not in card


def test_the_hardest_digits_come_first(files):
    scores = "".join(f"{n},30,1,{1 - n / 10:g},{abs(n - 4.2) / 5:g}\n" for n in range(10))
    Path("scores/classes.csv").write_text("class,images,precision,recall,f1\n" + scores)
    rows = stage.read_results(*(files[place] for place in (0, 1, 2, 4, 5))).values()["classes"]
    assert [row[0] for row in rows] == ["4", "5", "3", "6", "2", "7", "1", "8", "0", "9"]
    assert rows[0][:3] == ("4", "30", "60.00%")
    assert rows[0][4:] == ("100.00%", "4.00%")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("metrics.json", None, "is missing; `dvc repro evaluate` makes it"),
        ("metrics.json", "{", "is not JSON"),
        ("metrics.json", "a,b\n1,2\n", "is not JSON"),
        ("metrics.json", '{"epochs": 2}', "is another file, or of another version: no train_accuracy, "),
        ("metrics.json", "null", "is another file"),
        ("metrics.json", "{}", "is another file, or of another version: no epochs, train_accuracy"),
        ("metrics.json", "[" * 100_000, "is nested more than 100 deep"),
        ("metrics.json", json.dumps(METRICS | {"test_loss": float("nan")}), "is not JSON .*NaN is no number"),
        ("metrics.json", json.dumps(METRICS | {"epochs": 10**400}), "is another file, or of another version: no epoch"),
        (
            "metrics.json",
            json.dumps(METRICS | {"epochs": True}),
            "is another file, or of another version: no epochs in",
        ),
        (
            "training/provenance.json",
            "{}",
            "is another file, or of another version: no dataset, weights, temperature, model, parameters in",
        ),
        ("metrics.json", "[1]", "is another file"),
        ("metrics.json", json.dumps(METRICS | {"epochs": "2"}), "is another file, or of another version: no epochs in"),
        ("training/provenance.json", None, "is missing; `dvc repro train` makes it"),
        (
            "training/provenance.json",
            json.dumps(METRICS),
            "is another file, or of another version: no dataset, weights, temperature, model, parameters in",
        ),
        (
            "training/provenance.json",
            json.dumps(PROVENANCE | {"dataset": "MNIST"}),
            "is another file, or of another version: no d",
        ),
        (
            "training/provenance.json",
            json.dumps(PROVENANCE | {"dataset": {"name": "a"}}),
            "tells no train_images of its data set",
        ),
        (
            "training/provenance.json",
            json.dumps(PROVENANCE | {"dataset": PROVENANCE["dataset"] | {"classes": ["a", "a"]}}),
            r"tells the classes \['a', 'a'\], they should be two names or more of at most 200 letters, each another",
        ),
        (
            "training/provenance.json",
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
            "class,images,precision,recall,f1\n7,1,0.5,0.5,0.5\n",
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
            "is another file, or of another version: no column images, precision, recall",
        ),
        (
            "scores/classes.csv",
            CLASSES.replace("7,30", "7,301"),
            "is damaged: images is 301 to 301, it should be 0 to 300",
        ),
        (
            "metrics.json",
            json.dumps(METRICS | {"val_accuracy": 99}),
            "is damaged: val_accuracy is 99, it should be 0 to 1",
        ),
        ("training/statistics.json", None, "is missing"),
        (
            "training/statistics.json",
            json.dumps(STATISTICS | {"val_images": 9}),
            "is damaged: 9 validation images of 9",
        ),
        (
            "training/statistics.json",
            json.dumps(STATISTICS | {"members": [MEMBER | {"kept_epoch": 3}]}),
            "is damaged: epoch 3 of 2",
        ),
        ("training/statistics.json", json.dumps(STATISTICS | {"epochs": 3}), "is damaged: 3 epochs, of its members 2"),
        ("figures/confusion.png", "no picture", "is no PNG file; `dvc repro -f plots` draws it anew"),
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
    Path("training/provenance.json").write_text(json.dumps(PROVENANCE | {"dataset": dataset}))
    Path("scores/classes.csv").write_text("class,images,precision,recall,f1\n" + '"a|b",30,0.5,0.5,0.5\n' * 10)
    stage.main(*files)
    page = Path("report.html").read_text()
    for text in (
        "Prediction report: Fashion-MNIST",
        "Which classes does it confuse",
        "a|b",
        "Which class was taken",
    ):
        assert text in page
    assert "T-shirt/top" in page or "&lt;b&gt;" in page
    assert r"a\|b" in Path("card.md").read_text()
    for text in ("not MNIST", "digit", "{one}"):
        assert text not in page
        assert text not in Path("card.md").read_text()
