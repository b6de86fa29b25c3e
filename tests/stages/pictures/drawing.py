"""Ink of MNIST's images on paper: what the pictures of `conditions.py` and `strange.py` are made of."""

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Ink = NDArray[np.float32]  # between 0 and 1; MNIST's images are (28, 28)
Colour = tuple[int, int, int]

SCALE = 8  # pixels of a picture for one of MNIST
PAPER, PEN = (246, 244, 238), (40, 42, 60)


def magnified(ink: Ink, scale: float = SCALE) -> Ink:
    """The ink at the resolution of a picture."""
    size = round(ink.shape[1] * scale), round(ink.shape[0] * scale)
    return np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)


def on(paper: Image.Image, ink: Ink, pen: Colour = PEN) -> Image.Image:
    """Ink of that colour on a picture of the same size."""
    below = np.asarray(paper.convert("RGB"), np.float32)
    return rounded(below + ink[..., None] * (np.float32(pen) - below))


def painted(ink: Ink, paper: Colour = PAPER, pen: Colour = PEN) -> Image.Image:
    """Ink on a sheet of one colour."""
    return on(Image.new("RGB", ink.shape[::-1], paper), ink, pen)


def plain(ink: Ink, paper: Colour = PAPER, pen: Colour = PEN) -> Image.Image:
    """An image of MNIST's as a clean picture."""
    return painted(magnified(ink), paper, pen)


def placed(image: Image.Image, ground: Image.Image, left: int, top: int) -> Image.Image:
    """A picture on a larger one."""
    ground.paste(image, (left, top), image if image.mode == "RGBA" else None)
    return ground


def shaded(image: Image.Image, light: Ink) -> Image.Image:
    """A picture under light of that strength, 1 where it is as it was."""
    return rounded(np.asarray(image, np.float32) * light[..., None])


def grainy(image: Image.Image, rng: np.random.Generator, deviation: float) -> Image.Image:
    """With a camera's noise, in grey levels."""
    return rounded(np.asarray(image, np.float32) + rng.normal(0, deviation, (image.height, image.width, 3)))


def rounded(levels: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.round(levels.clip(0, 255)).astype(np.uint8))


def places(image: Image.Image) -> tuple[Ink, Ink]:
    """y and x of the pixels, between -0.5 and 0.5."""
    y, x = np.mgrid[: image.height, : image.width].astype(np.float32)
    return y / image.height - 0.5, x / image.width - 0.5


def half_dark(image: Image.Image, rng: np.random.Generator, darkness: float) -> Image.Image:
    """With a shadow that has a straight edge."""
    y, x = places(image)
    angle, place = rng.uniform(0, 2 * np.pi), rng.uniform(-0.35, 0.35)
    dark = 1 / (1 + np.exp(-60 * (x * np.cos(angle) + y * np.sin(angle) - place)))
    return shaded(image, 1 - darkness * dark)


def spotted(image: Image.Image, rng: np.random.Generator, count: int, largest: float, colour: Colour) -> Image.Image:
    """With round spots of up to that radius."""
    draw = ImageDraw.Draw(image)
    for _ in range(count):
        x, y, r = rng.uniform(0, image.width), rng.uniform(0, image.height), rng.uniform(0.5, largest)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    return image


def ruled(
    rng: np.random.Generator, darkest: int = 120, columns: bool = False, dash: tuple[int, int] | None = None
) -> Image.Image:
    """Paper with printed lines, of a random colour; columns makes it squared, and dash gives (ink, gap) in pixels."""
    side, step, width = 28 * SCALE, int(rng.integers(24, 60)), int(rng.integers(1, 3))
    image = Image.new("RGB", (side, side), PAPER)
    draw, colour = ImageDraw.Draw(image), tuple(int(v) for v in rng.integers(darkest, darkest + 80, 3))
    ink, gap = dash or (side, 0)
    for place in range(int(rng.integers(0, step)), side, step):
        for start in range(0, side, ink + gap):
            draw.line((start, place, start + ink - 1, place), fill=colour, width=width)
            if columns:
                draw.line((place, start, place, start + ink - 1), fill=colour, width=width)
    return image


def font(size: int, name: str = "DejaVuSans") -> ImageFont.FreeTypeFont:
    """A font that matplotlib brings along."""
    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf", size)
