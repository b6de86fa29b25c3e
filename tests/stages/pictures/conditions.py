"""Pictures as people take them, made of MNIST's test images: each condition draws what a camera, a scanner or a hand adds.

A condition maps an image of a digit, (28, 28) ink in [0, 1], and a Generator to a Pillow picture. `WHOLE` leave the
digit whole, so that it can be told; `OTHERS` show something else than one digit.
"""

from collections.abc import Callable

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Ink = NDArray[np.float32]
Condition = Callable[[Ink, np.random.Generator], Image.Image]

WHOLE: dict[str, Condition] = {}
SCALE = 8  # pixels of a picture for one of MNIST
PAPER, PEN = (246, 244, 238), (40, 42, 60)


def whole(function: Condition) -> Condition:
    WHOLE[function.__name__.replace("_", " ")] = function
    return function


def magnified(ink: Ink, scale: float = SCALE) -> NDArray[np.float32]:
    """The ink of a digit at the resolution of a picture."""
    side = round(28 * scale)
    return np.asarray(Image.fromarray(ink).resize((side, side), Image.Resampling.BICUBIC)).clip(0, 1)


def painted(ink: NDArray[np.float32], paper: tuple[int, ...] = PAPER, pen: tuple[int, ...] = PEN) -> Image.Image:
    """Ink of that colour on paper."""
    mixed = np.float32(paper) + ink[..., None] * (np.float32(pen) - np.float32(paper))
    return Image.fromarray(np.round(mixed).astype(np.uint8))


def plain(ink: Ink) -> Image.Image:
    return painted(magnified(ink))


@whole
def clean(ink: Ink, rng: np.random.Generator) -> Image.Image:
    return plain(ink)


@whole
def frame_of_1_pixel(ink: Ink, rng: np.random.Generator) -> Image.Image:
    return with_frame(plain(ink), 1, (0, 0, 0))


@whole
def frame_of_4_pixels(ink: Ink, rng: np.random.Generator) -> Image.Image:
    return with_frame(plain(ink), 4, (60, 60, 60))


def with_frame(image: Image.Image, width: int, colour: tuple[int, ...]) -> Image.Image:
    ImageDraw.Draw(image).rectangle((0, 0, image.width - 1, image.height - 1), outline=colour, width=width)
    return image


@whole
def canvas_with_a_border(ink: Ink, rng: np.random.Generator) -> Image.Image:
    image, border = plain(ink), int(rng.integers(8, 25))
    canvas = Image.new("RGB", (image.width + 2 * border, image.height + 2 * border), (120, 125, 130))
    canvas.paste(image, (border, border))
    return canvas


@whole
def paper_on_a_dark_table(ink: Ink, rng: np.random.Generator) -> Image.Image:
    image = plain(ink)
    left, top = (int(v) for v in rng.integers(0, 61, 2))
    table = Image.new("RGB", (image.width + 60, image.height + 60), (62, 48, 40))
    table.paste(image, (left, top))
    return grainy(table, rng, 4)


@whole
def paper_askew_on_a_table(ink: Ink, rng: np.random.Generator) -> Image.Image:
    image, degrees = plain(ink).convert("RGBA"), float(rng.uniform(-12, 12))
    turned = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    table = Image.new("RGB", (turned.width + 30, turned.height + 30), (70, 80, 78))
    table.paste(turned, (15, 15), turned)
    return grainy(table, rng, 4)


@whole
def black_along_some_sides(ink: Ink, rng: np.random.Generator) -> Image.Image:
    image = plain(ink)
    draw = ImageDraw.Draw(image)
    w, h = image.width, image.height
    sides = [(0, 0, w, 5), (0, h - 6, w, h), (0, 0, 5, h), (w - 6, 0, w, h)]
    for side in rng.permutation(4)[: rng.integers(1, 4)]:
        draw.rectangle(sides[side], fill=(12, 12, 12))
    return image


@whole
def printed_box(ink: Ink, rng: np.random.Generator) -> Image.Image:
    image, width = plain(ink), int(rng.integers(1, 5))
    inset = int(rng.integers(4, 14))
    box = (inset, inset, image.width - inset, image.height - inset)
    ImageDraw.Draw(image).rectangle(box, outline=(50, 50, 50), width=width)
    return image


@whole
def ruled_paper(ink: Ink, rng: np.random.Generator) -> Image.Image:
    return over_lines(ink, rng, rows=True, columns=False)


@whole
def squared_paper(ink: Ink, rng: np.random.Generator) -> Image.Image:
    return over_lines(ink, rng, rows=True, columns=True)


def over_lines(ink: Ink, rng: np.random.Generator, rows: bool, columns: bool) -> Image.Image:
    """Ink over printed lines of a lighter colour than its own."""
    side, step, width = 28 * SCALE, int(rng.integers(24, 60)), int(rng.integers(1, 3))
    image = Image.new("RGB", (side, side), PAPER)
    draw, colour = ImageDraw.Draw(image), tuple(int(v) for v in rng.integers(120, 200, 3))
    start = int(rng.integers(0, step))
    for place in range(start, side, step):
        if rows:
            draw.line((0, place, side, place), fill=colour, width=width)
        if columns:
            draw.line((place, 0, place, side), fill=colour, width=width)
    paper, big = np.asarray(image, np.float32), magnified(ink)[..., None]
    return Image.fromarray(np.round(paper + big * (np.float32(PEN) - paper)).astype(np.uint8))


@whole
def specks(ink: Ink, rng: np.random.Generator) -> Image.Image:
    image = plain(ink)
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, r = rng.uniform(0, image.width), rng.uniform(0, image.height), rng.uniform(0.5, 3)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(70, 60, 60))
    return image


@whole
def stamp_in_a_corner(ink: Ink, rng: np.random.Generator) -> Image.Image:
    big = Image.new("RGB", (320, 320), PAPER)
    big.paste(plain(ink), (10, 90))
    draw = ImageDraw.Draw(big)
    draw.ellipse((236, 12, 306, 82), outline=(190, 60, 70), width=4)
    draw.text((252, 38), "PAID", fill=(190, 60, 70), font=font(16))
    return big


@whole
def hard_shadow(ink: Ink, rng: np.random.Generator) -> Image.Image:
    image = np.asarray(plain(ink), np.float32)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]] / image.shape[0] - 0.5
    angle, place = rng.uniform(0, 2 * np.pi), rng.uniform(-0.35, 0.35)
    dark = 1 / (1 + np.exp(-(x * np.cos(angle) + y * np.sin(angle) - place) * 60))
    return Image.fromarray((image * (1 - 0.45 * dark[..., None])).astype(np.uint8))


@whole
def soft_shadows(ink: Ink, rng: np.random.Generator) -> Image.Image:
    image = np.asarray(plain(ink), np.float32)
    coarse = Image.fromarray(rng.uniform(0.45, 1, (4, 4)).astype(np.float32))
    light = np.asarray(coarse.resize((image.shape[1], image.shape[0]), Image.Resampling.BICUBIC)).clip(0.35, 1)
    return Image.fromarray((image * light[..., None]).astype(np.uint8))


@whole
def vignette(ink: Ink, rng: np.random.Generator) -> Image.Image:
    image = np.asarray(plain(ink), np.float32)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]] / image.shape[0] - 0.5
    return Image.fromarray((image * (1 - 0.9 * (x**2 + y**2))[..., None]).clip(0, 255).astype(np.uint8))


@whole
def grain(ink: Ink, rng: np.random.Generator) -> Image.Image:
    return grainy(plain(ink), rng, 16)


def grainy(image: Image.Image, rng: np.random.Generator, deviation: float) -> Image.Image:
    noisy = np.asarray(image, np.float32) + rng.normal(0, deviation, (image.height, image.width, 3))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


@whole
def small_in_a_large_sheet(ink: Ink, rng: np.random.Generator) -> Image.Image:
    sheet = Image.new("RGB", (600, 800), PAPER)
    digit = painted(magnified(ink, 3))
    sheet.paste(digit, (int(rng.integers(20, 480)), int(rng.integers(20, 680))))
    return sheet


@whole
def cut_to_the_ink(ink: Ink, rng: np.random.Generator) -> Image.Image:
    big = magnified(ink)
    rows, columns = np.flatnonzero(big.max(1) > 0.1), np.flatnonzero(big.max(0) > 0.1)
    return painted(big[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


@whole
def chalk_on_a_blackboard(ink: Ink, rng: np.random.Generator) -> Image.Image:
    return grainy(painted(magnified(ink), (45, 62, 54), (225, 228, 220)), rng, 8)


@whole
def pencil(ink: Ink, rng: np.random.Generator) -> Image.Image:
    return grainy(painted(magnified(ink), PAPER, (165, 165, 165)), rng, 5)


@whole
def thin_pen(ink: Ink, rng: np.random.Generator) -> Image.Image:
    thick = Image.fromarray((magnified(ink) * 255).astype(np.uint8)).filter(ImageFilter.MinFilter(9))
    return painted(np.asarray(thick, np.float32) / 255)


@whole
def jpeg(ink: Ink, rng: np.random.Generator) -> Image.Image:
    import io

    data = io.BytesIO()
    plain(ink).save(data, "JPEG", quality=25)
    return Image.open(data).convert("RGB")


@whole
def mnist_form(ink: Ink, rng: np.random.Generator) -> Image.Image:
    return Image.fromarray(np.round(ink * 255).astype(np.uint8))


def font(size: int, name: str = "DejaVuSans") -> ImageFont.FreeTypeFont:
    """A font that matplotlib brings along."""
    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf", size)


FONTS = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono-Bold", "STIXGeneral", "DejaVuSans-Oblique")
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYabdefhkmnprtuwxy&?@#%$+=*"  # none that is drawn as a digit may be


def letter(character: str, name: str = "DejaVuSans") -> Image.Image:
    image = Image.new("RGB", (240, 240), PAPER)
    ImageDraw.Draw(image).text((120, 120), character, fill=PEN, font=font(150, name), anchor="mm")
    return image


def shapes() -> dict[str, Image.Image]:
    """Things that are no digit."""
    drawn = {}
    for name in ("disc", "square", "triangle", "star", "cross", "house", "arrow", "spiral", "smile", "check"):
        image = Image.new("RGB", (240, 240), PAPER)
        outline(ImageDraw.Draw(image), name)
        drawn[name] = image
    return drawn


def outline(draw: ImageDraw.ImageDraw, name: str) -> None:
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


def pair(left: Ink, right: Ink, gap: int = 0) -> Image.Image:
    """Two digits side by side."""
    a, b = plain(left), plain(right)
    both = Image.new("RGB", (a.width + b.width + gap, a.height), PAPER)
    both.paste(a, (0, 0))
    both.paste(b, (a.width + gap, 0))
    return both
