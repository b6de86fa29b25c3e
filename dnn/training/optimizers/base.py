"""What an optimizer is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import numpy as np

from dnn.base.options import check_options
from dnn.base.threads import PARTS, Threads
from dnn.base.types import Array

CHUNK = 131072  # elements updated at a time: few calls for NumPy, and a chunk of every vector stays in the caches


@dataclass
class Optimizer:
    """Keeps its vectors (momentum and the like) between steps; a copy of it continues as the original would.

    The dataclass fields of a subclass are its options; one out of its range raises InputError.
    """

    kind: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()  # the vectors it keeps, each as long as the parameters, starting at 0
    scratch: ClassVar[tuple[str, ...]] = ("t",)  # memory for results in between, as long as a chunk

    steps: int = field(init=False, default=0)
    state: dict[str, Array] = field(init=False, repr=False, default_factory=dict)
    threads: Threads = field(init=False, repr=False, compare=False, default_factory=Threads)

    def __post_init__(self) -> None:
        check_options(self, f"optimizer {self.kind}: ")

    def step(
        self, params: Array, grads: Array, learning_rate: float, segments: Sequence[tuple[slice, float]] | None = None
    ) -> None:
        """Change `params` in place.

        Args:
            params: (size,) vector.
            grads: (size,) gradient of the loss; left as it is.
            learning_rate: at least 0.
            segments: the parts to change, each with its factor for the learning rate; None means all of it.
        """
        self.prepare(params)
        self.steps += 1
        for part, factor in [(slice(0, len(params)), 1.0)] if segments is None else segments:
            vectors = [params, grads, *(self.state[name] for name in self.slots)]
            chunk = partial(self._chunk, factor * learning_rate)
            self.threads.each(CHUNK * params.itemsize, chunk, *(vector[part] for vector in vectors))

    def _chunk(self, learning_rate: float, piece: int, w: Array, g: Array, *slots: Array) -> None:
        """Change these elements of all vectors; chunks of other pieces may run at the same time."""
        scratch = [self.state[name][piece, : len(w)] for name in self.scratch]
        self.update(w, g, learning_rate, *scratch, *slots)

    def use(self, threads: Threads) -> None:
        """Compute in these threads; their number changes no result."""
        self.threads = threads

    def prepare(self, params: Array) -> None:
        """Make the vectors for such parameters, where there are none yet."""
        if not self.state:
            self.state = {name: np.zeros_like(params) for name in self.slots}
            shape = PARTS, min(CHUNK, len(params))
            self.state |= {name: np.zeros(shape, params.dtype) for name in self.scratch}

    def update(self, w: Array, g: Array, learning_rate: float, t: Array, *slots: Array) -> None:
        """One chunk of the step: w and the slots change in place; t, and what else `scratch` names, is scratch."""
        raise NotImplementedError
