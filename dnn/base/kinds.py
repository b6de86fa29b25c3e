"""The values that an option or an argument may have, and the check of one that someone gave."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from numbers import Integral, Real
from operator import ge, gt, le, lt
from typing import Any, NamedTuple

import numpy as np

from dnn.base.errors import InputError, shown

BOUNDS = {"least": ("at least", ge), "above": ("above", gt), "most": ("at most", le), "below": ("below", lt)}
LABEL = 200  # letters of the name of a class, at most
LIMITS: dict[type, float] = {int: 10**9, float: 1e38}  # of those that declare none: what float32 and any loop can bear


class Kind(NamedTuple):
    """The values that an option may have, apart from its range and choices.

    Args:
        words: for people, behind "it should be".
        convert: from a value that someone gave to the one that is kept; it raises TypeError or ValueError where there
            is none, and an InputError where it can say more.
    """

    words: str
    convert: Callable[[Any], Any]


def whole(value: Any) -> int:
    """NumPy's whole numbers, and whole ones among floats, too; but not true and false."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError
    if isinstance(value, Integral):
        return int(value)
    if not (number := float(value)).is_integer():
        raise ValueError
    return int(number)


def finite(value: Any) -> float:
    """Any real number that is no NaN and not infinite."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError
    if not isfinite(number := float(value)):
        raise ValueError
    return number


def flag(value: Any) -> bool:
    """Python's or NumPy's true and false."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError
    return bool(value)


def text(value: Any) -> str:
    """Any text, as Python's."""
    if not isinstance(value, str):
        raise TypeError
    return str(value)


def listed(value: Any) -> list[Any]:
    """A list, tuple or one axis of an array."""
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str | bytes | bytearray | memoryview):
        raise TypeError
    return list(value)


def by_name(value: Any) -> dict[str, Any]:
    """A mapping whose keys are texts."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise TypeError
    return dict(value)


KINDS: dict[Any, Kind] = {
    int: Kind("a whole number", whole),
    float: Kind("a finite number", finite),
    bool: Kind("true or false", flag),
    str: Kind("a text", text),
}
OPTIONS = Kind("options by their names, as {name: value}", by_name)


def check(name: str, value: Any, kind: Any, choices: Sequence[str] = (), **bounds: float) -> Any:
    """The value as one of its kind.

    Args:
        name: of the option or argument, which begins the message.
        value: as someone gave it.
        kind: a `Kind`, or a key of `KINDS`.
        choices: the texts that it may be; none: any.
        bounds: of a number, `least`, `above`, `most` and `below`; without `most` or `below` it is `LIMITS`.

    Raises:
        InputError: it is of another kind, out of its range, or none of the choices.
    """
    words, convert = KINDS.get(kind, kind)
    try:
        good = convert(value)
        if kind in LIMITS and good > LIMITS[kind] and "below" not in bounds:
            bounds.setdefault("most", LIMITS[kind])
        if (not choices or good in choices) and all(BOUNDS[bound][1](good, limit) for bound, limit in bounds.items()):
            return good
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(f"{name} is {shown(value)}, it should be {allowed(words, choices, bounds)}")


def allowed(words: str, choices: Sequence[str], bounds: Mapping[str, float]) -> str:
    """The values that an option may have, in words."""
    if choices:
        return f"one of {', '.join(choices)}"
    limits = " and ".join(f"{BOUNDS[bound][0]} {limit}" for bound, limit in bounds.items())
    return f"{words} {limits}" if limits else words
