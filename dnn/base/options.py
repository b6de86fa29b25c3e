"""Options that a person gives by name: kind, default, range and meaning are declared once, where they are used."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, field, fields
from math import isfinite
from numbers import Integral, Real
from operator import ge, gt, le, lt
from reprlib import Repr
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args

import numpy as np

from dnn.base.errors import InputError

T = TypeVar("T")
BOUNDS = {"least": ("at least", ge), "above": ("above", gt), "most": ("at most", le), "below": ("below", lt)}
LARGEST: dict[type, float] = {int: 10**9, float: 1e38}  # of those that declare none: what float32 and any loop can bear
LONGEST = 100  # characters of a value in a message


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


def option(
    default: Any = MISSING,
    doc: str = "",
    *,
    kind: Kind | None = None,
    choices: Iterable[str] = (),
    kw_only: Any = MISSING,
    **bounds: float,
) -> Any:
    """A dataclass field that `check_options` checks.

    Args:
        default: without one the option must be given.
        doc: its meaning, with units, for people.
        kind: needed where the field's type is none of `KINDS`. None is allowed where the type says so.
        choices: the texts that it may be; none: any.
        kw_only: as of `dataclasses.field`.
        bounds: of a number, `least`, `above`, `most` and `below`; without `most` or `below` it is `LARGEST`.
    """
    metadata = {"doc": doc, "kind": kind, "choices": tuple(choices), "bounds": bounds}
    return field(default=default, kw_only=kw_only, metadata=metadata)


def declared(options: Any) -> Iterator[Field[Any]]:
    """The fields of a dataclass, or of an object of one, that `option` made."""
    return (f for f in fields(options) if "bounds" in f.metadata)


def check_options(options: Any, where: str = "") -> None:
    """Convert each declared option of the object to its kind.

    Raises:
        InputError: as `converted`. Nothing is changed then.
    """
    for name, value in converted(options, where).items():
        object.__setattr__(options, name, value)  # also of a frozen one, which is being made


def converted(options: Any, where: str = "") -> dict[str, Any]:
    """The declared options of the object as their kinds have them: NumPy's numbers as Python's, 32.0 as 32.

    Raises:
        InputError: a value is of another kind, out of its range, or none of its choices; the message begins with
            `where` and the option's name.
    """
    values = {f.name: getattr(options, f.name) for f in declared(options)}
    for f in declared(options):
        if values[f.name] is not None or NoneType not in get_args(f.type):
            kind, choices, bounds = (f.metadata[key] for key in ("kind", "choices", "bounds"))
            values[f.name] = check(where + f.name, values[f.name], kind or f.type, choices, **bounds)
    return values


def check(name: str, value: Any, kind: Any, choices: Sequence[str] = (), **bounds: float) -> Any:
    """The value as one of its kind.

    Args:
        name: of the option or argument, which begins the message.
        value: as someone gave it.
        kind: a `Kind`, or a key of `KINDS`.
        choices, bounds: see `option`.

    Raises:
        InputError: it is of another kind, out of its range, or none of the choices.
    """
    words, convert = KINDS.get(kind, kind)
    try:
        good = convert(value)
        if kind in LARGEST and good > LARGEST[kind] and "below" not in bounds:
            bounds.setdefault("most", LARGEST[kind])
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


class Short(Repr):
    """As `repr`, but short, however large or deep the value is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 3, LONGEST, LONGEST


def shown(value: Any) -> str:
    """The value on one line of a message, at most `LONGEST` characters of it."""
    try:
        line = " ".join(Short().repr(value).split())
    except Exception:  # of anyone's __repr__; and Python does not write integers of 5,000 digits
        line = f"of type {type(value).__name__}"
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


def make(what: str, kinds: Mapping[str, type[T]], name: Any, options: Mapping[str, Any]) -> T:
    """The dataclass of that name with these options.

    Raises:
        InputError: the name is none of `kinds`, an option is none of its own, is missing, or its value is wrong; the
            message starts with `what`, and names what there is.
    """
    if not isinstance(name, str) or name not in kinds:
        raise InputError(f"{what} is {shown(name)}, known are {', '.join(kinds)}")
    check_names(f"{what} {name}", kinds[name], options)
    return kinds[name](**options)


def check_names(what: str, kind: Any, options: Mapping[str, Any]) -> None:
    """Raise InputError where one of the options is none of the dataclass, or one that it needs is missing."""
    known = {f.name: f for f in fields(kind) if f.init}
    for unknown in (key for key in options if key not in known):
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise InputError(f"{what} has no option {shown(unknown)}; {has}")
    for name, f in known.items():
        if name not in options and f.default is MISSING and f.default_factory is MISSING:
            raise InputError(f"{what} needs the option {name!r}")
