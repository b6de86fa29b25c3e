"""Windows as max and average pooling share them."""

from dataclasses import dataclass

from dnn.base.options import option
from dnn.base.types import Shape
from dnn.layers.base import Layer
from dnn.layers.windows import PADDINGS, SIZE, Size, make_grid, places

CHUNK = 1 << 19  # bytes of input that are worked on at a time, which then stay in the second-level cache


@dataclass
class Pool(Layer):
    """A pass over all windows at once for each place in a window: one operation with the top left pixels of all
    windows, one with the pixels beside them, and so on.

    Places outside of the input never count.
    """

    size: Size = option(doc="height and width of a window, or one number for both", kind=SIZE)
    stride: Size | None = option(
        None, "steps from window to window, down and to the right, or one number; none: size", kind=SIZE
    )
    padding: str = option("valid", "see `make_grid`", choices=PADDINGS)

    def build(self, input_shape: Shape) -> Shape:
        stride = self.size if self.stride is None else self.stride
        grid = make_grid(self.kind, input_shape, self.size, stride, self.padding)
        rows, columns = (list(places(*axis)) for axis in zip(*grid[:4], input_shape[:2], strict=True))
        # (index into the windows, index into the input), row by row
        self._places = [((slice(None), r, c), (slice(None), i, j)) for r, i in rows for c, j in columns]
        # every element in exactly one window: nothing to add up, and nothing to leave at 0
        self._tiled = grid.size == grid.stride and all(
            o * k == e for o, k, e in zip(grid.out, grid.size, input_shape[:2], strict=True)
        )
        self._input_shape, self._out = input_shape, (*grid.out, input_shape[2])
        return self._out
