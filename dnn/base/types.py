"""Names for the types that signatures share."""

from typing import Any

from numpy.typing import NDArray

# float32 in training, float64 in gradient checks; docstrings give the shapes.
Array = NDArray[Any]
Shape = tuple[int, ...]
