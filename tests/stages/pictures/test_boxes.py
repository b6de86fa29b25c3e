"""Boxes and bars that are printed around digits, or drawn under them, are told from the digits."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from dnn.base.errors import InputError
from stages.pictures.boxes import boxes_in
from stages.pictures.digits import digits_in
from stages.pictures.marks import Mark, label
from stages.pictures.rows import in_rows
from tests.stages.pictures.drawing import magnified, on
from tests.stages.pictures.test_conditions import DIGITS

SIDE = 90


def form(boxes, digits, height=150):
    """Boxes, or other lines (x, y, ...), and digits (number, left, top) on white paper."""
    width = 60 + max(max(box[::2]) for box in boxes)
    image = Image.new("RGB", (width, height), "white")
    for box in boxes:
        ImageDraw.Draw(image).line(box, (20, 20, 20), 2)
    ink = np.zeros((height, width), np.float32)
    for digit, left, top in digits:
        own = magnified(DIGITS[digit], 2.6)
        ink[top : top + len(own), left : left + len(own)] += own
    return on(image, ink.clip(0, 1))


def box(left, top, side=SIDE):
    right, bottom = left + side, top + side
    return left, top, right, top, right, bottom, left, bottom, left, top


def joined(count):
    return [box(30 + SIDE * k, 30) for k in range(count)]


def separate(count):
    return [box(30 + (SIDE + 15) * k, 30) for k in range(count)]


def comb(count):
    end = 30 + SIDE * count
    return [(30, 120, end, 120), *((x, 120, x, 84) for x in range(30, end + 1, SIDE))]


def in_boxes(numbers, step=SIDE):
    return [(number, 30 + step * k + 8, 36) for k, number in enumerate(numbers) if number]


def counts(image):
    return [len(row) for row in digits_in(image)]


@pytest.mark.parametrize(("boxes", "step"), [(joined, SIDE), (separate, SIDE + 15), (comb, SIDE)])
@pytest.mark.parametrize("numbers", [(5, 8, 4), (0, 0, 7, 0), (1, 4, 1, 1, 8)])
def test_no_wall_is_a_digit(boxes, step, numbers):
    digits = in_boxes(numbers, step)
    assert counts(form(boxes(len(numbers)), digits)) == [len(digits)]


def test_boxes_one_above_another():
    boxes = [box(30, 20 + 110 * k) for k in range(3)]
    digits = [(number, 38, 28 + 110 * k) for k, number in enumerate((5, 8, 4))]
    assert counts(form(boxes, digits, 380)) == [1, 1, 1]


def test_a_lattice_with_some_digits():
    boxes = [box(30 + SIDE * column, 30 + SIDE * row) for row in range(3) for column in range(3)]
    digits = [(4, 38, 36), (7, 38 + 2 * SIDE, 36), (8, 38 + SIDE, 36 + 2 * SIDE)]
    assert counts(form(boxes, digits, 340)) == [2, 1]


def test_a_form_that_lies_askew():
    image = form(joined(4), in_boxes((5, 8, 4, 7)), 160)
    turned = image.rotate(4, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    assert counts(turned) == [4]


def test_empty_boxes_hold_no_digit():
    for boxes in joined(4), separate(3), comb(4):
        with pytest.raises(InputError, match="no digit"):
            digits_in(form(boxes, []))


def test_the_stroke_that_runs_through_a_box_stays():
    image = Image.new("1", (200, 140))
    ImageDraw.Draw(image).rectangle((40, 30, 160, 110), outline=1, width=2)
    lattice = np.array(image)
    stroke = Image.new("1", (200, 140))
    ImageDraw.Draw(stroke).line((100, 50, 150, 130), 1, 10)
    stroke = np.array(stroke)
    lines, count = boxes_in(*label(lattice | stroke))
    assert count == 1
    assert lines[lattice & ~stroke].mean() > 0.95
    assert lines[stroke].mean() < 0.05


@pytest.mark.parametrize("number", DIGITS)
def test_a_digit_is_no_box(number):
    for scale in 0.6, 1, 2, 8:
        assert boxes_in(*label(magnified(DIGITS[number], scale) > 0.5))[1] == 0


def test_bars_that_stand_on_a_line_are_no_ones():
    image = Image.new("L", (320, 200), 255)
    for x in range(20, 300, 14):
        ImageDraw.Draw(image).rectangle((x, 20, x + x % 5, 180), 0)
    with pytest.raises(InputError, match="no digit"):
        digits_in(image)


def test_ones_by_hand_are_ones():
    image = Image.new("L", (300, 160), 255)
    for x, top, bottom, lean in (40, 40, 120, 6), (90, 36, 124, 10), (150, 44, 118, 4), (210, 38, 121, 8):
        ImageDraw.Draw(image).line((x + lean, top, x, bottom), 0, 7)
    assert counts(image) == [4]


def drawn(number, line, size=(320, 300), at=(48, 30)):
    """A digit and a bar."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).line(line, (40, 42, 60), 7)
    ink = np.zeros(size[::-1], np.float32)
    own = magnified(DIGITS[number], 7)
    ink[at[1] : at[1] + len(own), at[0] : at[0] + len(own)] = own
    return on(image, ink)


@pytest.mark.parametrize("number", [4, 7, 8, 5, 1])
def test_an_underline_is_no_part_of_the_digit(number):
    [[bare]] = digits_in(drawn(number, (0, 0, 0, 0)))
    for line in (60, 222, 240, 220), (50, 216, 230, 216):
        [[found]] = digits_in(drawn(number, line))
        assert np.corrcoef(found, bare)[0, 1] > 0.97


def test_the_bar_of_a_fraction_is_no_digit():
    image = form([(20, 112, 130, 112)], [(4, 40, 30), (8, 40, 126)], 220)
    assert counts(image) == [1, 1]


def row_of(*boxes):
    """Marks (left, top, height) of a width of 40, numbered in their order."""
    return [Mark((k,), 100, top, top + height, left, left + 40) for k, (left, top, height) in enumerate(boxes)]


def order(marks):
    return [[mark.labels[0] for mark in row] for row in in_rows(marks)]


@pytest.mark.parametrize(
    "boxes",
    [
        [(0, 60, 80), (50, 30, 80), (100, 0, 55), (150, 55, 80), (200, 40, 80)],  # one low, one raised
        [(100 * k, 35 * k, 80) for k in range(5)],  # slanting down
        [(100 * k, 200 - 35 * k, 80) for k in range(5)],
        [(0, 0, 150), (60, 70, 85), (120, 0, 150), (180, 10, 75)],
        [(0, 40, 140), (60, 0, 60), (120, 40, 140)],  # an exponent
    ],
)
def test_digits_of_a_row_keep_their_order(boxes):
    expected = [list(range(len(boxes)))]
    assert order(row_of(*boxes)) == expected
    assert order(row_of(*boxes)[::-1]) == expected


def test_rows_near_to_each_other_stay_apart():
    for slope in -0.2, 0, 0.2:
        upper = [(60 * k, 100 + round(60 * slope * k) + 5 * (k % 2), 80) for k in range(5)]
        lower = [(20 + 60 * k, 190 + round(60 * slope * k) - 5 * (k % 2), 80) for k in range(4)]
        assert order(row_of(*upper, *lower)) == [[0, 1, 2, 3, 4], [5, 6, 7, 8]]


def test_a_column_is_read_from_the_top():
    assert order(row_of((0, 200, 80), (8, 0, 80), (-5, 95, 80))) == [[1], [2], [0]]
