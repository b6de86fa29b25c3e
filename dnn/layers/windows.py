"""Where the windows of convolution and pooling lie."""

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any, NamedTuple

from dnn.base.errors import InputError
from dnn.base.kinds import Kind, listed, whole
from dnn.base.types import Shape

Pair = tuple[int, int]  # of height and width
Size = int | Sequence[int]  # of height and width, or of each
PADDINGS = ("valid", "same")
LARGEST = 1000  # pixels of a window or step


def size(value: Any) -> Size:
    """One whole number, or a list of two, for height and width."""
    single = isinstance(value, Real)
    height, width = (whole(edge) for edge in ([value, value] if single else listed(value)))
    if not (1 <= height <= LARGEST and 1 <= width <= LARGEST):
        raise ValueError
    return height if single else [height, width]


SIZE = Kind(f"a whole number or two, [height, width], at least 1 and at most {LARGEST}", size)


class Grid(NamedTuple):
    """Windows of `size` that start `stride` apart, the first one `before` the edge of the input; `out` of them.

    `padded` is the size of the input with its padding. All are (height, width).
    """

    size: Pair
    stride: Pair
    out: Pair
    before: Pair
    padded: Pair


def make_grid(kind: str, input_shape: Shape, size: Size, stride: Size, padding: str) -> Grid:
    """The grid of a layer for inputs of (height, width, channels).

    'valid': windows inside of the input only, out = floor((input - size) / stride) + 1. 'same': out = ceil(input /
    stride), padded evenly on both sides, an odd row or column at the end, as TensorFlow defines it.

    Raises:
        InputError: there is none; the message names the layer's kind and the shapes.
    """
    if len(input_shape) != 3:
        raise InputError(f"{kind} needs (height, width, channels) as input, got {input_shape}")
    sizes, strides = pair(size), pair(stride)
    axes = []
    for edge, k, s in zip(input_shape[:2], sizes, strides, strict=True):
        if padding == "valid" and k > edge:
            raise InputError(
                f"{kind}: a window of {sizes} does not fit into an input of {input_shape}; make it smaller or use "
                "padding 'same'"
            )
        out = -(-edge // s) if padding == "same" else (edge - k) // s + 1  # -(-a // b) is a / b, rounded up
        extra = max((out - 1) * s + k - edge, 0) if padding == "same" else 0
        axes.append((out, extra // 2, edge + extra))
    (h, top, padded_h), (w, left, padded_w) = axes
    return Grid(sizes, strides, (h, w), (top, left), (padded_h, padded_w))


def pair(value: Size) -> Pair:
    """For height and width, each its own number, or one for both."""
    height, width = value if isinstance(value, Sequence) else (value, value)
    return height, width


def places(size: int, stride: int, out: int, before: int, edge: int) -> Iterator[tuple[slice, slice]]:
    """Along one axis, for each place in a window: the windows that have it inside of the input, and where it is."""
    for place in range(max(0, before - (out - 1) * stride), min(size, before + edge)):
        first = max(0, -(-(before - place) // stride))
        last = min(out - 1, (edge - 1 + before - place) // stride)
        if first <= last:
            start = first * stride + place - before
            yield slice(first, last + 1), slice(start, start + (last - first) * stride + 1, stride)
