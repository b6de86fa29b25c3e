"""The same training over several seeds: how far does chance move the result?"""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import pandas as pd
import typer
from scipy import stats

from dnn.base.errors import InputError
from dnn.base.files import write_text
from dnn.formats.model_file import load_model
from stages.datasets.splits import load_split
from stages.project import cli
from stages.project.paths import pipeline_path
from stages.training import provenance
from stages.training.options import options_from, parse_settings, sections_of
from stages.workers.parallel import Backend, Count, Scheduler, Workers, run_all
from stages.workers.task import Outcome, Trial, attempt, load_data

SCORES: dict[str, type] = {"test_accuracy": float, "validation_accuracy": float, "validation_loss": float}
REST: dict[str, type] = {"best_epoch": int, "epochs": int, "parameters": int, "seconds": float, "digest": str}
COLUMNS: dict[str, type] = {"preset": str, "seed": int} | SCORES | REST
SHOWN = {  # to people: the label and the unit's factor
    "test_accuracy": ("test accuracy, %", 100),
    "validation_accuracy": ("validation accuracy, %", 100),
    "validation_loss": ("validation loss, nats", 1),
    "best_epoch": ("best epoch", 1),
    "seconds": ("seconds", 1),
}


def main(
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from train.seed on")] = 5,
    settings: Annotated[
        list[str] | None, typer.Option("--set-param", "-S", help="NAME=VALUE, such as train.epochs=20; any number")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="Name of these parameters, by default the settings, or `default` where there are none")
    ] = "",
    table: Annotated[Path | None, typer.Option(help="CSV file, by default seeds/seeds.csv in the reports")] = None,
    backend: Backend = "local",
    workers: Count = None,
    scheduler: Scheduler = None,
) -> None:
    """Train with seed after seed; run again, it continues. Chance is here that of weights, order and distortion."""
    overrides = parse_settings(settings or [])
    changed = " ".join(f"{name}={value}" for name, value in sorted(overrides.items()) if name != "train.seed")
    preset = preset or changed or "default"
    table = table or pipeline_path("metrics").parent / "seeds" / "seeds.csv"
    processed = pipeline_path("processed")
    architecture, recipe, augment = sections_of(None, overrides)
    if recipe.members > 1:
        raise InputError(f"train.members is {recipe.members}, but a seed is one network; add -S train.members=1")
    options, data = options_from(architecture, recipe, augment), load_data(processed)
    digest = digest_of(options, processed)
    done = finished(table, preset, digest)
    trials = [Trial(options, seed) for seed in range(recipe.seed, recipe.seed + seeds) if seed not in done]
    print(f"{preset}: {len(trials)} to train, {seeds - len(trials)} there already", flush=True)
    runs = run_all(attempt, trials, data, Workers(backend, workers, scheduler)) if trials else iter(())
    failed = {}
    for count, (index, outcome) in enumerate(runs, start=1):
        seed = trials[index].seed
        if isinstance(outcome, str):
            failed[seed] = outcome
            continue
        row = {"preset": preset, "seed": seed, **figures(outcome, processed / "test.npz"), "digest": digest}
        add(table, row)
        print(f"{count} of {len(trials)}: seed {seed}, test accuracy {row['test_accuracy']:.2%}", flush=True)
    rows = read(table)
    print(summary(rows[rows["preset"] == preset]), table, sep="\n")
    if failed:
        seed = min(failed)
        raise InputError(f"{len(failed)} of {len(trials)} trainings failed; seed {seed}: {failed[seed]}")


def digest_of(options: dict[str, Any], processed: Path) -> str:
    """16 hexadecimal digits that tell parameters, data and code apart; of the test set only the file's bytes count."""
    files = [path for _, path in provenance.data_files(processed, options["start_from"])]
    facts = [str(options), provenance.engine(), *map(provenance.digest, [*files, processed / "test.npz"])]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def figures(outcome: Outcome, test: Path) -> dict[str, Any]:
    """What is in a row for the weights that the validation loss chose; only now the test set is opened."""
    best = outcome.history[outcome.best_epoch - 1]
    images = load_split(test)
    with TemporaryDirectory() as folder:
        file = Path(folder, "model.npz")
        file.write_bytes(outcome.model)
        accuracy = (load_model(file).predict(images.images) == images.digits).mean()
    return {
        "test_accuracy": round(float(accuracy), 6),
        "validation_accuracy": round(float(best["val_accuracy"]), 6),
        "validation_loss": round(float(best["val_loss"]), 6),
        "best_epoch": outcome.best_epoch,
        "epochs": len(outcome.history),
        "parameters": outcome.parameters,
        "seconds": round(outcome.seconds, 2),
    }


def finished(table: Path, preset: str, digest: str) -> set[int]:
    """The preset's seeds that are done; InputError where they are of other parameters or data."""
    rows = read(table)
    own = rows[rows["preset"] == preset]
    if others := sorted(set(own["digest"]) - {digest}):
        raise InputError(
            f"{table}: the rows of preset {preset} are of other parameters or data (digest {others[0]}, now {digest}); "
            "name these with another --preset, or remove those rows"
        )
    return {int(seed) for seed in own["seed"]}


def read(table: Path) -> pd.DataFrame:
    """All rows of the CSV; InputError where it is no such file."""
    if not table.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    try:  # all as text first: a preset may be called NA, and numbers come back as they were written
        return pd.read_csv(table, dtype=str, keep_default_na=False)[list(COLUMNS)].astype(COLUMNS)
    except (ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{table} is damaged, or another CSV file ({reason}); mend or move it") from None


def add(table: Path, row: dict[str, Any]) -> None:
    """Write the CSV anew with one more row, in order of preset and seed."""
    rows = pd.DataFrame([*read(table).to_dict("records"), row], columns=list(COLUMNS)).sort_values(["preset", "seed"])
    write_text(table, rows.to_csv(index=False, lineterminator="\n"))


def summary(rows: pd.DataFrame) -> str:
    """Mean, sample standard deviation, and 95 % confidence interval of the mean by Student's t, of each figure."""
    n = len(rows)
    lines = [f"{f'seeds: {n}':<24}{'mean':>10}{'std. dev.':>12}   95 % confidence interval of the mean"]
    for name, (label, factor) in SHOWN.items() if n else ():
        values = rows[name].astype(float) * factor
        mean, deviation = values.mean(), values.std(ddof=1)
        half = stats.t.ppf(0.975, n - 1) * deviation / n**0.5 if n > 1 else 0.0
        spread = f"{deviation:>12.4f}   {mean - half:.4f} to {mean + half:.4f}" if n > 1 else f"{'-':>12}   -"
        lines.append(f"{label:<24}{mean:>10.4f}{spread}")
    return "\n".join(lines)


if __name__ == "__main__":
    cli.run(main, "python -m stages.seeds --seeds 3 -S train.epochs=20")
