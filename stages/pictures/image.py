"""A picture of any kind -> MNIST's form, or, of what is no digit, a square of grey levels.

The steps are chosen so that a picture that has MNIST's form already comes through as it is.
"""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from dnn.base.errors import InputError
from dnn.base.types import Array
from stages.datasets.centring import fit_and_centre

ENOUGH = 256  # pixels of the shorter side: larger pictures are averaged down, which also averages their noise out
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue, ITU-R BT.601
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP", "ICO", "TGA")  # no EPS: Pillow runs Ghostscript on it


def read_picture(data: bytes) -> Image.Image:
    """Decode a picture file, the first frame where it has several, upright by its EXIF orientation.

    Raises:
        InputError: it is empty, of no known format, damaged, or too large.
    """
    if not data:
        raise InputError("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # oddities that Pillow can read over
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = ImageOps.exif_transpose(Image.open(io.BytesIO(data), formats=FORMATS))
            return image if image.mode[0] in "IF" else image.convert("RGBA")
    except UnidentifiedImageError:
        raise InputError(f"not a picture of a known format ({', '.join(FORMATS)})") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise InputError(f"more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller") from None
    except Exception as error:  # decoders meet damage with many kinds of exception
        raise InputError(f"the picture is damaged ({' '.join(str(error).split())})") from None


def to_mnist(image: Image.Image) -> Array:
    """Any picture of one digit -> (784,) float32 in [0, 1], in MNIST's form.

    Raises:
        InputError: nothing stands out from the background.
    """
    ink = ink_of(colours_of(image))
    top, bottom, left, right = box_of(ink)
    return fit_and_centre(ink[top:bottom, left:right]).ravel()


def to_square(image: Image.Image, side: int) -> Array:
    """Any picture -> (side * side,) float32 in [0, 1]: its grey levels, on a background that is dark or made so.

    The longer side of the picture gets `side` pixels, the other is filled up with background on both ends. A picture of
    this size whose border is dark comes through as it is. Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST", section 2.
    """
    colours = colours_of(image)
    grey = colours @ LUMA if colours.shape[2] == 3 else colours[..., 0]
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = np.median(border)
    if paper > 0.5:
        grey, paper = 1 - grey, 1 - paper
    height, width = grey.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size != (width, height):
        filters = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
        grey = np.asarray(Image.fromarray(np.ascontiguousarray(grey, np.float32)).resize(size, filters))
    out = np.full((side, side), paper, np.float32)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = grey.clip(0, 1)
    return out.ravel()


def colours_of(image: Image.Image) -> Array:
    """Picture -> (height, width, channels) in [0, 1], opaque; one channel where its pixels are numbers, else three."""
    factor = max(1, min(image.size) // ENOUGH)
    if image.mode[0] in "IF":  # 16 or 32 bits; how many of them are in use only the values tell
        levels = np.nan_to_num(np.asarray(image, np.float32))
        levels = levels / max(np.abs(levels).max(), np.finfo(np.float32).tiny)
        return np.asarray(Image.fromarray(levels).reduce(factor))[..., None]
    return over_paper(np.asarray(image.convert("RGBA").reduce(factor), np.float32) / 255)


def over_paper(rgba: Array) -> Array:
    """Lay a picture with transparency over a colour that its ink stands out from: (..., 4) -> (..., 3)."""
    colour, alpha = rgba[..., :3], rgba[..., 3:]
    seen = alpha[..., 0] > alpha.max() / 2
    if seen.all() or not seen.any():
        return colour if seen.any() else np.zeros_like(colour)
    visible = colour[seen]
    box = np.ptp(np.argwhere(seen), axis=0) + 1
    # A full box of several colours is a card that brings its own paper; all else is ink, light or dark.
    is_card = len(visible) > 0.7 * box.prod() and visible.std(axis=0).max() > 0.05
    paper = np.median(visible, axis=0) if is_card else np.float32(visible.mean() < 0.5)
    return alpha * colour + (1 - alpha) * paper


def ink_of(colours: Array) -> Array:
    """(height, width, channels) -> (height, width): how far each pixel goes from the background towards the ink.

    The border of the picture tells the background; the ink is what differs most from it. So it does not matter which
    of the two is lighter, or that they differ in hue alone.
    """
    border = np.ones(colours.shape[:2], bool)
    border[1:-1, 1:-1] = False
    difference = colours - background(colours, border)
    # The cube lets the ink outweigh the noise, which also points to all sides.
    direction = (difference * (difference**2).sum(axis=2, keepdims=True)).sum(axis=(0, 1))
    direction /= max(np.linalg.norm(direction), np.finfo(np.float32).tiny)
    ink = difference @ direction / np.sqrt(len(direction))
    noise = 3 * 1.4826 * np.median(np.abs(ink[border]))  # three standard deviations, by the median as ink may touch
    ink = (ink - noise).clip(0)
    if ink.max() <= max(0.03, noise):
        raise InputError("no digit in it: nothing stands out from the background")
    return ink


def background(colours: Array, border: Array) -> Array:
    """The plane through the colours of the border, so that light falling in from one side is taken out.

    Fitted by least absolute deviations (as least squares with weights 1 / |residual|): ink that touches the border
    does not count, and a border of one colour gives exactly that colour.
    """
    height, width = border.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    plane = np.stack([np.ones_like(x), x, y], axis=2)
    A, B = plane[border], colours[border].astype(np.float64)
    weight = np.ones((len(A), 1))
    for _ in range(10):
        fit = np.linalg.lstsq(A * weight, B * weight)[0]
        weight = 1 / np.sqrt(np.abs(B - A @ fit).max(axis=1, keepdims=True) + 1e-3)
    return plane @ fit


def box_of(ink: Array) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of the digit, leaving out specks that stand apart from it."""
    filled = np.where(ink > 0.1 * ink.max(), ink, 0)
    top, bottom, left, right = 0, filled.shape[0], 0, filled.shape[1]
    for _ in range(2):  # a speck beside the digit may stretch its rows until its columns are gone
        top, bottom = (top + end for end in span(filled[top:bottom, left:right].sum(axis=1)))
        left, right = (left + end for end in span(filled[top:bottom, left:right].sum(axis=0)))
    return top, bottom, left, right


def span(profile: Array) -> tuple[int, int]:
    """Start and end of the runs above zero that hold at least a fiftieth of the whole."""
    ends = np.flatnonzero(np.diff(profile > 0, prepend=False, append=False))
    runs = [(a, b) for a, b in ends.reshape(-1, 2) if profile[a:b].sum() >= 0.02 * profile.sum()]
    return int(runs[0][0]), int(runs[-1][1])
