"""Things that are no digit, and digits by other hands: (n, SIDE, SIDE) float32 in [0, 1], in MNIST's form."""

from collections.abc import Sequence

import numpy as np

from dnn.base.types import Array
from stages.datasets.centring import BOX, SIDE
from stages.doubting.letters import DIGITS, LETTERS, OTHER_ALPHABETS, OVER, UNDER
from stages.doubting.pens import by_pens, centred, magnifying
from stages.doubting.strokes import Skeleton, skeleton

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


def accents(count: int, rng: np.random.Generator) -> Array:
    """Letters with dots, accents and hooks, also those that without them are a digit: Ä, Ö, Ş, Ž."""
    bases = [form for name, forms in LETTERS.items() if name.isalpha() and len(name) == 1 for form in forms]
    bases += [form for digit in (0, 0, 2, 5) for form in DIGITS[digit]] * 3
    forms = [marked(base, rng) for base in rng.permutation(bases)[: max(1, count // 8)]]
    return drawn(forms, count, rng)


def marked(form: str, rng: np.random.Generator) -> str:
    """The skeleton with a mark over or under it."""
    points = skeleton(form).points
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    middle, is_over = round((left + right) / 2), rng.random() < 0.75
    mark = rng.choice(OVER if is_over else UNDER)
    down = 4 - int(top) if is_over else 0
    return f"{moved(form, 2, down)}|{moved(mark, middle - 2, 0 if is_over else int(bottom))}"


def moved(form: str, right: int, down: int) -> str:
    """The skeleton at another place."""

    def point(pair: str) -> str:
        curved = pair.startswith("~")
        x, y = (int(digit, 16) for digit in pair.removeprefix("~"))
        return f"{'~' if curved else ''}{x + right:x}{y + down:x}"

    return "|".join(" ".join(point(pair) for pair in stroke.split()) for stroke in form.split("|"))


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
        out[k :: len(forms)] = by_hand(lines, lines.points + shaky * rng.standard_normal((n, *lines.points.shape)), rng)
    return out


def scribbles(count: int, rng: np.random.Generator) -> Array:
    """Lines and curves through random points."""
    out = np.empty((count, SIDE, SIDE), np.float32)
    for k, form in enumerate(SCRIBBLES):
        lines, n = skeleton(form), len(range(k, count, len(SCRIBBLES)))
        out[k :: len(SCRIBBLES)] = by_hand(lines, rng.uniform(0, 8, (n, *lines.points.shape)), rng)
    return out


def by_hand(lines: Skeleton, points: Array, rng: np.random.Generator) -> Array:
    """Drawings of one skeleton with its points at (n, points, 2), with or without serifs."""
    start, end = lines.start @ points, lines.end @ points
    if rng.random() < 0.4:
        half = rng.uniform(0.3, 1.2, (len(points), 1, 1)) * np.array([1, 0])
        ends = points[:, lines.tips]
        start, end = np.concatenate([start, ends - half], axis=1), np.concatenate([end, ends + half], axis=1)
    return by_pens(start, end, rng)


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
