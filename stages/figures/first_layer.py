"""The patterns that the first layer looks for: weights of its units, or kernels of its filters, as tiles."""

import numpy as np

from dnn.base.types import Array
from dnn.network import Network
from stages.figures.style import SIGNED, Figure, house_style, new_figure
from stages.figures.tiles import mosaic

PIECE = 1 << 24  # numbers held at a time
DEAD = 0.25  # as only a relu's dead unit is 0, while a silu's still stirs


def weights(network: Network) -> Array:
    """The weights of the first layer that has any; a residual block has "0.W"."""
    named = (item for layer in network.layers for item in layer.parameters.items())
    return next(W for name, W in named if name.rpartition(".")[2] == "W")


def alive(network: Network, X: Array) -> Array:
    """(units,) whether a unit of the first layer tells the images X, (n, pixels), apart: whether its answers, after the
    normalization and activation that follow on it, range over more than `DEAD` times what the median unit's do. Of a
    residual block all are alive.
    """
    first = next(place for place, layer in enumerate(network.layers) if layer.parameter_shapes)
    if "W" not in network.layers[first].parameter_shapes:
        return np.ones(weights(network).shape[-1], bool)
    shape, count = network.output_shapes[first], first + 1
    while count < len(network.layers) - 1 and network.output_shapes[count] == shape:
        if any(name.rpartition(".")[2] == "W" for name in network.layers[count].parameter_shapes):
            break
        count += 1
    size = max(1, PIECE // int(np.prod(shape)))
    low, high = np.full(shape[-1], np.inf), np.full(shape[-1], -np.inf)
    for start in range(0, len(X), size):
        Y = network.features(X[start : start + size], count).reshape(-1, shape[-1])
        low, high = np.minimum(low, Y.min(axis=0)), np.maximum(high, Y.max(axis=0))
    lively: Array = high - low > DEAD * np.median(high - low)
    return lively


@house_style()
def first_layer(network: Network, X: Array, caption: str, most: int = 256) -> Figure:
    """The weights into each unit or filter, the strongest first, without the dead, see `alive`.

    A convolution has a tile for each channel of each filter. Inputs that are no square image are drawn as one matrix.

    Args:
        network: of an ensemble the first.
        X: (n, pixels), the validation images.
        most: tiles at most.
    """
    W, lively = weights(network), alive(network, X)
    unit, count = ("filter", W.shape[-1]) if W.ndim == 4 else ("unit", W.shape[-1])
    dead = count - np.count_nonzero(lively)
    tiles = W.T[None]
    if W.ndim == 4:
        tiles = W[..., lively].transpose(3, 2, 0, 1).reshape(-1, *W.shape[:2])
    elif round(len(W) ** 0.5) ** 2 == len(W):
        tiles = W[:, lively].T.reshape(-1, round(len(W) ** 0.5), round(len(W) ** 0.5))
    norms = np.linalg.norm(tiles, axis=(1, 2))
    tiles = tiles[np.argsort(-norms, kind="stable")[:most]]
    tiles = tiles / np.abs(tiles).max(axis=(1, 2), keepdims=True, initial=0).clip(1e-12)
    title = f"All {count:,} {unit}s of the first layer react to the images"
    if dead:
        reacts = "reacts" if dead == 1 else "react"
        title = f"{dead:,} of {count:,} {unit}s of the first layer hardly {reacts} to any image; they are not shown"
    if len(norms) > most:
        title += f"; the {most} strongest of {len(norms):,} tiles"
    columns = min(16, max(len(tiles), 1))
    rows = -(-len(tiles) // columns)
    figure = new_figure(max(columns * 0.62, 6), max(rows * 0.62, 2) + 0.8, caption, title)
    ax = figure.subplots()
    ax.axis("off")
    if len(tiles):
        ax.imshow(mosaic(tiles, columns, max(1, tiles.shape[1] // 9)), cmap=SIGNED, vmin=-1, vmax=1)
    return figure
