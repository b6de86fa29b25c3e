"""Options that a person gives by name, each in its range."""

from collections.abc import Mapping
from dataclasses import field, fields
from math import isfinite
from numbers import Real
from operator import ge, gt, le, lt
from typing import Any, TypeVar

from dnn.base.errors import InputError

T = TypeVar("T")
BOUNDS = {"least": ("at least", ge), "above": ("above", gt), "most": ("at most", le), "below": ("below", lt)}


def option(default: float, **bounds: float) -> Any:
    """A dataclass field that `check_options` checks; bounds are `least`, `above`, `most` and `below`."""
    return field(default=default, metadata=bounds)


def check_options(what: str, options: Any) -> None:
    """Raise InputError where a field that `option` made is no finite number, not whole where its type is int, or out of
    its bounds; the message starts with `what`.
    """
    for f in fields(options):
        if not f.metadata:
            continue
        value = getattr(options, f.name)
        good = isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
        good = good and (f.type is not int or float(value).is_integer())
        if not good or not all(BOUNDS[bound][1](value, limit) for bound, limit in f.metadata.items()):
            limits = " and ".join(f"{BOUNDS[bound][0]} {limit:g}" for bound, limit in f.metadata.items())
            number = "whole number" if f.type is int else "number"
            raise InputError(f"{what}: {f.name} is {value!r}, it should be a {number} {limits}")


def make(what: str, kinds: Mapping[str, type[T]], name: str, options: Mapping[str, Any]) -> T:
    """The dataclass of that name with these options.

    Raises:
        InputError: the name is none of `kinds`, an option is none of its own, or a value is out of range; the message
            starts with `what`, and names what there is.
    """
    if name not in kinds:
        raise InputError(f"{what} is {name!r}, known are {', '.join(kinds)}")
    known: list[str] = [f.name for f in fields(kinds[name]) if f.init]  # type: ignore[arg-type]
    for unknown in (key for key in options if key not in known):
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise InputError(f"{what} {name} has no option {unknown!r}; {has}")
    return kinds[name](**options)
