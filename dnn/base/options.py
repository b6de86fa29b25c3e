"""Options that a person gives by name: type, default, range and meaning are declared once, where they are used."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, field, fields
from math import isfinite
from numbers import Real
from operator import ge, gt, le, lt
from typing import Any, TypeVar

from dnn.base.errors import InputError

T = TypeVar("T")
BOUNDS = {"least": ("at least", ge), "above": ("above", gt), "most": ("at most", le), "below": ("below", lt)}
KINDS: dict[Any, str] = {int: "a whole number", float: "a finite number", bool: "true or false", str: "a text"}


def option(default: Any = MISSING, doc: str = "", *, choices: Iterable[str] = (), **bounds: float) -> Any:
    """A dataclass field that `check_options` checks.

    Args:
        default: without one the option must be given.
        doc: its meaning, with units, for people.
        choices: the texts that it may be; none: any.
        bounds: of a number, `least`, `above`, `most` and `below`.
    """
    return field(default=default, metadata={"doc": doc, "choices": tuple(choices), "bounds": bounds})


def declared(options: Any) -> Iterator[Field[Any]]:
    """The fields of a dataclass, or of an object of one, that `option` made."""
    return (f for f in fields(options) if "bounds" in f.metadata)


def check_options(options: Any, where: str = "") -> None:
    """Convert each declared option of the object to its type: NumPy's numbers, and whole ones among floats, too.

    Raises:
        InputError: a value has another type, is out of its range, or none of its choices; the message begins with
            `where` and the option's name. Nothing is changed then.
    """
    values = {f.name: converted(f, getattr(options, f.name), where) for f in declared(options)}
    for name, value in values.items():
        object.__setattr__(options, name, value)  # also of a frozen one, which is being made


def converted(f: Field[Any], value: Any, where: str = "") -> Any:
    """The value as the option's type; raises InputError where it cannot be."""
    good, kind = True, f.type
    if kind in (int, float):
        good = isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
        good = good and (kind is float or float(value).is_integer())
        good = good and all(BOUNDS[bound][1](value, limit) for bound, limit in f.metadata["bounds"].items())
    elif kind in (bool, str):
        good = isinstance(value, kind)
    choices = f.metadata["choices"]
    if not good or (choices and value not in choices):
        raise InputError(f"{where}{f.name} is {value!r}, it should be {allowed(f)}")
    return kind(value) if kind in (int, float) else value


def allowed(f: Field[Any]) -> str:
    """The values that an option may have, in words."""
    if choices := f.metadata["choices"]:
        return f"one of {', '.join(choices)}"
    limits = " and ".join(f"{BOUNDS[bound][0]} {limit:g}" for bound, limit in f.metadata["bounds"].items())
    return " ".join(filter(None, (KINDS.get(f.type, "of its kind"), limits)))


def make(what: str, kinds: Mapping[str, type[T]], name: str, options: Mapping[str, Any]) -> T:
    """The dataclass of that name with these options.

    Raises:
        InputError: the name is none of `kinds`, an option is none of its own, is missing, or its value is wrong; the
            message starts with `what`, and names what there is.
    """
    if name not in kinds:
        raise InputError(f"{what} is {name!r}, known are {', '.join(kinds)}")
    check_names(f"{what} {name}", kinds[name], options)
    return kinds[name](**options)


def check_names(what: str, kind: Any, options: Mapping[str, Any]) -> None:
    """Raise InputError where one of the options is none of the dataclass, or one that it needs is missing."""
    known = {f.name: f for f in fields(kind) if f.init}
    for unknown in (key for key in options if key not in known):
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise InputError(f"{what} has no option {unknown!r}; {has}")
    for name, f in known.items():
        if name not in options and f.default is MISSING and f.default_factory is MISSING:
            raise InputError(f"{what} needs the option {name!r}")
