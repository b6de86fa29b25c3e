"""Pictures of something else than one digit: of several digits, of letters, of shapes, of nothing."""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from tests.stages.pictures.drawing import PAPER, PEN, Ink, font, placed, plain

FONTS = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono-Bold", "STIXGeneral", "DejaVuSans-Oblique")
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYabdefhkmnprtuwxy&?@#%$+=*"  # none that is drawn as a digit may be
SHAPES = ("disc", "square", "triangle", "star", "cross", "house", "arrow", "spiral", "smile", "check")


def side_by_side(inks: list[Ink], gap: int = 0) -> Image.Image:
    """Digits in a row, whose images are that many pixels apart."""
    images = [plain(ink) for ink in inks]
    width = sum(image.width for image in images) + gap * (len(images) - 1)
    row = Image.new("RGB", (width, images[0].height), PAPER)
    for place, image in enumerate(images):
        row.paste(image, (place * (image.width + gap), 0))
    return row


def one_above_other(rows: list[Image.Image]) -> Image.Image:
    sheet = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)), PAPER)
    for place, row in enumerate(rows):
        placed(row, sheet, 0, place * row.height)
    return sheet


def letter(character: str, name: str = "DejaVuSans") -> Image.Image:
    image = Image.new("RGB", (240, 240), PAPER)
    ImageDraw.Draw(image).text((120, 120), character, fill=PEN, font=font(150, name), anchor="mm")
    return image


def letters() -> Iterator[Image.Image]:
    """All of them in all fonts."""
    return (letter(character, name) for name in FONTS for character in LETTERS)


def noise(rng: Generator) -> Image.Image:
    """Nothing but the grain of a camera, fine or coarse."""
    side = int(rng.choice([16, 60, 240]))
    levels = rng.normal(128, rng.uniform(5, 60), (side, side, 3)).clip(0, 255).astype(np.uint8)
    return Image.fromarray(levels).resize((240, 240), Image.Resampling.BICUBIC)


def shape(name: str) -> Image.Image:
    """One of SHAPES."""
    image = Image.new("RGB", (240, 240), PAPER)
    draw = ImageDraw.Draw(image)
    t = np.linspace(0, 1, 200)
    lines = {
        "triangle": [(60, 190), (120, 50), (180, 190), (60, 190)],
        "star": [(120 + 80 * np.sin(4 * np.pi * k / 5), 120 - 80 * np.cos(4 * np.pi * k / 5)) for k in range(6)],
        "house": [(60, 190), (60, 110), (120, 50), (180, 110), (180, 190), (60, 190)],
        "arrow": [(50, 120), (190, 120), (140, 70), (190, 120), (140, 170)],
        "spiral": list(zip(120 + 80 * t * np.cos(18 * t), 120 + 80 * t * np.sin(18 * t), strict=True)),
        "check": [(60, 130), (100, 180), (190, 60)],
    }
    if name == "disc":
        draw.ellipse((60, 60, 180, 180), fill=PEN)
    elif name == "square":
        draw.rectangle((60, 60, 180, 180), outline=PEN, width=14)
    elif name == "cross":
        draw.line((60, 60, 180, 180), fill=PEN, width=14)
        draw.line((60, 180, 180, 60), fill=PEN, width=14)
    elif name == "smile":
        draw.ellipse((40, 40, 200, 200), outline=PEN, width=10)
        draw.ellipse((85, 85, 100, 105), fill=PEN)
        draw.ellipse((140, 85, 155, 105), fill=PEN)
        draw.arc((80, 90, 160, 165), 20, 160, fill=PEN, width=10)
    else:
        draw.line([(float(x), float(y)) for x, y in lines[name]], fill=PEN, width=14, joint="curve")
    return image
