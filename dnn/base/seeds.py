"""Where randomness starts: a seed, or a generator of NumPy's."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dnn.base.kinds import Kind, check, whole

GENERATORS = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, np.random.SeedSequence)


def random_state(value: Any) -> Any:
    """A whole number of at least 0, or one of `GENERATORS`."""
    if isinstance(value, GENERATORS):
        return value
    if whole(value) < 0:
        raise ValueError
    return whole(value)


RANDOM_STATE = Kind("a whole number at least 0, a numpy.random.Generator or RandomState, or None", random_state)


def generator(value: Any) -> np.random.Generator:
    """The generator that `random_state` means; None takes its seed from the system.

    A Generator is used itself. A RandomState, which scikit-learn's users may have, gives the seed of a new Generator:
    it has moved on then, so that another training is not the same.

    Raises:
        InputError: it is none of `RANDOM_STATE`.
    """
    if value is not None:
        value = check("random_state", value, RANDOM_STATE)
    if isinstance(value, np.random.RandomState):
        value = value.randint(2**32, dtype=np.uint32)
    return np.random.default_rng(value)


def rewinder(*sources: Any) -> Callable[[], None]:
    """Remember where generators are: calling what it returns takes them back there. Others are passed by."""
    states: list[Callable[[], None]] = []
    for source in sources:
        if isinstance(source, np.random.RandomState):
            states.append(partial(source.set_state, source.get_state()))
        elif isinstance(source, np.random.Generator | np.random.BitGenerator):
            bits = source.bit_generator if isinstance(source, np.random.Generator) else source
            states.append(partial(setattr, bits, "state", bits.state))

    def rewind() -> None:
        for state in states:
            state()

    return rewind
