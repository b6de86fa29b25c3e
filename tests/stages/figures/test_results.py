"""Figures are for eyes; here is what must hold for any data."""

import numpy as np
import pandas as pd
import pytest

from stages.figures import results as figures
from stages.figures.curves import learning_curves
from stages.plots import examples, save

CAPTION = "made up: 3 training and 2 test images"


def predictions(rng, n=60, wrong=7):
    label = np.arange(n) % 10
    prediction = label.copy()
    prediction[:wrong] = (label[:wrong] + 1) % 10
    probabilities = rng.dirichlet(np.ones(10), n)
    table = pd.DataFrame({"index": np.arange(n), "label": label, "prediction": prediction})
    table["confidence"] = probabilities.max(axis=1)
    return table.join(pd.DataFrame(probabilities, columns=[f"p{digit}" for digit in range(10)]))


def draw_all(rng, wrong, epochs):
    images, table = rng.random((60, 784)), predictions(rng, wrong=wrong)
    correct = table["label"] == table["prediction"]
    columns = ("learning_rate", "train_loss", "train_accuracy", "val_loss", "val_accuracy")
    history = pd.DataFrame({"epoch": np.arange(1, epochs + 1)} | {name: rng.random(epochs) for name in columns})
    yield figures.samples(images, table["label"].to_numpy(), CAPTION)
    yield figures.confusion(table["label"].to_numpy(), table["prediction"].to_numpy(), np.arange(10), CAPTION)
    yield figures.mistakes(images, table[~correct], CAPTION)
    yield figures.probabilities(images, examples(table[correct]), CAPTION)
    yield figures.first_layer(rng.standard_normal((784, 5)), CAPTION)
    yield figures.learning_rate(history["epoch"].to_numpy(), history["learning_rate"].to_numpy(), CAPTION)
    yield figures.reliability(np.array([np.nan, 0.7]), np.array([np.nan, 0.5]), np.array([0, 9]), CAPTION)
    rows = [{"images": n, "seed": 0, "method": method, "accuracy": 0.5} for n in (10, 50) for method in ("a", "b")]
    yield figures.transfer(pd.DataFrame(rows), CAPTION)
    yield learning_curves(history, CAPTION)


@pytest.mark.parametrize(("wrong", "epochs"), [(7, 5), (0, 1)])
def test_every_figure_names_its_data_and_is_the_same_bytes_when_drawn_again(tmp_path, wrong, epochs):
    first, second = (draw_all(np.random.default_rng(0), wrong, epochs) for _ in range(2))
    for figure, again in zip(first, second, strict=True):
        assert CAPTION in {text.get_text() for text in figure.texts}
        save(figure, tmp_path / "first.png")
        save(again, tmp_path / "second.png")
        assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()


def test_mosaic_places_images_row_by_row(rng):
    images = rng.random((5, 4))
    canvas = figures.mosaic(images, columns=3, gap=1)
    assert canvas.shape == (2 * 3 - 1, 3 * 3 - 1)
    assert np.array_equal(canvas[3:5, 3:5], images[4].reshape(2, 2))
    assert np.isnan(canvas[2]).all()
    assert np.isnan(canvas[3:5, 6:8]).all()


def test_examples_are_two_right_answers_of_each_digit(rng):
    table = predictions(rng, wrong=0)
    chosen = examples(table)
    assert chosen["label"].tolist() == sorted(list(range(10)) * 2)
    least = table.loc[table.groupby("label")["confidence"].idxmin(), "index"]
    assert chosen["index"].tolist()[1::2] == least.tolist()
