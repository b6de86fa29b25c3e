"""The same training over several seeds, and a CSV file of what came of each."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from dnn.base.errors import InputError
from dnn.base.files import sha256, write_text
from dnn.formats.model_file import load_model
from stages.datasets.splits import load_split
from stages.project.paths import need_writable, pipeline_path
from stages.training import provenance
from stages.training.environment import software
from stages.training.options import options_from, parse_settings, sections_of
from stages.workers.parallel import Workers, run_all
from stages.workers.task import Outcome, Task, attempt, load_data

SHOWN = {"test_accuracy": "%", "val_accuracy": "%", "val_loss": "", "best_epoch": "", "seconds": ""}  # and units
# Columns in which rows must agree to be compared, and what each is about.
ORIGIN = {
    "code": "code",
    "software": "versions of NumPy and the like or kernels",
    "settings": "parameters",
    "data": "data",
}
SCORES = ("test_accuracy", "val_accuracy", "val_loss")
WHOLE = ("best_epoch", "epochs", "parameters")
COLUMNS: dict[str, type] = {"preset": str, "seed": int} | dict.fromkeys(SCORES, float) | dict.fromkeys(WHOLE, int)
COLUMNS |= {"seconds": float} | dict.fromkeys(ORIGIN, str)


def repeat(seeds: int, settings: Sequence[str], preset: str, table: Path | None, workers: Workers) -> None:
    """Train with each seed that is not in the table yet, add a row as each ends, and print what all of them say.

    For the arguments see `stages.seeds`.

    Raises:
        InputError: a setting is wrong, the table has rows of other code, parameters or data by this name, or a training
            failed, once the others are done.
    """
    overrides = parse_settings(settings)
    changed = " ".join(f"{name}={value}" for name, value in sorted(overrides.items()) if name != "train.seed")
    preset = preset or changed or "default"
    table = table or pipeline_path("seeds")
    need_writable(table)
    processed = pipeline_path("processed")
    architecture, recipe, augment = sections_of(overrides)
    if recipe.members > 1:
        raise InputError(f"train.members is {recipe.members}, but a seed is one network; add -S train.members=1")
    options, data = options_from(architecture, recipe, augment), load_data(processed)
    origin = origin_of(options, processed)
    done = finished(table, preset, origin)
    tasks = [Task(options, seed) for seed in range(recipe.seed, recipe.seed + seeds) if seed not in done]
    print(f"{preset}: {len(tasks)} to train, {seeds - len(tasks)} there already", flush=True)
    failed = {}
    for count, (index, outcome) in enumerate(run_all(attempt, tasks, data, workers), start=1):
        seed = tasks[index].seed
        if isinstance(outcome, str):
            failed[seed] = outcome
            continue
        row = {"preset": preset, "seed": seed, **measured(outcome, processed / "test.npz"), **origin}
        add(table, row)
        print(f"{count} of {len(tasks)}: seed {seed}, test_accuracy {row['test_accuracy']:.2%}", flush=True)
    rows = read(table)
    asked = rows[(rows["preset"] == preset) & rows["seed"].isin(range(recipe.seed, recipe.seed + seeds))]
    if len(asked):
        print(summary(asked), table, sep="\n")
    if failed:
        seed = min(failed)
        raise InputError(f"{len(failed)} of {len(tasks)} trainings failed; seed {seed}: {failed[seed]}")


def origin_of(options: Mapping[str, Any], processed: Path) -> dict[str, str]:
    """8 hexadecimal digits for each column of `ORIGIN`; of the test set only the file's bytes count."""
    files = [path for _, path in provenance.data_files(processed, options["start_from"] or "")]
    data = [sha256(path) for path in (*files, processed / "test.npz")]
    facts = map(str, (provenance.code(), software(), options, data))
    return {name: hashlib.sha256(fact.encode()).hexdigest()[:8] for name, fact in zip(ORIGIN, facts, strict=True)}


def measured(outcome: Outcome, test: Path) -> dict[str, Any]:
    """The scores of the weights that the validation loss chose; only now the test set is opened."""
    images = load_split(test)
    with TemporaryDirectory() as folder:
        file = Path(folder, "model.npz")
        file.write_bytes(outcome.model)
        accuracy = (load_model(file).predict(images.images) == images.digits).mean()
    return {
        "test_accuracy": round(float(accuracy), 6),
        **{name: round(float(outcome.best[name]), 6) for name in ("val_accuracy", "val_loss")},
        "best_epoch": outcome.best_epoch,
        "epochs": len(outcome.history),
        "parameters": outcome.parameters,
        "seconds": round(outcome.seconds, 2),
    }


def finished(table: Path, preset: str, origin: Mapping[str, str]) -> set[int]:
    """The preset's seeds that are done; InputError where they are of other code, parameters or data."""
    rows = read(table)
    own = rows[rows["preset"] == preset]
    before = dict(own.iloc[0]) if len(own) else origin
    others = [name for name in origin if before[name] != origin[name]]
    if others:
        digests = ", ".join(f"{name} {before[name]}, now {origin[name]}" for name in others)
        raise InputError(
            f"{table}: the rows of preset {preset} are of other {' and '.join(ORIGIN[name] for name in others)} "
            f"({digests}); name these with another --preset, or remove those rows"
        )
    return {int(seed) for seed in own["seed"]}


def read(table: Path) -> pd.DataFrame:
    """All rows of the CSV; InputError where it is no such file."""
    if not table.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    try:  # all as text first: a preset may be called NA, and numbers come back as they were written
        rows = pd.read_csv(table, dtype=str, keep_default_na=False)
        if missing := [name for name in COLUMNS if name not in rows]:
            raise InputError(
                f"{table} lacks the columns {', '.join(missing)}; another file, or of an earlier version: move it away"
            )
        return rows[list(COLUMNS)].astype(COLUMNS)
    except InputError:
        raise
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{table} is damaged, or another CSV file ({reason}); mend or move it") from None


def add(table: Path, row: Mapping[str, Any]) -> None:
    """Write the CSV anew with one more row, in order of preset and seed."""
    rows = pd.DataFrame([*read(table).to_dict("records"), row], columns=list(COLUMNS)).sort_values(["preset", "seed"])
    write_text(table, rows.to_csv(index=False, lineterminator="\n"))


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
