"""Names of classes that people may choose, and figures with them."""

import itertools

import numpy as np
import pytest

from dnn.base.errors import InputError
from stages.display.pages import read_picture
from stages.figures.catalogue import CATALOGUE
from stages.figures.learning_order import learned_first
from stages.figures.results import mistakes, mix_ups
from stages.figures.style import drawable, house_style, new_figure, png, save, short_names
from tests.stages.figures.test_results import material

LONG = ["T-shirt/top", "きれい", "Ankle boot, with a very long name", "$a_1$", "W" * 40, "ж", "漢", "", "b", "\u0301"]


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Ankle boot", "Ankle boot"),
        ("きれい", "kirei"),
        ("カナ", "kana"),
        ("한", "han"),
        ("漢", "U+6F22"),
        ("ж ü é", "ж ü é"),
        ("\U0001f455", "t-shirt"),
        ("5 $ or 6 $", r"5 \$ or 6 \$"),
        ("a\u200bb\n", "ab"),
    ],
)
def test_what_the_font_lacks_is_spelled(text, drawn):
    assert drawable(text) == drawn


def test_short_names_stay_different():
    names = short_names([*LONG, "Ankle boot, in a very long name", "Ankle boot, of a very long name"])
    assert len(set(names)) == len(names)
    assert max(len(name.replace("\\", "")) for name in names) <= 14
    assert names[0] == "T-shirt/top"
    limits = [f"Speed limit {limit} kilometres per hour" for limit in (30, 50)]
    assert short_names([*limits, "Stop"]) == ["…30 kilometre…", "…50 kilometre…", "Stop"]


@pytest.mark.parametrize("names", [LONG, ["a", "b"], [f"class {n}" for n in range(256)]], ids=["long", "two", "most"])
def test_every_figure_is_drawn_for_any_classes(rng, names):
    """Warnings, such as those of missing glyphs, are errors."""
    of = material(rng, 7, 3, short_names(names))
    for entry in CATALOGUE.values():
        if figure := entry.draw(of):
            assert png(figure)


@pytest.mark.parametrize("pixels", [1, 4, 400, 4096])
def test_every_figure_is_drawn_for_images_of_any_size(rng, pixels):
    of = material(rng, 7, 3, ["a", "b", "c"], pixels)
    for entry in CATALOGUE.values():
        if figure := entry.draw(of):
            assert png(figure)


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_a_figure_is_written_in_the_kind_that_its_name_says_and_the_same_each_time(tmp_path, kind):
    written = []
    for _ in range(2):
        figure = new_figure(3, 2, "caption", r"5 \$ of all")
        figure.subplots().plot([1, 2])
        save(figure, tmp_path / f"a.{kind}")
        written.append((tmp_path / f"a.{kind}").read_bytes())
    assert written[0] == written[1]
    assert written[0].lstrip().startswith({"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[kind])
    if kind == "png":
        assert read_picture(tmp_path / "a.png")["finding"] == "5 $ of all"


@pytest.mark.parametrize("name", ["a.docx", "a", "a.png.txt"])
def test_a_kind_that_cannot_be_drawn_is_named(tmp_path, name):
    with pytest.raises(InputError, match=rf"{name}: matplotlib cannot write this kind; name it \.png, \.pdf or \.svg"):
        save(new_figure(3, 2, "caption"), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_title_is_as_wide_as_its_figure_at_most():
    with house_style():
        figure = new_figure(3, 4, "caption " * 30, "a finding that takes many words to tell, " * 5)
    figure.subplots()
    png(figure)
    for text in figure.texts:
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= 300


def overlapping(figure):
    """Pairs of texts in the axes of a figure that cover each other."""
    png(figure)
    texts = [text for ax in figure.axes for text in ax.texts if text.get_text()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    assert len(boxes) > 5
    return [(a, b) for (a, one), (b, other) in itertools.combinations(boxes, 2) if one.overlaps(other)]


@pytest.mark.parametrize("side", [8, 20, 28, 64])
def test_texts_over_images_do_not_overlap(rng, side):
    names = short_names(["Ankle boot, with a very long name", "MMMMMMMMMMMMMMMMMMM"])
    label = np.arange(60) % 2
    table = {"index": np.arange(60), "label": label, "prediction": 1 - label, "confidence": rng.random(60)}
    images = rng.random((60, side * side))
    assert not overlapping(mistakes(images, table, names, "made up"))
    assert not overlapping(mix_ups(images, table, names, "made up"))
    right = np.zeros((3, 60), bool)
    right[2] = True
    watched = {"epoch": np.arange(1, 4), "right": np.packbits(right, axis=1)}
    assert not overlapping(learned_first(watched, images, label, names, "class", "made up"))
