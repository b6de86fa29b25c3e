"""Images as the output layer sees them: where the hidden layers have put them, and what lies near."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from dnn.base.blas import blas_threads
from dnn.base.types import Array
from dnn.network import Network
from stages.datasets.splits import Split
from stages.figures.findings import Table, is_right, surest_errors
from stages.figures.style import GREY, ORANGE, Figure, are_long, bare, house_style, new_figure
from stages.figures.tiles import mosaic, show_images

NEAREST, ERRORS = 9, 100  # training images to each of so many errors, the most confident
PIECE, MAP = 1 << 24, 1 << 25  # numbers held at a time, and kept for the map
STEPS, DIRECTIONS = 12, 8  # of the search for the principal components


@dataclass(frozen=True)
class Hidden:
    """The data as the output layer sees it.

    Args:
        values: how many numbers it sees of an image.
        seen: (m, values) of the first test images.
        own: share of the test images that lie nearest to the mean of the training images of their own class.
        errors: rows of the most confident errors, (e,).
        nearest: (e, k) training images that lie nearest to each of them, the nearest first.
    """

    values: int
    seen: Array
    own: float
    errors: Array
    nearest: Array


def before_output(network: Network, X: Array) -> Array:
    """(n, pixels) -> (n, values) float32, what the layers before the last make of it."""
    count = len(network.layers) - 1
    seen = network.features(X, count) if count else X
    return seen.reshape(len(X), prod(seen.shape[1:]))


def look(network: Network, train: Split, test: Split, table: Table) -> Hidden:
    """Pass both splits through the hidden layers, in pieces that fit into memory."""
    values = prod(network.output_shapes[-2]) if len(network.layers) > 1 else prod(network.input_shape)
    size = max(1, PIECE // max(values, train.images.shape[1]))
    errors = surest_errors(table)[:ERRORS]
    asked = before_output(network, test.images[errors])
    classes = train.labels.shape[1]
    totals, best, nearest = np.zeros((classes, values)), np.empty((len(errors), 0)), np.empty((len(errors), 0), int)
    with blas_threads(1):  # sums depend on the number of threads
        for start in range(0, len(train.images), size):
            piece = before_output(network, train.images[start : start + size])
            totals += train.labels[start : start + size].T @ piece
            far = np.concatenate([best, (piece**2).sum(axis=1) - 2 * asked @ piece.T], axis=1)
            found = np.concatenate(
                [nearest, np.broadcast_to(start + np.arange(len(piece)), (len(errors), len(piece)))], 1
            )
            order = np.argsort(far, axis=1, kind="stable")[:, :NEAREST]
            best, nearest = np.take_along_axis(far, order, 1), np.take_along_axis(found, order, 1)
        counts = train.labels.sum(axis=0)
        means = (totals / counts.clip(1)[:, None]).astype(np.float32)
        reach = np.where(counts > 0, (means**2).sum(axis=1), np.inf)
        hits = 0
        for start in range(0, len(test.images), size):
            piece = before_output(network, test.images[start : start + size])
            told = (reach - 2 * piece @ means.T).argmin(axis=1)
            hits += int(np.count_nonzero(told == test.digits[start : start + size]))
    seen = before_output(network, test.images[: max(100, MAP // values)])
    return Hidden(values, seen, hits / len(test.images), errors, nearest)


def principal_components(X: Array) -> tuple[Array, float]:
    """(n, d) -> (n, 2) places along the two directions in which the rows differ most, and their share of the variance.

    By subspace iteration, as the directions of many numbers would take long to compute exactly (Halko, Martinsson &
    Tropp 2011, "Finding structure with randomness", algorithm 4.4). The sign of each is such that its largest entry is
    above 0.
    """
    X = X - X.mean(axis=0, dtype=np.float64)
    rng = np.random.default_rng(0)
    with blas_threads(1):
        Q = np.linalg.qr(rng.standard_normal((X.shape[1], min(DIRECTIONS, X.shape[1]))))[0]
        for _ in range(STEPS):
            Q = np.linalg.qr(X.T @ (X @ Q))[0]
        _, _, rotation = np.linalg.svd(X @ Q, full_matrices=False)
        V = (Q @ rotation.T)[:, :2]
        V *= np.where(V[abs(V).argmax(axis=0), range(V.shape[1])] < 0, -1, 1)
        places = X @ V
    total = float((X**2).sum())
    share = float((places**2).sum()) / total if total else 0.0
    return np.pad(places, ((0, 0), (0, 2 - places.shape[1]))), share


@house_style()
def hidden_map(of: Hidden, images: Array, table: Table, word: str, caption: str) -> Figure:
    """Test images, (n, pixels), where the two principal components of what the output layer sees of them put them.

    Of the images that fall on one place the one next to its middle is drawn, a wrong one before the others.
    """
    places, share = principal_components(of.seen)
    columns, rows = 38, 22
    low, high = places.min(axis=0), places.max(axis=0)
    scaled = (places - low) / np.where(high > low, high - low, 1) * (columns - 1e-6, rows - 1e-6)
    cells = scaled.astype(int)
    off = ((scaled - cells - 0.5) ** 2).sum(axis=1)
    wrong = ~is_right(table)[: len(places)]
    grid = np.full(rows * columns, -1)
    for row in np.lexsort((-off, wrong)):  # the last to be written stays
        grid[(rows - 1 - cells[row, 1]) * columns + cells[row, 0]] = row
    side = round(images.shape[1] ** 0.5)
    drawn = np.where(grid[:, None] >= 0, images[grid], np.nan)
    title = (
        f"{of.own:.1%} of the test images lie nearest to the mean of their own {word}, in the {of.values:,} values "
        "that the output layer sees"
    )
    figure = new_figure(11, 7, caption, title)
    ax = figure.subplots()
    ax.imshow(mosaic(drawn, columns, 1), vmin=0, vmax=1)
    marked = np.flatnonzero((grid >= 0) & wrong[grid])
    x, y = marked % columns * (side + 1) - 0.5, marked // columns * (side + 1) - 0.5
    corners = np.array([[0, side, side, 0, 0], [0, 0, side, side, 0]])
    for left, top in zip(x, y, strict=True):
        ax.plot(left + corners[0], top + corners[1], color=ORANGE, linewidth=1.2)
    ax.set(xticks=[], yticks=[], ylabel="second principal component")
    ax.set_xlabel(f"first principal component; both together hold {share:.0%} of the variance. Framed: wrong answers")
    bare(ax)
    return figure


@house_style()
def neighbours(
    of: Hidden, train: Split, images: Array, table: Table, names: Sequence[str], caption: str, most: int = 8
) -> Figure | None:
    """The training images that lie nearest to the most confident errors among the test images, (n, pixels); None where
    there are no errors.
    """
    if not len(of.errors):
        return None
    labels = train.digits[of.nearest]
    answer, truth = (100 * (labels == table[name][of.errors][:, None]).mean() for name in ("prediction", "label"))
    shown, k = of.errors[:most], of.nearest.shape[1]
    title = (
        f"{answer:.0f}% of the training images nearest to an error have the label that the network gave, {truth:.0f}% "
        "the right one"
    )
    side = round(images.shape[1] ** 0.5)
    gap = max(1, round((0.9 if are_long(names) else 0.4) * side))
    tiles = np.concatenate([images[shown][:, None], train.images[of.nearest[:most]]], axis=1)
    between = "\n" if are_long(names) else ", "
    texts = []
    for row, own in zip(shown, labels, strict=False):
        said, truth_name = names[table["prediction"][row]], names[table["label"][row]]
        texts += [f"said {said}{between}is {truth_name}", *(names[label] for label in own)]
    tile = 10.5 / (k + 1)  # inches
    figure = new_figure(10.8, tile * len(shown) + 1, caption, title)
    ax = figure.subplots()
    show_images(ax, tiles.reshape(-1, images.shape[1]), k + 1, texts, gap)
    ax.axvline(side + gap / 2 - 0.5, color=GREY, linewidth=0.8)
    return figure
