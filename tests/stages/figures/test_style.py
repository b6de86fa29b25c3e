"""Names of classes that people may choose, and figures with them."""

import itertools

import numpy as np
import pytest

from stages.figures.catalogue import CATALOGUE
from stages.figures.learning_order import learned_first
from stages.figures.results import mistakes
from stages.figures.style import drawable, png, short_names
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
    right = np.zeros((3, 60), bool)
    right[2] = True
    watched = {"epoch": np.arange(1, 4), "right": np.packbits(right, axis=1)}
    assert not overlapping(learned_first(watched, images, label, names, "class", "made up"))
