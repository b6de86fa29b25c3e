"""JSON as the standard has it, of bounded size and depth, with the entries that are needed: RFC 8259."""

import json
from collections.abc import Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError, reason
from dnn.base.files import THERE, check_file, check_size, read_text
from dnn.base.kinds import finite, whole

BYTES = 1 << 26  # of a file
VALUES, DEPTH = 1_000_000, 100  # a checkpoint keeps six values of each epoch; blocks of a network lie in blocks
TOLD = 5  # entries that a message names

# The kinds of entries by name: float (any finite number), int (a whole one), another type, a mapping of kinds of what
# lies in it, or a list of the one kind of all its items.
Kinds = Mapping[str, Any]


def read_json(path: str | Path, kinds: Kinds, remedy: str, missing: str = THERE) -> dict[str, Any]:
    """The entries of a JSON file.

    Args:
        path: of the file.
        kinds: of the entries that it must have.
        remedy: the end of a message, which says what to do.
        missing: its end where there is no such file.

    Raises:
        InputError: it is missing, too large, no JSON, or lacks an entry or has it of another kind.
    """
    check_file(path, missing)
    check_size(path, BYTES, remedy)
    text = read_text(path)
    try:
        return parse_json(text, kinds)
    except InputError as error:
        raise InputError(f"{path} {error}; {remedy}") from None


def parse_json(text: str, kinds: Kinds) -> dict[str, Any]:
    """The entries of a JSON text; raises as `read_json`, with a message that is to follow the name of where it is."""
    if sum(map(text.count, ",[{")) > VALUES:
        raise InputError(f"has more than {VALUES:,} values")
    try:
        values = json.loads(text, parse_constant=no_number, parse_float=number)
        check_depth(values)
    except RecursionError:
        raise InputError(f"is nested more than {DEPTH} deep") from None
    except ValueError as error:
        raise InputError(f"is not JSON ({reason(error)})") from None
    if wrong := list(lacking(values, kinds)):
        raise InputError(f"is another file, or of another version: no {', '.join(wrong[:TOLD])} in it")
    if not isinstance(values, dict):
        raise InputError("is another file, or of another version: it has no names")
    return values


def no_number(name: str) -> float:
    """Refuse NaN and Infinity, which Python reads and writes, and JSON does not have."""
    raise ValueError(f"{name} is no number")


def number(text: str) -> float:
    """A float, which must not be too large for one."""
    if not isfinite(value := float(text)):
        raise ValueError(f"{text} is too large a number")
    return value


def check_depth(values: Any) -> None:
    """Raise RecursionError where something lies deeper than `DEPTH`, ValueError where a text cannot be encoded."""
    level = [values]
    for _ in range(DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, str):
                value.encode()
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, dict):
                inner += value.keys()
                inner += value.values()
        level = inner
    if level:
        raise RecursionError


def lacking(values: Any, kinds: Kinds, where: str = "") -> Iterator[str]:
    """The dotted names of the entries that are missing, or of another kind."""
    for name, kind in kinds.items():
        found = values.get(name) if isinstance(values, dict) else None
        yield from unfit(found, kind, where + name)


def unfit(value: Any, kind: Any, name: str) -> Iterator[str]:
    """The name where the value is of another kind, or those of what is so in it."""
    if isinstance(kind, list) and isinstance(value, list):
        for number, item in enumerate(value):
            yield from unfit(item, kind[0], f"{name}.{number}")
    elif isinstance(kind, Mapping) and isinstance(value, dict):
        yield from lacking(value, kind, f"{name}.")
    elif not is_of(value, kind):
        yield name


def is_of(value: Any, kind: Any) -> bool:
    """Whether the value is of this kind."""
    if kind not in (int, float):
        return isinstance(kind, type) and isinstance(value, kind)
    try:
        return isinstance((whole if kind is int else finite)(value), kind)
    except (TypeError, ValueError, OverflowError):
        return False
