"""The learning curves behind the rows: for a training of a preset a CSV file in the folder `histories` by the table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from dnn.base.files import write_text
from stages.accuracy.declared import preset_names
from stages.accuracy.table import file_stem


def history_at(table: Path, name: str, seed: int, settings: str) -> Path:
    """The file of a row's history."""
    return table.with_name("histories") / f"{file_stem(name, seed, settings)}.csv"


def write_history(table: Path, row: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> None:
    """Write the figures of each epoch, to six digits, if the row is of a preset; other names may be no file's."""
    if row["preset"] in preset_names():
        text = pd.DataFrame(list(history)).to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_text(history_at(table, row["preset"], row["seed"], row["settings"]), text)


def remove_histories(table: Path, rows: pd.DataFrame, but: pd.DataFrame) -> None:
    """Remove the files of these rows, `but` for those that others have, too."""
    for file in files_of(table, rows) - files_of(table, but):
        file.unlink(missing_ok=True)


def files_of(table: Path, rows: pd.DataFrame) -> set[Path]:
    """The histories that there may be of these rows."""
    named = rows[rows["preset"].isin(preset_names())][["preset", "seed", "settings"]]
    return {history_at(table, *row) for row in named.itertuples(index=False, name=None)}
