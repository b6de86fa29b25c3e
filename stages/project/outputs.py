"""The JSON files and tables that one stage writes and others read: whole, of the right kind, or one line says why."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError, reason
from dnn.base.files import check_file, check_size, read_text
from dnn.base.strict_json import Kinds, read_json
from dnn.base.types import Array

BYTES = 1 << 28  # of a table: some millions of rows
OTHER = "is another file, or of another version"
Table = dict[str, Array]  # columns of equal length, by their names


def remedy(stage: str) -> str:
    """The way to a file that the stage writes."""
    return f"give the file that {stage} writes; `dvc repro -f {stage}` makes it anew"


def read_output(path: Path, stage: str, kinds: Kinds) -> dict[str, Any]:
    """The content of a JSON file that the stage wrote, which must have entries of these kinds; InputError without."""
    return read_json(path, kinds, remedy(stage), f"`dvc repro {stage}` makes it")


def read_table(
    path: Path, stage: str, kinds: Mapping[str, type], rows: int | None = None, delimiter: str = ","
) -> Table:
    """The columns of a table that the stage wrote.

    Args:
        path: of the file.
        stage: that makes it.
        kinds: int, float or str by the names of the columns that it must have; others are floats.
        rows: that it must have, where it is known; one at least.
        delimiter: between the columns.

    Raises:
        InputError: it is missing, too large or another file, was cut off, has another number of rows, or a value that
            is no finite number.
    """
    check_file(path, f"`dvc repro {stage}` makes it")
    check_size(path, BYTES, remedy(stage))
    text = read_text(path)
    try:
        return parse_table(text, kinds, rows, delimiter)
    except InputError as error:
        raise InputError(f"{path} {error}; {remedy(stage)}") from None


def parse_table(text: str, kinds: Mapping[str, type], rows: int | None, delimiter: str) -> Table:
    """The columns in a text; raises as `read_table`, with a message that is to follow the name of where it is."""
    try:
        return columns(text, kinds, rows, delimiter)
    except InputError:
        raise
    except (ValueError, OverflowError, csv.Error) as error:
        raise InputError(f"is damaged ({reason(error)})") from None


def columns(text: str, kinds: Mapping[str, type], rows: int | None, delimiter: str) -> Table:
    """`parse_table`, with Python's and NumPy's own errors where a value is of another kind."""
    names, *lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)) or [[]]
    if missing := [name for name in kinds if name not in names]:
        raise InputError(f"{OTHER}: no column {', '.join(missing)}")
    if len(set(names)) < len(names):
        raise InputError(f"{OTHER}: two columns have one name")
    if not text.endswith("\n"):
        raise InputError("is not whole: its last line has no end")
    if not lines or rows not in (None, len(lines)):
        needed = "at least one" if rows is None else f"{rows:,}"
        raise InputError(f"is not whole: it has {len(lines):,} rows, needed is {needed}")
    table: Table = {}
    for name, values in zip(names, zip(*lines, strict=True), strict=True):
        kind = kinds.get(name, float)
        array = np.array(values) if kind is str else np.array([kind(value) for value in values], kind)
        if kind is float and not np.isfinite(array).all():
            raise InputError(f"is damaged: {name} has a value that is no finite number")
        table[name] = array
    return table


def check_range(path: Path, stage: str, table: Table, names: Sequence[str], most: float) -> None:
    """Raise InputError where one of the columns has a value that is not from 0 to `most`."""
    for name in names:
        if table[name].min() < 0 or table[name].max() > most:
            told = f"{name} is {table[name].min()} to {table[name].max()}, it should be 0 to {most}"
            raise InputError(f"{path} is damaged: {told}; {remedy(stage)}")
