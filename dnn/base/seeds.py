"""Where randomness starts: a seed, or a generator of NumPy's."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dnn.base.errors import shown
from dnn.base.kinds import Kind, check, whole

POSITIONS = {"pos": 624, "buffer_pos": 4}  # in MT19937's and Philox's numbers in stock, of which NumPy checks none
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


def check_state(generator: np.random.BitGenerator, state: Any) -> None:
    """Raise an error where the state, as JSON holds it, is none that a generator of this kind can be in.

    NumPy takes over some that it is not, from which it would go on in foreign memory.
    """
    fresh: Any = type(generator)(0)
    fresh.state = state  # refuses another kind's, and what is no number
    known = fresh.state
    for name, most in POSITIONS.items():
        for numbers in (known, known["state"]):
            if not 0 <= numbers.get(name, 0) <= most:
                raise ValueError(f"the random generator is at {name} {numbers[name]}, the last is {most}")
    if plain(known) != plain(state):
        raise ValueError(f"the random generator's state is {shown(state)}")


def plain(state: Any) -> Any:
    """A generator's state with lists for arrays."""
    if isinstance(state, dict):
        return {name: plain(value) for name, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state


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
