"""Digits spoiled until they are none: mixed up, turned, mirrored, crossed out, punched out of something.

All take (m, SIDE, SIDE) images of digits and which they are, and give (count, SIDE, SIDE).
"""

import numpy as np

from dnn.base.types import Array
from stages.datasets.centring import BOX, SIDE
from stages.doubting.pens import averaging, centred
from stages.doubting.strokes import ink
from stages.doubting.things import solids

MIRRORED, UPSIDE_DOWN = (3, 4, 7, 9), (3, 4, 7)
PARTS = {"top": (0, 4, 5), "bottom": (0, 3, 5), "left": (2, 3, 5)}  # that are no digit


def mixtures(count: int, rng: np.random.Generator, images: Array, labels: Array) -> Array:
    """Two side by side or one over the other, one of four parts, or one on its side where that is no other digit."""
    half, margin = SIDE // 2, slice((SIDE - BOX) // 2, (SIDE + BOX) // 2)
    to_turn = np.flatnonzero(np.isin(labels, (2, 3, 4, 5, 7)))
    out = []
    for kind in rng.integers(0, 4, count):
        a, b = images[rng.integers(len(images), size=2)]
        if kind == 0:
            far = rng.permutation([rng.integers(6, 11) * rng.choice((-1, 1)), rng.integers(-10, 11)])
            out.append(np.maximum(a, np.roll(b, far, axis=(0, 1))))
        elif kind == 1:
            out.append(np.concatenate([a[:, margin], b[:, margin]], axis=1))
        elif kind == 2:
            out.append(np.block([[b[half:, half:], a[:half, half:]], [a[half:, :half], b[:half, :half]]]))
        else:
            out.append(np.rot90(images[rng.choice(to_turn)], rng.choice((1, 3))))
    return centred(out)


def flipped(count: int, rng: np.random.Generator, images: Array, labels: Array) -> Array:
    """Those that are no other digit in a mirror or upside down."""
    mirrored, upside_down = (np.flatnonzero(np.isin(labels, which)) for which in (MIRRORED, UPSIDE_DOWN))
    return centred(
        [
            images[rng.choice(mirrored), :, ::-1] if k % 2 else images[rng.choice(upside_down), ::-1, ::-1]
            for k in range(count)
        ]
    )


def cut(count: int, rng: np.random.Generator, images: Array, labels: Array) -> Array:
    """Parts that are no digit."""
    out = []
    for part in rng.choice(list(PARTS), count):
        image = images[rng.choice(np.flatnonzero(np.isin(labels, PARTS[part])))]
        across = 0 if part == "left" else 1
        place = np.flatnonzero(image.max(axis=across) > 0.1)
        middle = round(place[0] + rng.uniform(0.4, 0.55) * np.ptp(place))
        out.append({"top": image[:middle], "bottom": image[middle:], "left": image[:, :middle]}[part])
    return centred(out)


def crossed_out(count: int, rng: np.random.Generator, images: Array, labels: Array) -> Array:
    """With two lines across, from corner to corner, or with a scribble over them."""
    del labels
    corners = np.array([[5, 5, 22, 22], [22, 5, 5, 22]]) * np.ones((count, 1, 1)) + rng.normal(0, 1.5, (count, 2, 4))
    x, y = np.linspace(4, 24, 7), np.array([9, 18, 9, 18, 9, 18, 9])
    path = np.stack([x, y], axis=1) + rng.normal(0, 2, (count, 7, 2))
    scribble = np.concatenate([path[:, :-1], path[:, 1:]], axis=2)
    lines = np.where(rng.random((count, 1, 1)) < 0.7, np.concatenate([corners] * 3, axis=1), scribble)
    pen = rng.uniform(0.5, 1.6, (count, 1)) * np.ones(2)
    over = ink(lines[..., :2], lines[..., 2:], pen, rng.uniform(0.7, 1.8, count))
    return centred(list(np.maximum(images[rng.integers(len(images), size=count)], over)))


def punched(count: int, rng: np.random.Generator, images: Array, labels: Array) -> Array:
    """Discs, boxes and blots with a hole of the form of a digit."""
    del labels
    box = np.zeros((SIDE, SIDE), np.float32)
    box[(SIDE - BOX) // 2 : (SIDE + BOX) // 2, (SIDE - BOX) // 2 : (SIDE + BOX) // 2] = 1
    out = []
    for solid in solids(count, rng):
        cells = int(rng.integers(6, 11)) * 2
        A, hole = averaging(SIDE, cells), np.zeros((SIDE, SIDE), np.float32)
        part = slice((SIDE - cells) // 2, (SIDE + cells) // 2)
        hole[part, part] = A @ images[rng.integers(len(images))] @ A.T
        out.append(np.minimum(solid if rng.random() < 0.6 else box, 1 - hole))
    return centred(out)
