"""Doodles: figures put together from a few shapes at random, many of them with an axis, as faces and trees have.

Of the digits 0, 1 and 8 alone look the same in a mirror. What would be one of those is not drawn: closed curves with
nothing in them, one upright line, one ring above the other; nor is a ring with a stem where a 6 or a 9 has it.
"""

from dataclasses import dataclass

import numpy as np

from dnn.base.types import Array
from stages.datasets.centring import SIDE
from stages.doubting.pens import by_pens
from stages.doubting.strokes import curve

ALIKE = 12  # doodles that are put together in one way, of other sizes and proportions
PENS = (0.35, 1.7)  # pixels; broader ones fill all between their lines
GRID = (0, 0.5, 1)
PLACES, ACROSS = ((0.25, 0.5), (0.25, 0.5), (0.7, 1), (1.1, 1.5)), 2  # in, across and beside a shape of radius 1
TURN = 2 * np.pi


@dataclass(frozen=True)
class Part:
    """A path, (n, points, 2), and whether it is filled."""

    path: Array
    filled: bool = False

    def times(self, factor: Array | float) -> "Part":
        return Part(self.path * factor, self.filled)

    def at(self, place: Array) -> "Part":
        return Part(self.path + place, self.filled)

    def turned(self, angle: float) -> "Part":
        cos, sin = np.cos(angle), np.sin(angle)
        return Part(self.path @ np.array([[cos, sin], [-sin, cos]]), self.filled)


LEFT_TO_RIGHT, UPSIDE_DOWN = np.array([-1, 1]), np.array([1, -1])


def doodles(count: int, rng: np.random.Generator) -> Array:
    """Figures put together at random: (count, SIDE, SIDE)."""
    out = np.empty((count, SIDE, SIDE), np.float32)
    for first in range(0, count, ALIKE):
        n = min(ALIKE, count - first)
        parts = KINDS[rng.integers(len(KINDS))](n, rng)
        start = np.concatenate([part.path[:, :-1] for part in parts], axis=1)
        end = np.concatenate([part.path[:, 1:] for part in parts], axis=1)
        solid = np.repeat([part.filled for part in parts], [part.path.shape[1] - 1 for part in parts])
        out[first : first + n] = by_pens(start, end, rng, PENS, solid)
    return out


def in_quarters(n: int, rng: np.random.Generator) -> list[Part]:
    """One straight stroke and its images in two mirrors: diamonds, hourglasses, crosses."""
    while True:
        points = rng.choice(GRID, (rng.integers(2, 4), 2))
        if len(points) == 3 and (points[[0, 2]] == 0).any(axis=0).all():  # a closed curve of six corners or more
            points = points[[0, 2]]
        if points[:, 0].max() > 0 and (points[1:] != points[:-1]).any(axis=1).all():
            break
    path = points * wide(n, rng, 0.6, 1.2) + rng.normal(0, 0.04, (n, len(points), 2))
    upper = Part(path)
    parts = [upper, upper.times(UPSIDE_DOWN)]
    return parts + [part.times(LEFT_TO_RIGHT) for part in parts]


def mirrored(n: int, rng: np.random.Generator) -> list[Part]:
    """Strokes and their mirror images, some with a trunk between them or a head above: forks, arrows, trees, vases."""
    has_trunk, strokes = rng.random() < 0.5, int(rng.integers(1, 4))
    parts = []
    for _ in range(strokes):
        points = int(rng.integers(2, 5 if strokes > 1 or has_trunk else 4))
        path = rng.uniform([0.2, -1], 1, (points, 2))
        if rng.random() < 0.6:
            path = path[np.argsort(path[:, 1])]
        path[0, 0] *= rng.random() > 0.6  # on the axis
        path[-1, 0] *= points == 2 or rng.random() > 0.6
        path[:, 0] *= max(1, 0.5 / path[:, 0].max())
        path = path + rng.normal(0, 0.1, (n, points, 2))
        is_smooth = points > 2 and (strokes > 1 or has_trunk) and rng.random() < 0.4
        parts.append(Part(smooth(path) if is_smooth else path))
    parts += [part.times(LEFT_TO_RIGHT) for part in parts]
    if has_trunk:
        parts.append(Part(np.array([[0, rng.uniform(-1.2, 0)], [0, rng.uniform(0.3, 1.5)]]) + np.zeros((n, 1, 1))))
    if rng.random() < 0.25 and (strokes > 1 or has_trunk):
        parts.append(ring(n, rng).times(rng.uniform(0.2, 0.45)).at(np.array([0, -1.3])))
    return parts


def composed(n: int, rng: np.random.Generator) -> list[Part]:
    """A large shape and small ones in it, across it or beside it, many of them in pairs: faces, flags, fish, keys."""
    parts, times = [LARGE[rng.integers(len(LARGE))](n, rng)], int(rng.integers(1, 4))
    for _ in range(times):
        place = int(rng.integers(len(PLACES)))
        away, size = rng.uniform(*PLACES[place]), rng.uniform(0.15, 0.45) * (1.6 if place == ACROSS else 1)
        small = SMALL[rng.integers(len(SMALL))](n, rng).times(size * rng.uniform(0.8, 1.25, (n, 1, 1)))
        shaky = rng.normal(0, 0.07, (n, 1, 2))
        if times == 1 or rng.random() < 0.6:
            beside = small.at(np.array([away, rng.uniform(-0.7, 0.7)]) + shaky)
            parts += [beside, beside.times(LEFT_TO_RIGHT)]
        else:
            parts.append(small.at(np.array([0, away * rng.choice([-1, 1])]) + shaky))
    return parts


def with_stem(n: int, rng: np.random.Generator) -> list[Part]:
    """A ring and a straight stem away from its centre: trees, lollipops, magnifying glasses."""
    head = ring(n, rng)
    stem = np.zeros((n, 2, 2))
    stem[:, 0, 1], stem[:, 1, 1] = 0.97, rng.uniform(1.5, 2.5, n)
    stem[:, 1, 0] = rng.normal(0, 0.08, n)
    angle = float(rng.choice([0, 0, 0.25, -0.25, 0.37])) * TURN
    return [Part(head.path * wide(n, rng, 0.9, 1.3), head.filled).turned(angle), Part(stem).turned(angle)]


def around(n: int, rng: np.random.Generator) -> list[Part]:
    """A stroke turned three to six times: stars, wheels, flowers."""
    times, points = int(rng.integers(3, 7)), int(rng.integers(2, 5))
    path = rng.uniform([0.2, -0.8], [1, 0.8], (points, 2))
    path[0] *= rng.choice([0, 1])
    path = path + rng.normal(0, 0.06, (n, points, 2))
    stroke = Part(smooth(path) if rng.random() < 0.4 else path).turned(rng.uniform(0, TURN))
    return [stroke.turned(TURN * k / times) for k in range(times)]


def bars(n: int, rng: np.random.Generator) -> list[Part]:
    """A lying bar, or some that are parallel, lying, slanted or upright."""
    count = int(rng.choice([1, 1, 2, 3, 4]))
    corners = np.array([[-1, -0.5], [1, -0.5], [1, 0.5], [-1, 0.5], [-1, -0.5]])
    apart, thick = rng.uniform(0.3, 0.9), rng.uniform(0.02, 0.25, (n, 1))
    length = np.where(rng.random() < 0.5, 1, rng.uniform(0.5, 1, (count, n, 1)))
    angle = rng.normal(0, 0.12) if count == 1 else rng.choice([0, 0.25]) * TURN + rng.normal(0, 0.2)
    size = [np.stack([length[k], thick + 0 * length[k]], axis=2) for k in range(count)]
    return [Part(corners * size[k], True).at(np.array([0, apart * k])).turned(angle) for k in range(count)]


def zigzags(n: int, rng: np.random.Generator) -> list[Part]:
    """Stairs, waves and teeth."""
    steps = np.arange(rng.integers(5, 9))
    if rng.random() < 0.5:
        path = np.stack([steps, steps % 2 * rng.uniform(0.8, 3)], axis=1)
    else:
        path = np.stack([steps // 2, rng.choice([-1, 1]) * ((steps + 1) // 2)], axis=1)
    path = path + rng.normal(0, 0.1, (n, len(steps), 2))
    return [Part(smooth(path) if rng.random() < 0.3 else path).turned(rng.choice([0, 0, 0.25]) * TURN)]


def zigzags_of_three(n: int, rng: np.random.Generator) -> list[Part]:
    """Two steep strokes with a short one between them, the same when turned by half: N, lightning."""
    first, second = np.array([rng.uniform(-0.6, 0.6), -1]), np.array([rng.uniform(0.3, 0.6), rng.uniform(-0.25, 0.25)])
    path = np.stack([first, second, -second, -first]) + rng.normal(0, 0.07, (n, 4, 2))
    return [Part(path * [rng.choice([-1, 1]), 1])]


def outlines(n: int, rng: np.random.Generator) -> list[Part]:
    """Triangles and rectangles, on a side or on a corner."""
    return [polygon(n, rng)]


def wide(n: int, rng: np.random.Generator, least: float, most: float) -> Array:
    """(n, 1, 2) factors of x and y, random and 1."""
    return np.stack([rng.uniform(least, most, n), np.ones(n)], axis=1)[:, None]


def ring(n: int, rng: np.random.Generator) -> Part:
    """An ellipse of about radius 1, sometimes filled."""
    angle = TURN * np.arange(17) / 16
    return Part(np.stack([np.cos(angle), np.sin(angle)], axis=1) * wide(n, rng, 0.75, 1.1), is_filled(rng))


def is_filled(rng: np.random.Generator) -> bool:
    return bool(rng.random() < 0.12)


def dot(n: int, rng: np.random.Generator) -> Part:
    return Part(ring(n, rng).times(0.5).path, True)


def arc(n: int, rng: np.random.Generator) -> Part:
    """A part of a circle, of any direction or open to the top or bottom."""
    half = rng.uniform(0.15, 0.35)
    middle = rng.choice([0.25, 0.25, 0.75, rng.random()])
    angle = TURN * (middle + np.linspace(-half, half, 10))
    return Part(np.stack([np.cos(angle), np.sin(angle)], axis=1) + np.zeros((n, 1, 1)))


def line(n: int, rng: np.random.Generator) -> Part:
    """Lying, upright or slanted."""
    angle = TURN * rng.choice([0, 0, 0.125, 0.25, 0.375])
    way = np.array([np.cos(angle), np.sin(angle)])
    return Part(np.stack([-way, way]) + rng.normal(0, 0.1, (n, 2, 2)))


def polygon(n: int, rng: np.random.Generator) -> Part:
    """Of three or four corners, on a side, on a corner or turned at random, sometimes filled."""
    corners = int(rng.integers(3, 5))
    phase = rng.choice([0, 0.5 / corners, rng.random()]) - 0.25
    angle = TURN * (phase + np.arange(corners) / corners)
    path = np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(0, 0.07, (n, corners, 2))
    return Part(np.concatenate([path, path[:, :1]], axis=1) * wide(n, rng, 0.6, 1.3), is_filled(rng))


def zigzag(n: int, rng: np.random.Generator) -> Part:
    path = rng.uniform(-1, 1, (rng.integers(3, 6), 2))
    return Part(path + rng.normal(0, 0.1, (n, *path.shape)))


def smooth(path: Array) -> Array:
    """A curve through the points."""
    return curve(np.eye(path.shape[1])) @ path


KINDS = (in_quarters, with_stem, around, bars, zigzags, zigzags_of_three, outlines, *3 * (mirrored,), *4 * (composed,))
LARGE = (ring, ring, ring, polygon, polygon, zigzag, arc)
SMALL = (dot, dot, ring, arc, line, polygon)
