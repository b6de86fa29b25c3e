"""Sheets of many shapes, on tables of many kinds, and the digit on them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stages.pictures.digits import digits_in
from stages.pictures.sheet import outline_of_sheet, sheet_in
from tests.stages.pictures.conditions import askew, bordered
from tests.stages.pictures.drawing import grainy, magnified, on, painted, placed, plain, rounded, ruled
from tests.stages.pictures.test_conditions import DIGITS, likeness


def disc(ink, rng):
    image = Image.new("RGB", (300, 300), (250, 250, 250))
    ImageDraw.Draw(image).ellipse((40, 40, 260, 260), fill=(30, 80, 200))
    return on(image, np.pad(magnified(ink, 6), 66), (255, 255, 255))


def traffic_sign(ink, rng):
    image = Image.new("RGB", (320, 320), (130, 160, 190))
    ImageDraw.Draw(image).ellipse((40, 40, 280, 280), fill=(205, 30, 40))
    ImageDraw.Draw(image).ellipse((66, 66, 254, 254), fill=(255, 255, 255))
    return grainy(on(image, np.pad(magnified(ink, 5), 90), (15, 15, 15)), rng, 4)


def rounded_card(ink, rng):
    image = Image.new("RGB", (400, 400), (240, 242, 245))
    ImageDraw.Draw(image).rounded_rectangle((56, 56, 340, 340), 24, fill=(0, 0, 0))
    return on(image, np.pad(magnified(ink, 9), 74), (255, 255, 255))


def note_on_cork(ink, rng):
    ground = np.asarray(Image.fromarray(rng.uniform(-60, 60, (50, 50)).astype(np.float32)).resize((360, 360)))
    board = rounded(np.float32([190, 145, 95]) + ground[..., None])
    note = plain(ink, (150, 210, 245)).convert("RGBA").rotate(rng.uniform(-8, 8), expand=True)
    return grainy(placed(note, board, 50, 60), rng, 5)


@pytest.mark.parametrize("draw", [disc, traffic_sign, rounded_card, note_on_cork])
def test_the_digit_on_a_sheet_is_read(draw, rng):
    for digit, ink in DIGITS.items():
        [[found]] = digits_in(draw(ink, rng))
        assert likeness(found, digits_in(plain(ink))[0][0]) > 0.85, digit


def test_rulings_do_not_part_a_sheet(rng):
    for digit, ink in [*DIGITS.items()] * 3:
        sheet = on(ruled(rng, darkest=0), magnified(ink))
        found = sheet_in(np.asarray(bordered(askew(sheet, rng), 30, (90, 70, 60)), np.float32) / 255)
        assert found is not None, digit
        assert 0.9 * 224**2 < found.sum() < 224**2


def test_a_thick_0_is_no_round_sheet():
    ring, sheet = Image.new("1", (200, 200)), Image.new("1", (200, 200))
    ImageDraw.Draw(ring).ellipse((30, 20, 170, 180), outline=1, width=50)
    ImageDraw.Draw(sheet).ellipse((30, 20, 170, 180), fill=1)
    ImageDraw.Draw(sheet).line((80, 70, 120, 70, 100, 140), 0, 12)
    assert outline_of_sheet(np.array(ring)) is None
    assert outline_of_sheet(np.array(sheet)) is not None


def test_a_sheet_is_found_where_only_its_colour_differs():
    card = painted(magnified(DIGITS[7]), (60, 140, 250), (20, 20, 20))
    ground = Image.new("RGB", (300, 300), (220, 110, 60))
    level = np.array([0.299, 0.587, 0.114])
    assert abs(level @ [60, 140, 250] - level @ [220, 110, 60]) < 10
    found = sheet_in(np.asarray(placed(card, ground, 40, 40), np.float32) / 255)
    assert found is not None
    assert 0.9 * 224**2 < found.sum() < 224**2
