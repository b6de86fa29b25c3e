"""The CSV file with a row for each training over seeds: the only source of every accuracy that is told of a preset."""

import csv
import hashlib
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from dnn.base.errors import InputError
from dnn.base.files import check_file, check_size, write_text
from dnn.base.kinds import LIMITS
from stages.accuracy.declared import Preset, preset_names

SHOWN = dict.fromkeys(("test_accuracy", "test_accuracy_shifted", "val_accuracy"), "%")  # and units
SHOWN |= dict.fromkeys(("val_loss", "kept_epoch", "seconds"), "")
# Columns in which rows must agree to be compared, and what each is about.
ORIGIN = {
    "code": "code",
    "software": "versions of NumPy and the like or kernels",
    "settings": "parameters",
    "data": "data",
}
# `shifted`: by the mean over the positions of the image that a pixel makes, see `dnn.shifts`.
SCORES = ("test_accuracy", "test_accuracy_shifted", "val_accuracy", "val_loss")
WHOLE = ("kept_epoch", "epochs", "parameters")
# `workers` is how many trainings shared the machine, `ended` when this one was done; empty where it was not noted.
RUN = ("workers", "ended", "dataset", "machine", "kernels", "commit")
BYTES, LINE = 1 << 26, 4096  # of a table, and of its first line
Row = Mapping[Any, Any]  # by these names
COLUMNS: dict[str, type] = {"preset": str, "seed": int} | dict.fromkeys(SCORES, float) | dict.fromkeys(WHOLE, int)
COLUMNS |= {"seconds": float} | dict.fromkeys((*RUN, *ORIGIN), str)


def read(table: Path) -> pd.DataFrame:
    """All rows of the CSV; InputError where it is no such file."""
    if not (table.exists() or table.is_symlink()):
        return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    check_file(table)
    check_size(table, BYTES, "mend or move it")
    try:
        with table.open(encoding="utf-8", newline="") as file:
            names = next(csv.reader([file.readline(LINE)]), [])
        if missing := [name for name in COLUMNS if name not in names]:
            raise InputError(
                f"{table} lacks the columns {', '.join(missing)}; another file, or of an earlier version: move it away"
            )
        # all as text first: a preset may be called NA, and numbers come back as they were written
        rows = pd.read_csv(table, dtype=str, keep_default_na=False, usecols=list(COLUMNS))
        rows = rows[list(COLUMNS)].astype(COLUMNS)
    except InputError:
        raise
    except (ValueError, OverflowError, csv.Error) as error:
        reason = shorten(str(error), 150, placeholder="...")
        raise InputError(f"{table} is damaged, or another CSV file ({reason}); mend or move it") from None
    check_rows(table, rows)
    return rows


def check_rows(table: Path, rows: pd.DataFrame) -> None:
    """Raise InputError where a row has a number that no training gives."""
    for name, kind in COLUMNS.items():
        most = 1 if "accuracy" in name else LIMITS[float]
        if kind is not str and not rows[name].between(0, most).all():
            line = int((~rows[name].between(0, most)).argmax()) + 2
            raise InputError(
                f"{table}: line {line} has {name} {rows[name][line - 2]}, it should be 0 to {most:g}; mend or move it"
            )


def add(table: Path, row: Row) -> None:
    """Write the CSV anew with one more row, which takes the place of one of the same training."""
    rows = read(table)
    same = counted(rows, row["preset"], {name: row[name] for name in ORIGIN}) & (rows["seed"] == row["seed"])
    write(table, pd.DataFrame([*rows[~same].to_dict("records"), row], columns=list(COLUMNS)))


def write(table: Path, rows: pd.DataFrame) -> None:
    """Write the CSV, in order of preset and seed, the older of two rows first."""
    rows = rows.sort_values(["preset", "seed", "ended"], kind="stable")
    write_text(table, rows.to_csv(index=False, lineterminator="\n"))


def counted(rows: pd.DataFrame, name: str, origin: Mapping[str, str]) -> "pd.Series[bool]":
    """Whether each row is of that name and of this origin."""
    return (rows[list(origin)] == pd.Series(origin)).all(axis=1) & (rows["preset"] == name)


def not_counted(others: pd.DataFrame, name: str, origin: Mapping[str, str]) -> str:
    """A sentence on rows of that name which are of another origin."""
    differ = {column: sorted(set(others[column]) - {now}) for column, now in origin.items()}
    digests = ", ".join(
        f"{column} {' and '.join(were)}, now {origin[column]}" for column, were in differ.items() if were
    )
    what = " and ".join(ORIGIN[column] for column, were in differ.items() if were)
    return f"rows of {name} that are of other {what} ({digests}) and so not counted: {len(others)}"


def reached(rows: pd.DataFrame, preset: Preset) -> pd.DataFrame:
    """The rows that tell what a preset reaches on MNIST with the parameters that it has now.

    They are all of one origin, that of the row which ended last.
    """
    own = rows[(rows["preset"] == preset.name) & (rows["settings"] == preset.settings) & (rows["dataset"] == "MNIST")]
    if own.empty:
        return own
    last = own.sort_values("ended", kind="stable").iloc[-1]
    return own[counted(own, preset.name, {name: str(last[name]) for name in ORIGIN})]


def spread(values: "pd.Series[float]", digits: int, sign: str = "") -> str:
    """Mean and sample standard deviation, of a single value itself; with the sign "+" one stands before every mean."""
    return f"{values.mean():{sign}.{digits}f}" + (f" ± {values.std(ddof=1):.{digits}f}" if len(values) > 1 else "")


def file_stem(row: Row) -> str:
    """The name, without ending, of the files of a row: its preset, its seed, and a digest of its origin.

    The name of a row that is of no preset may be no file's; it is called after the preset that it differs from, if any.
    """
    first = str(row["preset"]).partition(" ")[0]
    named = first if first in preset_names() else "settings"
    origin = brief(" ".join(row[name] for name in ORIGIN))
    return f"{named}-{row['seed']}-{origin}"


def brief(fact: Any) -> str:
    """8 hexadecimal digits that stand for a fact."""
    return hashlib.sha256(str(fact).encode()).hexdigest()[:8]


def summary(rows: pd.DataFrame) -> str:
    """Mean, sample standard deviation, and 95 % confidence interval of the mean by Student's t, of each score; of one
    row its scores.
    """
    n = len(rows)
    scores = rows[list(SHOWN)].astype(float) * [100 if unit == "%" else 1 for unit in SHOWN.values()]
    scores.columns = pd.Index([", ".join(filter(None, pair)) for pair in SHOWN.items()])
    if n == 1:
        (row,), (seed,) = scores.to_numpy(), rows["seed"]
        table = pd.DataFrame({f"seed {seed}": row}, index=scores.columns)
        last = "one seed does not tell how far chance moves the result; --seeds 5 does"
        return f"{table.to_string(float_format='%.4f')}\n{last}"
    mean, deviation = scores.mean(), scores.std(ddof=1)
    half = stats.t.ppf(0.975, n - 1) * deviation.where(np.isin(list(SHOWN), SCORES)) / n**0.5
    table = pd.DataFrame({"mean": mean, "std. dev.": deviation, "95 % from": mean - half, "to": mean + half})
    lines = table.to_string(float_format="%.4f", na_rep="-")
    return f"seeds: {n}; 95 %: the confidence interval of the mean\n{lines}"
