"""Options that a person gives by name: kind, default, range and meaning are declared once, where they are used."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, field, fields
from types import NoneType
from typing import Any, TypeVar, get_args

from dnn.base.errors import InputError, shown
from dnn.base.kinds import Kind, check

T = TypeVar("T")


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
        choices, bounds: as of `check`.
        kw_only: as of `dataclasses.field`.
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
