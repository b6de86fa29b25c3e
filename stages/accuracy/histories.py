"""The learning curves behind the rows: a CSV file for each of a preset, in the folder that is named as the table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from dnn.base.files import write_text
from stages.accuracy.declared import preset_names
from stages.accuracy.table import Row, file_stem


def history_at(table: Path, row: Row) -> Path:
    """The file of a row's history."""
    return table.with_suffix("") / f"{file_stem(row)}.csv"


def write_history(table: Path, row: Row, history: Sequence[Mapping[str, Any]]) -> None:
    """Write the figures of each epoch, to six digits, if the row is of a preset."""
    if row["preset"] in preset_names():
        text = pd.DataFrame(list(history)).to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_text(history_at(table, row), text)


def remove_histories(table: Path, rows: pd.DataFrame, but: pd.DataFrame) -> None:
    """Remove the files of these rows, `but` for those that others have, too."""
    for file in files_of(table, rows) - files_of(table, but):
        file.unlink(missing_ok=True)


def files_of(table: Path, rows: pd.DataFrame) -> set[Path]:
    """The histories that there may be of these rows."""
    named = rows[rows["preset"].isin(preset_names())]
    return {history_at(table, row) for row in named.to_dict("records")}
