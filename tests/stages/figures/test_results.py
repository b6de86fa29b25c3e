"""Figures are for eyes; here is what must hold for any data."""

from dataclasses import replace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from dnn.base.errors import InputError
from dnn.model import Model
from stages.datasets.splits import Split
from stages.figures import curves, tiles
from stages.figures.catalogue import CATALOGUE, Material
from stages.figures.certainty import examples
from stages.figures.hidden import look
from stages.figures.results import confusion_counts, load_predictions
from stages.figures.style import save, title_of
from tests.networks import mlp

NAMES = [str(digit) for digit in range(10)]
CAPTION = "made up: 3 training and 2 test images"
FOUND = {
    "false_alarms": [0.001, 0.003, 1],
    "at": 0.003,
    "kinds": {"letters": [0.5, 0.9, 1], "other_alphabets": [0.4, 0.8, 1]},
    "unseen": ["other_alphabets"],
}
COLUMNS = ("learning_rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy")


def predictions(rng, n=60, wrong=7, classes=10):
    label = np.arange(n) % classes
    prediction = label.copy()
    prediction[:wrong] = (label[:wrong] + 1) % classes
    probabilities = rng.dirichlet(np.ones(classes), n)
    table = {"index": np.arange(n), "label": label, "prediction": prediction, "confidence": probabilities.max(axis=1)}
    return table | {f"p{digit}": probabilities[:, digit] for digit in range(classes)}


def material(rng, wrong, epochs, names=NAMES, pixels=784):
    table = predictions(rng, wrong=wrong, classes=len(names))
    images = rng.random((60, pixels), dtype=np.float32)
    split = Split(images, np.eye(len(names), dtype=np.float32)[table["label"]], table["label"].astype(np.uint8), {})
    history = {"epoch": np.arange(1, epochs + 1)} | {name: rng.random(epochs) for name in COLUMNS}
    model = Model(mlp([pixels, 5, len(names)]), np.arange(len(names)))
    seen = look(model.network, split, split, table)
    data, network = CAPTION, f"{CAPTION}\nNetwork: made up"
    return Material(
        *(data, network, split, split, split, history, [epochs], table, names, "digit", FOUND, model, seen),
        watched=None,
    )


def draw_all(rng, wrong, epochs):
    of = material(rng, wrong, epochs)
    yield from filter(None, (entry.draw(of) for entry in CATALOGUE.values()))
    rows = [{"images": n, "seed": 0, "method": method, "accuracy": 0.5} for n in (10, 50) for method in ("a", "b")]
    yield curves.transfer(pd.DataFrame(rows), CAPTION)
    yield curves.finder(np.geomspace(1e-5, 1, 9), rng.random(9), 0.1, CAPTION)


@pytest.mark.parametrize(("wrong", "epochs"), [(7, 5), (0, 1), (60, 2)])
def test_every_figure_names_its_data_and_is_the_same_bytes_when_drawn_again(tmp_path, monkeypatch, wrong, epochs):
    drawn = list(draw_all(np.random.default_rng(0), wrong, epochs))
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 20)  # as a user's own matplotlibrc may have it
    for figure, again in zip(drawn, draw_all(np.random.default_rng(0), wrong, epochs), strict=True):
        assert CAPTION in {text.get_text().split("\n")[0] for text in figure.texts}
        assert figure.get_suptitle()
        save(figure, tmp_path / "first.png")
        save(again, tmp_path / "second.png")
        assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()
        assert b"Software" not in (tmp_path / "first.png").read_bytes()
    assert matplotlib.rcParams["font.size"] == 20


def test_dynamics_are_drawn_only_where_they_were_watched(rng):
    names = [name for name, entry in CATALOGUE.items() if entry.draw(material(rng, 7, 2))]
    assert set(CATALOGUE) - set(names) == {"learned_first", "norms", "activations", "landscape"}


def test_doubt_is_drawn_only_where_there_is_a_measure(rng):
    of = material(rng, 7, 2)
    figure = CATALOGUE["doubt"].draw(of)
    lines = figure.axes[0].get_lines()
    drawn = {line.get_label(): line.get_xdata().tolist() for line in lines if not line.get_label().startswith("_")}
    assert drawn == {"at 0.3%, the threshold": [80, 90], "at 0.1%": [40, 50]}
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["other alphabets, never seen", "letters"]
    assert "0.3% of unseen digits are doubted, and 80% (other alphabets) to 90% (letters)" in title_of(figure)
    assert CATALOGUE["doubt"].draw(replace(of, found=None)) is None


def test_mosaic_places_images_row_by_row(rng):
    images = rng.random((5, 4))
    canvas = tiles.mosaic(images, columns=3, gap=1)
    assert canvas.shape == (2 * 3 - 1, 3 * 3 - 1)
    assert np.array_equal(canvas[3:5, 3:5], images[4].reshape(2, 2))
    assert np.isnan(canvas[2]).all()
    assert np.isnan(canvas[3:5, 6:8]).all()


def test_examples_are_two_right_answers_of_each_digit(rng):
    table = predictions(rng, wrong=0)
    typical, unsure = examples(table)
    assert table["label"][typical].tolist() == table["label"][unsure].tolist() == list(range(10))
    frame = pd.DataFrame(table)
    assert unsure.tolist() == frame.groupby("label")["confidence"].idxmin().tolist()
    middling = frame.groupby("label")["confidence"].quantile(0.5, interpolation="higher")
    assert table["confidence"][typical].tolist() == middling.tolist()


def test_confusions_are_counted_as_scikit_learn_does(rng):
    label, prediction = rng.integers(0, 10, (2, 200))
    assert np.array_equal(confusion_counts(label, prediction, np.arange(10)), confusion_matrix(label, prediction))


def test_predictions_are_read_as_they_were_written(tmp_path, rng):
    table = predictions(rng)
    pd.DataFrame(table).to_csv(tmp_path / "p.csv", index=False)
    read = load_predictions(tmp_path / "p.csv", 60, 10)
    assert {name: values.tolist() for name, values in read.items()} == {k: v.tolist() for k, v in table.items()}
    assert read["label"].dtype.kind == "i"


@pytest.mark.parametrize("text", ["", "index,label\n0,1\n", "index,label,prediction\n0,1\n", "a\nb\n"])
def test_a_table_that_has_no_predictions_is_named(tmp_path, text):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(InputError, match=r"p\.csv is another file, or of another version: no column .*confidence"):
        load_predictions(tmp_path / "p.csv", 1, 10)


@pytest.mark.parametrize("keep", [-1, -2, -20, 500, 80])
def test_a_table_of_predictions_that_was_cut_off_is_not_taken_for_a_whole_one(keep, tmp_path, rng):
    pd.DataFrame(predictions(rng)).to_csv(tmp_path / "p.csv", index=False)
    text = (tmp_path / "p.csv").read_text()
    for cut in (text[:keep], text[: text.rindex("\n", 0, keep) + 1]):  # within a row, and between two
        (tmp_path / "p.csv").write_text(cut)
        with pytest.raises(InputError, match=r"p\.csv .*`dvc repro -f evaluate` makes it anew"):
            load_predictions(tmp_path / "p.csv", 60 if cut != text else 61, 10)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("label", 10, "label is 0 to 10, it should be 0 to 9"),
        ("prediction", -1, "prediction is -1 to 9"),
        ("confidence", 1.5, "confidence is .* to 1.5, it should be 0 to 1"),
        ("confidence", np.nan, "is damaged"),
        ("p3", np.inf, "is damaged: p3 has a value that is no finite number"),
        ("index", 7, "has not every test image in its order"),
        ("label", 10.5, "is damaged"),
        ("label", 10**30, "is damaged"),
        ("p0", "much", "is damaged"),
    ],
)
def test_a_value_that_no_prediction_has_is_named(column, value, message, tmp_path, rng):
    table = {name: list(values) for name, values in predictions(rng).items()}
    table[column][0] = value
    pd.DataFrame(table).to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(InputError, match=rf"p\.csv .*{message}"):
        load_predictions(tmp_path / "p.csv", 60, 10)
