"""Where the windows of convolution and pooling lie."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Shape

Pair = tuple[int, int]
Size = int | Sequence[int]  # of height and width, or of each


class Grid(NamedTuple):
    """Windows of `size` that start `stride` apart, the first one `before` the edge of the input; `out` of them.

    `padded` is the size of the input with its padding; its pixels are set `spread` apart among zeros. All are (height,
    width).
    """

    size: Pair
    stride: Pair
    out: Pair
    before: Pair
    padded: Pair
    spread: Pair = (1, 1)


def make_grid(kind: str, input_shape: Shape, size: Size, stride: Size, padding: str, name: str = "size") -> Grid:
    """The grid of a layer for inputs of (height, width, channels); `name` is the layer's word for the size of a window.

    'valid': windows inside of the input only, out = floor((input - size) / stride) + 1. 'same': out = ceil(input /
    stride), padded evenly on both sides, an odd row or column at the end, as TensorFlow defines it.

    Raises:
        InputError: there is none; the message names the layer's kind and the shapes.
    """
    if len(input_shape) != 3:
        raise InputError(f"{kind} needs (height, width, channels) as input, got {input_shape}")
    if padding not in ("valid", "same"):
        raise InputError(f"{kind}: padding is {padding!r}, known are valid and same")
    sizes, strides = pair(kind, name, size), pair(kind, "stride", stride)
    axes = []
    for edge, k, s in zip(input_shape[:2], sizes, strides, strict=True):
        if padding == "valid" and k > edge:
            raise InputError(
                f"{kind}: a window of {sizes} does not fit into an input of {input_shape}; make it smaller or use "
                "padding 'same'"
            )
        out = -(-edge // s) if padding == "same" else (edge - k) // s + 1
        extra = max((out - 1) * s + k - edge, 0) if padding == "same" else 0
        axes.append((out, extra // 2, edge + extra))
    (h, top, padded_h), (w, left, padded_w) = axes
    return Grid(sizes, strides, (h, w), (top, left), (padded_h, padded_w))


def pair(kind: str, name: str, value: Size) -> Pair:
    """`value` for height and width: itself twice, or its two; raises InputError where they are not 1 or more."""
    both = list(value) if isinstance(value, Sequence) else [value, value]
    if len(both) != 2 or not all(isinstance(v, int | np.integer) and v >= 1 for v in both):
        raise InputError(f"{kind}: {name} is {value}, it should be a whole number above 0 or two of them, [h, w]")
    return int(both[0]), int(both[1])


def places(size: int, stride: int, out: int, before: int, edge: int) -> Iterator[tuple[slice, slice]]:
    """Along one axis, for each place in a window: the windows that have it inside of the input, and where it is."""
    for place in range(size):
        first = max(0, -(-(before - place) // stride))
        last = min(out - 1, (edge - 1 + before - place) // stride)
        if first <= last:
            start = first * stride + place - before
            yield slice(first, last + 1), slice(start, start + (last - first) * stride + 1, stride)
