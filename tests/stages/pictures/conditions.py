"""Pictures as people take them, made of MNIST's test images: each condition draws what a camera, a scanner or a hand
adds, and leaves the digit whole, so that it can be told.
"""

import io
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from tests.stages.pictures.drawing import (
    PAPER,
    PEN,
    SCALE,
    Ink,
    font,
    grainy,
    half_dark,
    magnified,
    on,
    painted,
    placed,
    places,
    plain,
    ruled,
    shaded,
    spotted,
)

CONDITIONS: dict[str, Callable[[Ink, Generator], Image.Image]] = {
    "clean": lambda ink, rng: plain(ink),
    "MNIST's form": lambda ink, rng: Image.fromarray(np.round(ink * 255).astype(np.uint8)),
    # pen and paper
    "chalk on a blackboard": lambda ink, rng: grainy(plain(ink, (45, 62, 54), (225, 228, 220)), rng, 8),
    "pencil": lambda ink, rng: grainy(plain(ink, PAPER, (165, 165, 165)), rng, 5),
    "red on blue": lambda ink, rng: plain(ink, (60, 90, 200), (210, 60, 50)),
    "any two colours": lambda ink, rng: plain(ink, *two_colours(rng)),
    "on transparent ground": lambda ink, rng: transparent(ink, rng),
    "thin pen": lambda ink, rng: thinned(ink),
    # scale and place
    "digits 12 pixels high": lambda ink, rng: painted(magnified(ink, 0.6)),
    "3000 pixels wide": lambda ink, rng: painted(magnified(ink, 107)),
    "small in a large sheet": lambda ink, rng: placed(
        painted(magnified(ink, 3)), Image.new("RGB", (600, 800), PAPER), *between(rng, 20, 480), *between(rng, 20, 680)
    ),
    "cut to the ink": lambda ink, rng: painted(cut(magnified(ink))),
    # around the paper
    "frame of 1 pixel": lambda ink, rng: framed(plain(ink), 0, 1, (0, 0, 0)),
    "frame of 4 pixels": lambda ink, rng: framed(plain(ink), 0, 4, (60, 60, 60)),
    "canvas with a border": lambda ink, rng: bordered(plain(ink), *between(rng, 8, 25), (120, 125, 130)),
    "paper on a dark table": lambda ink, rng: grainy(on_a_table(plain(ink), rng, (62, 48, 40)), rng, 4),
    "dark paper on a light table": lambda ink, rng: grainy(
        on_a_table(plain(ink, (50, 52, 56), (236, 230, 214)), rng, (205, 196, 180)), rng, 4
    ),
    "paper askew on a table": lambda ink, rng: grainy(bordered(askew(plain(ink), rng), 15, (70, 80, 78)), rng, 4),
    "black along some sides": lambda ink, rng: with_black_sides(plain(ink), rng),
    # beside the digit and through it
    "printed box": lambda ink, rng: framed(plain(ink), *between(rng, 4, 14), *between(rng, 1, 5), (50, 50, 50)),
    "ruled paper": lambda ink, rng: on(ruled(rng), magnified(ink)),
    "squared paper": lambda ink, rng: on(ruled(rng, columns=True), magnified(ink)),
    "rulings as dark as the ink": lambda ink, rng: on(ruled(rng, darkest=0), magnified(ink)),
    "squares as dark as the ink": lambda ink, rng: on(ruled(rng, darkest=0, columns=True), magnified(ink)),
    "dashed rulings": lambda ink, rng: on(ruled(rng, dash=(8, 5)), magnified(ink)),
    "dotted squares": lambda ink, rng: on(ruled(rng, columns=True, dash=(2, 4)), magnified(ink)),
    "rulings askew": lambda ink, rng: on(turned(ruled(rng), rng), magnified(ink)),
    "specks": lambda ink, rng: spotted(plain(ink), rng, 12, 3, (70, 60, 60)),
    "spatter": lambda ink, rng: spotted(plain(ink), rng, 150, 1.5, PEN),
    "stamp in a corner": lambda ink, rng: stamped(plain(ink)),
    # light
    "slanted light": lambda ink, rng: shaded(plain(ink), slant(plain(ink), rng)),
    "vignette": lambda ink, rng: shaded(plain(ink), 1 - 0.9 * sum(v**2 for v in places(plain(ink)))),
    "soft shadows": lambda ink, rng: shaded(plain(ink), soft(plain(ink), rng)),
    "hard shadow": lambda ink, rng: half_dark(plain(ink), rng, 0.45),
    "several hard shadows": lambda ink, rng: half_dark(half_dark(half_dark(plain(ink), rng, 0.3), rng, 0.3), rng, 0.3),
    "photo of a sheet": lambda ink, rng: grainy(
        half_dark(bordered(askew(on(ruled(rng), magnified(ink)), rng), 30, (90, 70, 60)), rng, 0.3), rng, 6
    ),
    # camera and scanner
    "grain": lambda ink, rng: grainy(plain(ink), rng, 16),
    "JPEG of quality 25": lambda ink, rng: as_jpeg(plain(ink)),
    "one bit": lambda ink, rng: plain(ink).convert("L").point(lambda level: 255 * (level > 127)).convert("1"),
    "dithered": lambda ink, rng: plain(ink, (215, 215, 215), (60, 60, 60)).convert("1"),
}


def between(rng: Generator, low: int, high: int) -> tuple[int]:
    """One integer from low to below high."""
    return (int(rng.integers(low, high)),)


def two_colours(rng: Generator) -> list[tuple[int, ...]]:
    """Any two that a person tells apart."""
    while True:
        paper, pen = rng.integers(0, 256, (2, 3))
        if np.abs(paper - pen).sum() > 200:
            return [tuple(map(int, paper)), tuple(map(int, pen))]


def transparent(ink: Ink, rng: Generator) -> Image.Image:
    image = Image.new("RGBA", (28 * SCALE, 28 * SCALE), tuple(map(int, rng.integers(0, 256, 3))))
    image.putalpha(Image.fromarray(np.round(magnified(ink) * 255).astype(np.uint8)))
    return image


def thinned(ink: Ink) -> Image.Image:
    thick = Image.fromarray((magnified(ink) * 255).astype(np.uint8))
    return painted(np.asarray(thick.filter(ImageFilter.MinFilter(9)), np.float32) / 255)


def cut(ink: Ink) -> Ink:
    rows, columns = np.flatnonzero(ink.max(1) > 0.1), np.flatnonzero(ink.max(0) > 0.1)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def framed(image: Image.Image, inset: int, width: int, colour: tuple[int, ...]) -> Image.Image:
    box = (inset, inset, image.width - 1 - inset, image.height - 1 - inset)
    ImageDraw.Draw(image).rectangle(box, outline=colour, width=width)
    return image


def bordered(image: Image.Image, border: int, colour: tuple[int, ...]) -> Image.Image:
    ground = Image.new("RGB", (image.width + 2 * border, image.height + 2 * border), colour)
    return placed(image, ground, border, border)


def on_a_table(image: Image.Image, rng: Generator, colour: tuple[int, ...]) -> Image.Image:
    left, top = (int(v) for v in rng.integers(0, 61, 2))
    return placed(image, Image.new("RGB", (image.width + 60, image.height + 60), colour), left, top)


def askew(image: Image.Image, rng: Generator) -> Image.Image:
    return image.convert("RGBA").rotate(float(rng.uniform(-12, 12)), Image.Resampling.BICUBIC, expand=True)


def turned(paper: Image.Image, rng: Generator) -> Image.Image:
    return paper.rotate(float(rng.uniform(-8, 8)), Image.Resampling.BICUBIC, fillcolor=PAPER)


def with_black_sides(image: Image.Image, rng: Generator) -> Image.Image:
    w, h = image.size
    sides = [(0, 0, w, 5), (0, h - 6, w, h), (0, 0, 5, h), (w - 6, 0, w, h)]
    for side in rng.permutation(4)[: rng.integers(1, 4)]:
        ImageDraw.Draw(image).rectangle(sides[side], fill=(12, 12, 12))
    return image


def stamped(image: Image.Image) -> Image.Image:
    sheet = placed(image, Image.new("RGB", (320, 320), PAPER), 10, 90)
    draw = ImageDraw.Draw(sheet)
    draw.ellipse((236, 12, 306, 82), outline=(190, 60, 70), width=4)
    draw.text((252, 38), "PAID", fill=(190, 60, 70), font=font(16))
    return sheet


def slant(image: Image.Image, rng: Generator) -> Ink:
    y, x = places(image)
    angle = rng.uniform(0, 2 * np.pi)
    return (0.7 + 0.5 * (x * np.cos(angle) + y * np.sin(angle))).clip(0, 1)


def soft(image: Image.Image, rng: Generator) -> Ink:
    coarse = Image.fromarray(rng.uniform(0.45, 1, (4, 4)).astype(np.float32))
    return np.asarray(coarse.resize(image.size, Image.Resampling.BICUBIC)).clip(0.35, 1)


def as_jpeg(image: Image.Image) -> Image.Image:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=25)
    return Image.open(data).convert("RGB")
