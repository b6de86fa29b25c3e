"""What no pen has drawn is refused: light, creases, the edges of an empty sheet; faint and soft strokes are not."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from dnn.base.errors import InputError
from stages.pictures.digits import digits_in
from stages.pictures.paper import border_of, ink_over
from stages.pictures.reading import read
from stages.pictures.strokes import are_strokes
from tests.stages.pictures.drawing import (
    PAPER,
    grainy,
    half_dark,
    magnified,
    places,
    plain,
    rounded,
    ruled,
    shaded,
)
from tests.stages.pictures.test_conditions import DIGITS, likeness

SHEET = Image.new("RGB", (240, 240), PAPER)


def gradient(rng):
    y, x = places(SHEET)
    return rounded(255 * np.stack([(np.hypot(y - rng.uniform(-0.3, 0.3), x) + 0.2).clip(0, 1)] * 3, axis=2))


def soft_light(rng):
    coarse = Image.fromarray(rng.uniform(0.6, 1, (3, 3)).astype(np.float32))
    return grainy(shaded(SHEET, np.asarray(coarse.resize(SHEET.size, Image.Resampling.BICUBIC))), rng, 3)


def folded(rng):
    y, x = places(SHEET)
    y, x = y - rng.uniform(-0.2, 0.2), x - rng.uniform(-0.2, 0.2)
    creases = 0.2 * np.exp(-((100 * x) ** 2)) + 0.2 * np.exp(-((100 * y) ** 2))
    return grainy(shaded(SHEET, 1 - 0.12 * (x > 0) - 0.08 * (y > 0) - creases), rng, 3)


def crumpled(rng):
    y, x = places(SHEET)
    light = np.ones(x.shape)
    for _ in range(9):
        angle = rng.uniform(0, 2 * np.pi)
        far = (x - rng.uniform(-0.5, 0.5)) * np.cos(angle) + (y - rng.uniform(-0.5, 0.5)) * np.sin(angle)
        light *= 1 - 0.1 * (far > 0) * np.exp(-4 * np.abs(far)) - 0.07 * np.exp(-((180 * far) ** 2))
    return grainy(shaded(SHEET, light), rng, 3)


def lined(rng):
    return grainy(ruled(rng), rng, 3)


def on_a_table(rng):
    y, x = places(Image.new("L", (300, 300)))
    grain = np.sin(100 * x + 2 * np.sin(5 * y))[..., None]
    table = rounded(np.float32([150, 100, 60]) + 22 * grain)
    sheet = SHEET.resize((170, 150)).convert("RGBA").rotate(rng.uniform(-12, 12), expand=True)
    table.paste(sheet, (50, 60), sheet)
    return grainy(half_dark(table, rng, 0.2), rng, 4)


@pytest.mark.parametrize("draw", [gradient, soft_light, folded, crumpled, lined, on_a_table])
def test_a_blank_sheet_holds_no_digit(draw, rng):
    refused = 0
    for _ in range(8):
        try:
            digits_in(draw(rng))
        except InputError:
            refused += 1
    assert refused >= 7


def low_contrast(ink, rng):
    return plain(ink, (150, 150, 150), (144, 144, 144))


def faint_and_grainy(ink, rng):
    return grainy(plain(ink, (150, 150, 150), (130, 130, 130)), rng, 3)


def out_of_focus(ink, rng):
    return grainy(plain(ink).filter(ImageFilter.GaussianBlur(6)), rng, 4)


def folded_with_a_digit(ink, rng):
    return shaded(folded(rng), 1 - 0.8 * np.asarray(Image.fromarray(magnified(ink)).resize(SHEET.size)))


@pytest.mark.parametrize("draw", [low_contrast, faint_and_grainy, out_of_focus, folded_with_a_digit])
def test_faint_and_soft_strokes_are_read(draw, rng):
    for digit, ink in DIGITS.items():
        [[found]] = digits_in(draw(ink, rng))
        assert likeness(found, digits_in(plain(ink))[0][0]) > 0.85, digit


def chequered(ink, rng):
    y, x = np.mgrid[:300, :300] // int(rng.integers(6, 17))
    ground = np.where((x + y) % 2, 255, 204)[..., None].repeat(3, axis=2)
    return rounded(ground * (1 - np.pad(magnified(ink), 38)[..., None]))


def marker_on_wood(ink, rng):
    y, x = places(Image.new("L", (224, 224)))
    ground = np.float32([150, 100, 60]) + 22 * np.sin(120 * x + 2 * np.sin(5 * y))[..., None]
    return rounded(ground + magnified(ink)[..., None] * (245 - ground))


@pytest.mark.parametrize("draw", [chequered, marker_on_wood])
def test_strokes_are_told_from_a_texture(draw, rng):
    for digit, ink in [*DIGITS.items()] * 2:
        [[found]] = digits_in(draw(ink, rng))
        assert likeness(found, digits_in(plain(ink))[0][0]) > 0.85, digit


def test_ink_stands_out_from_a_texture_of_two_levels():
    ground = np.ones((50, 50, 1), np.float32)
    ground[:, np.arange(50) % 5 < 3] = 0.8
    stroke = np.s_[10:40, 20:30]
    ground[stroke] = 0
    ink = ink_over(ground, np.ones(1, np.float32), border_of(ground.shape))
    assert ink[stroke].min() > 0.5
    ink[stroke] = 0
    assert not ink.any()


def test_the_refusal_is_true(rng):
    with pytest.raises(InputError, match="nothing stands out from the background"):
        digits_in(soft_light(rng))
    crowded = Image.fromarray(rng.integers(0, 2, (240, 240), np.uint8) * 255)
    ImageDraw.Draw(crowded).line((80, 60, 160, 60, 110, 190), 0, 3)
    with pytest.raises(InputError, match="cut the picture to the digit"):
        digits_in(crowded)


def test_colours_that_make_no_step_anywhere_are_no_strokes():
    ink = np.zeros((60, 60))
    ink[15:45, 25:35] = 0.8
    reading = read(ink)
    assert reading.found.rows
    assert not are_strokes(np.full((60, 60, 3), 0.5, np.float32), reading)
