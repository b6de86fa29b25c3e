"""The pictures of data/examples, for a first try: digits drawn by strokes, as a pen, a pencil, chalk and a camera show
them, and a face, which is no digit.

python -m tests.stages.pictures.examples data/examples
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from stages.datasets.centring import SIDE
from stages.doubting.strokes import fitted, ink, skeleton
from tests.stages.pictures.conditions import askew, bordered
from tests.stages.pictures.drawing import PAPER, SCALE, Ink, grainy, half_dark, magnified, on, painted, ruled

FACE = "~40 61 73 75 67 48 27 15 13 21 40|32 33|52 53|~25 36 56 65"
DIGITS = {
    "0": "~40 20 02 06 28 48 66 62 40",
    "1": "30 18",
    "2": "~02 10 30 52 43 25 08|08 28 58",
    "3": "~02 10 40 52 34 24|~24 44 56 38 18 06",
    "4": "30 05 65|41 48",
    "5": "60 10 04|~04 33 55 48 18 07",
    "7": "00 60 28",
}


def drawn(text: str, pen: float) -> Ink:
    """The strokes as ink in MNIST's form, by a round pen of that radius in its pixels."""
    lines = skeleton(text)
    ends = lines.start @ lines.points, lines.end @ lines.points
    start, end = fitted(ends[0][None], ends[1][None], np.full((1, 2), pen))
    return ink(start, end, np.full((1, 2), pen), np.full(1, 1.2))[0]


def written(numbers: Sequence[str], pen: float, scale: float = SCALE) -> Ink:
    """Numbers below each other, at the resolution of a picture and with the sharp edges of a pen."""
    width = max(map(len, numbers)) * SIDE
    rows = [np.concatenate([drawn(DIGITS[digit], pen) for digit in digits], axis=1) for digits in numbers]
    whole = np.concatenate([np.pad(row, ((0, 0), (0, width - row.shape[1]))) for row in rows])
    return sharp(magnified(np.pad(whole, 3), scale))


def sharp(blurred: Ink) -> Ink:
    """Ink of which no more than the edges are between paper and full ink."""
    return (3 * blurred - 1).clip(0, 1)


def photo(rng: np.random.Generator) -> Image.Image:
    """A sheet of ruled paper, askew on a table and half in the shadow."""
    sheet = askew(on(ruled(rng), sharp(magnified(drawn(DIGITS["3"], 1.3)))), rng)
    return grainy(half_dark(bordered(sheet, 30, (90, 70, 60)), rng, 0.3), rng, 6)


EXAMPLES: dict[str, Callable[[np.random.Generator], Image.Image]] = {
    "42.png": lambda rng: painted(written(["42"], 1.2, 5)),
    "blackboard.jpg": lambda rng: grainy(
        painted(written(["12", "307"], 1.4, 4), (45, 62, 54), (225, 228, 220)), rng, 8
    ),
    "face.png": lambda rng: painted(sharp(magnified(drawn(FACE, 0.7)))),
    "pencil.jpg": lambda rng: grainy(painted(written(["5"], 1), PAPER, (165, 165, 165)), rng, 5),
    "photo.jpg": photo,
}


def main(folder: str) -> None:
    """Draw them."""
    for place, (name, draw) in enumerate(EXAMPLES.items()):
        draw(np.random.default_rng(place)).save(Path(folder) / name, optimize=True, quality=85)


if __name__ == "__main__":
    main(*sys.argv[1:])
