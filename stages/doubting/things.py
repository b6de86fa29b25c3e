"""Things that are no digit, and digits by other hands and pens: (n, SIDE, SIDE) float32 in [0, 1], in MNIST's form."""

from collections.abc import Sequence

import numpy as np

from dnn.base.types import Array
from stages.datasets.centring import BOX, SIDE, fit_and_centre
from stages.doubting.letters import DIGITS, LETTERS, OTHER_ALPHABETS
from stages.doubting.strokes import Skeleton, fitted, ink, skeleton

# Ways to join random points, with more turns than a digit has.
SCRIBBLES = (
    *("~" + " ".join(["00"] * points) for points in (8, 10, 13)),
    *(" ".join(["00"] * points) for points in (6, 8, 10)),
    *("|".join(["00 00"] * lines) for lines in (4, 5)),
    "|".join(["~00 00 00 00 00"] * 2),
    "|".join(["~00 00 00"] * 3),
    "|".join(["00 00 00"] * 3),
    "~00 00 00 00 00 00|00 00 00",
)


def letters(count: int, rng: np.random.Generator) -> Array:
    """Letters and signs."""
    return drawn([form for forms in LETTERS.values() for form in forms], count, rng)


def other_alphabets(count: int, rng: np.random.Generator) -> Array:
    """Letters of alphabets that the others do not have."""
    return drawn([form for forms in OTHER_ALPHABETS.values() for form in forms], count, rng)


def digits(count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Digits, and which they are."""
    pairs = [(form, digit) for digit, forms in DIGITS.items() for form in forms]
    images = drawn([form for form, _ in pairs], count, rng)
    return images, np.resize([digit for _, digit in pairs], count)


def drawn(forms: Sequence[str], count: int, rng: np.random.Generator) -> Array:
    """Drawings of the skeletons, in turn, their points moved as a hand may move them."""
    out = np.empty((count, SIDE, SIDE), np.float32)
    for k, form in enumerate(forms):
        lines, n = skeleton(form), len(range(k, count, len(forms)))
        shaky = rng.uniform(0, 0.45, (n, 1, 1)) * (rng.random((n, 1, 1)) < 0.7)  # of the grid
        out[k :: len(forms)] = by_pens(lines, lines.points + shaky * rng.standard_normal((n, *lines.points.shape)), rng)
    return out


def scribbles(count: int, rng: np.random.Generator) -> Array:
    """Lines and curves through random points."""
    out = np.empty((count, SIDE, SIDE), np.float32)
    for k, form in enumerate(SCRIBBLES):
        lines, n = skeleton(form), len(range(k, count, len(SCRIBBLES)))
        out[k :: len(SCRIBBLES)] = by_pens(lines, rng.uniform(0, 8, (n, *lines.points.shape)), rng)
    return out


def by_pens(lines: Skeleton, points: Array, rng: np.random.Generator) -> Array:
    """Drawings of one skeleton with its points at (n, points, 2), slanted, widened and by all kinds of pens."""
    n = len(points)
    start, end = lines.start @ points, lines.end @ points
    if rng.random() < 0.4:  # serifs
        half = rng.uniform(0.3, 1.2, (n, 1, 1)) * np.array([1, 0])
        ends = points[:, lines.tips]
        start, end = np.concatenate([start, ends - half], axis=1), np.concatenate([end, ends + half], axis=1)
    angle, slant, width = rng.normal(0, 0.07, n), rng.normal(0.05, 0.15, n), np.exp(rng.normal(0, 0.2, n))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[width * cos, width * sin], [-slant * cos - sin, cos]]).transpose(2, 0, 1)
    radius = rng.uniform(0.6, 2.3, n)  # pixels
    ratio = np.exp(
        rng.normal(0.1, 0.35, n).clip(-0.6, 1) * (rng.random(n) < 0.5)
    )  # of thick lines down to those across
    pen = np.stack([radius * np.sqrt(ratio), radius / np.sqrt(ratio)], axis=1).clip(0.5, 2.8)
    return ink(*fitted(start @ turn, end @ turn, pen), pen, rng.uniform(0.7, 1.8, n))


def solids(count: int, rng: np.random.Generator) -> Array:
    """Filled outlines around a centre: discs, blots, polygons and stars, some of them with a hole."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    out = []
    for _ in range(count):
        waves = rng.normal(0, rng.uniform(0, 0.3), 4)
        angle = np.arctan2(y, x) + rng.uniform(0, 2 * np.pi)
        radius = 1 + sum(wave * np.cos(times * angle) for times, wave in enumerate(waves, start=2))
        if rng.random() < 0.5:
            step = 2 * np.pi / rng.integers(3, 12)
            radius = radius * np.cos(step / 2) / np.cos(angle % step - step / 2)
        wide, high = rng.uniform(0.5, 1, 2) ** (rng.random(2) < 0.5)
        distance = np.hypot(x / wide, y / high)
        inside = 9.5 * radius.clip(0.2, 1.4) - distance
        if rng.random() < 0.2:
            inside = np.minimum(inside, distance - rng.uniform(1, 4))
        out.append(np.clip(inside / rng.uniform(0.7, 2) + 0.5, 0, 1))
    return centred(out)


def noise(count: int, rng: np.random.Generator) -> Array:
    """Random squares, fine or coarse, sharp or soft."""
    out = []
    for _ in range(count):
        cells = int(rng.integers(3, BOX + 1))
        grid = (rng.random((cells, cells)) < rng.uniform(0.15, 0.85)) * rng.uniform(0.3, 1, (cells, cells))
        A = magnifying(cells, BOX, rng.random() < 0.5)
        out.append(A @ grid @ A.T)
    return centred(out)


def mixtures(count: int, rng: np.random.Generator, images: Array, labels: Array) -> Array:
    """Digits, (m, SIDE, SIDE) and which they are, two side by side or one over the other, in four parts put together
    anew, or on their sides where that makes no other digit.
    """
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


def centred(images: Sequence[Array]) -> Array:
    """Each in MNIST's form; an empty one where there is no ink."""
    out = np.zeros((len(images), SIDE, SIDE), np.float32)
    for k, image in enumerate(images):
        rows, columns = (np.flatnonzero(image.max(axis=axis) > 0.1) for axis in (1, 0))
        if len(rows):
            out[k] = fit_and_centre(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return out


def by_other_pens(images: Array, rng: np.random.Generator) -> Array:
    """The same drawings by thicker and thinner pens, some in fewer pixels, in 256 levels as pictures have them."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    near = [padded[:, 1 + i : 1 + i + SIDE, 1 + j : 1 + j + SIDE] for i, j in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    share = rng.uniform(-0.7, 1, (len(images), 1, 1)) * (rng.random((len(images), 1, 1)) < 0.6)
    share = share.astype(np.float32)
    most, least = (extreme.reduce([images, *near]) for extreme in (np.maximum, np.minimum))
    out = images + share.clip(0) * (most - images) + (-share).clip(0) * (least - images)
    pixels = rng.integers(8, 17, len(images)) * (rng.random(len(images)) < 0.35)
    for few in range(8, 17):
        A = magnifying(few, SIDE, smooth=True) @ averaging(SIDE, few)
        out[pixels == few] = A @ out[pixels == few] @ A.T
    levels = np.round(255 * out / np.maximum(out.max(axis=(1, 2), keepdims=True), 0.1))
    return levels.astype(np.float32) / np.float32(255)


def magnifying(cells: int, pixels: int, smooth: bool) -> Array:
    """(pixels, cells) matrix that makes each cell many pixels, of its own value or between it and its neighbour's."""
    place = (np.arange(pixels) + 0.5) * cells / pixels - 0.5
    distance = np.abs(place[:, None] - np.arange(cells))
    weight = (1 - distance).clip(0) if smooth else (distance == distance.min(axis=1, keepdims=True)).astype(float)
    return weight / weight.sum(axis=1, keepdims=True)


def averaging(pixels: int, cells: int) -> Array:
    """(cells, pixels) matrix of the means over equal parts."""
    edges, place = np.arange(cells + 1) * pixels / cells, np.arange(pixels)
    low, high = np.maximum(edges[:-1, None], place), np.minimum(edges[1:, None], place + 1)
    return (high - low).clip(0) * cells / pixels
