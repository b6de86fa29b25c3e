"""The default preset with one thing changed at a time: what each ingredient of its recipe is worth."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from dnn.base import yaml12
from dnn.base.errors import InputError, shown
from dnn.base.files import write_text
from stages.accuracy.declared import BASE, find_preset
from stages.accuracy.ensembles import repeat
from stages.accuracy.seeds import Asked, name_of
from stages.accuracy.table import read, spread
from stages.figures.ablation import ablation
from stages.figures.style import save
from stages.training.options import sections_of
from stages.workers.parallel import Workers

FILE = Path(__file__).with_name("ablation.yaml")
WHOLE = "as it is"  # the row of the preset itself
PAGE = """# What each ingredient of the default recipe is worth

![Test errors with one thing changed at a time]({picture})

Of {seeds} seeds, mean ± standard deviation; the difference is taken seed by seed. Over shifts: the mean over nine
positions of each image answers. `python -m stages.presets ablation` makes it, from stages/accuracy/ablation.yaml.

{table}"""
Changes = dict[str, dict[str, Any]]  # by the names of rows, values by dotted names


def load_changes(path: Path = FILE) -> Changes:
    """The rows of the table, that of the preset itself first; InputError where the file has another form."""
    values = yaml12.read(path)
    for name, changes in values.items():
        if not isinstance(changes, dict) or not changes:
            raise InputError(f"{path}: {name} is {shown(changes)}, it should map parameters to values")
    return {WHOLE: {}, **values}


def run(seeds: int, table: Path, workers: Workers) -> None:
    """Train all rows over the seeds, those that the table does not have yet, and write what comes of it, as `show`.

    Raises:
        InputError: as `seeds.repeat` for the preset itself; or for a change, once all others are done.
    """
    failed = {}
    for name, changes in load_changes().items():
        print(f"\n{name}", flush=True)
        settings = [f"{key}={json.dumps(value)}" for key, value in changes.items()]
        try:
            repeat(Asked(seeds, table, workers, settings, BASE, True))
        except InputError as error:
            if name == WHOLE:
                raise
            failed[name] = error
    show(table)
    if failed:
        name = next(iter(failed))
        raise InputError(f"{len(failed)} of the changes failed, all others are done; {name}: {failed[name]}")


def show(table: Path) -> None:
    """Write figure and page beside the table, and print the page's table; raises as `results`."""
    rows = results(table)
    seeds, epochs = rows["seed"].nunique(), int(rows["epochs"].max())
    errors = {str(change): errors_of(own, "test_accuracy").to_numpy() for change, own in rows.groupby("change")}
    whole, caption = errors.pop(WHOLE), f"MNIST's test set, {seeds} seeds, {epochs} epochs"
    title = "What each ingredient of the default recipe is worth"
    save(ablation(list(errors), list(errors.values()), whole, title, caption), table.with_suffix(".png"))
    text = markdown(rows)
    write_text(table.with_suffix(".md"), PAGE.format(seeds=seeds, picture=table.with_suffix(".png").name, table=text))
    print(f"\n{text}\n{table.with_suffix('.md')}")


def results(table: Path) -> pd.DataFrame:
    """The table's rows with a column `change`, the name of what was changed, in the order of the file.

    Raises:
        InputError: there are none of the preset itself.
    """
    rows, preset = read(table), find_preset(BASE)
    names = {name_of(sections_of(preset.values | each), BASE): change for change, each in load_changes().items()}
    rows = rows.assign(change=rows["preset"].map(names)).dropna(subset="change")
    whole = rows[(rows["change"] == WHOLE) & (rows["settings"] == preset.settings)]
    if whole.empty:
        raise InputError(f"{table} has no rows of the preset {BASE}; `python -m stages.presets ablation` trains them")
    same = (rows[["code", "software", "data"]] == whole.iloc[-1][["code", "software", "data"]]).all(axis=1)
    order = {change: place for place, change in enumerate(names.values())}
    return rows[same].sort_values("change", key=lambda column: column.map(order), kind="stable")


def markdown(rows: pd.DataFrame) -> str:
    """Mean and deviation of each change, and the errors in 10,000 that it costs, by seeds that both have."""
    lines = [["changed", "seeds", "test errors in 10,000", "more than as it is", "over shifts", "validation loss"]]
    lines.append(["---"] * len(lines[0]))
    for change, own in rows.groupby("change", sort=False):
        errors, shifted = errors_of(own, "test_accuracy"), errors_of(own, "test_accuracy_shifted")
        more = added(rows, str(change))
        lines.append(
            [
                str(change),
                str(len(own)),
                spread(errors, 1),
                "" if change == WHOLE else spread(more, 1, "+"),
                spread(shifted, 1),
                f"{own['val_loss'].mean():.4f}",
            ]
        )
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def errors_of(rows: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Errors in 10,000 images, by seed."""
    found: pd.Series[float] = (10_000 * (1 - rows[column].astype(float))).set_axis(rows["seed"])
    return found


def added(rows: pd.DataFrame, change: str, column: str = "test_accuracy") -> "pd.Series[float]":
    """By seed, how many more errors in 10,000 the change makes than the preset as it is."""
    one, whole = (errors_of(rows[rows["change"] == name], column) for name in (change, WHOLE))
    return (one - whole).dropna()
