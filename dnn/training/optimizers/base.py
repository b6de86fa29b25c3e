"""The part that all optimizers share: their vectors, made once, and the step, chunk by chunk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np

from dnn.base.options import check_options
from dnn.base.threads import PARTS, Threads
from dnn.base.types import Array
from dnn.training.denormals import EVERY, drop_denormals

State = dict[str, Array]
CHUNK = 65536  # elements updated at a time: few calls for NumPy, and a chunk of every vector stays in the cache


@dataclass
class Optimizer:
    """Keeps its vectors (momentum and the like) between steps; a copy of it continues as the original would.

    The options of a subclass are its fields declared by `option`; one out of its range raises InputError.
    """

    kind: ClassVar[str]
    slots: ClassVar[tuple[str, ...]] = ()  # names of the vectors in `state`
    counters: ClassVar[tuple[str, ...]] = ("steps",)  # names of the numbers that belong to the state, too

    steps: int = field(init=False, default=0)
    taken: bool = field(init=False, repr=False, compare=False, default=False)  # whether it is in a training
    state: dict[str, Array] = field(init=False, repr=False, default_factory=dict)  # each (size,), from 0
    threads: Threads = field(init=False, repr=False, compare=False, default_factory=Threads)  # which change no result
    _scratch: Array = field(init=False, repr=False, compare=False, default_factory=lambda: np.empty(0))

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
        self.count()
        for part, factor in [(slice(0, len(params)), 1.0)] if segments is None else segments:
            update = partial(self._update_chunk, factor * learning_rate)
            vectors = [params, grads, *self.state.values()]
            self.threads.each(CHUNK * params.itemsize, update, *(vector[part] for vector in vectors))

    def count(self) -> None:
        """Bring `counters` to the step that begins."""
        self.steps += 1

    def prepare(self, params: Array) -> None:
        """Make the vectors for such parameters, where there are none yet."""
        if not len(self._scratch):
            self.state = self.state or {name: np.zeros_like(params) for name in self.slots}
            self._scratch = np.empty((PARTS, 2, min(CHUNK, len(params))), params.dtype)  # two chunks for each piece

    def __getstate__(self) -> dict[str, Any]:
        # which a copy makes anew, or is given
        return vars(self) | {"_scratch": np.empty(0), "threads": Threads(), "taken": False}

    def _update_chunk(self, learning_rate: float, piece: int, w: Array, g: Array, *vectors: Array) -> None:
        """Update these elements; chunks of other pieces may run at the same time."""
        scratch, scratch2 = self._scratch[piece, :, : len(w)]
        self.update(w, g, learning_rate, dict(zip(self.state, vectors, strict=True)), scratch, scratch2)
        if self.steps % EVERY == 0:
            for vector in (w, *vectors):
                drop_denormals(vector, scratch)

    def update(self, w: Array, g: Array, learning_rate: float, state: State, scratch: Array, scratch2: Array) -> None:
        """One chunk of the step, the `steps`-th, without new memory.

        Args:
            w: (n,) parameters, change in place.
            g: (n,) their gradient, stays as it is.
            learning_rate: η.
            state: (n,) of each vector in `slots`, change in place.
            scratch, scratch2: (n,) memory with any content.
        """
        raise NotImplementedError
