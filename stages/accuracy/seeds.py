"""The same training over several seeds, each as soon as it is done a row of the table."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from joblib.externals.loky import cpu_count

from dnn.base.blas import kernels
from dnn.base.errors import InputError
from dnn.base.files import replacing, sha256
from dnn.formats.model_file import load_model
from dnn.model import Predictor
from dnn.shifts import Shifted
from stages.accuracy.declared import BASE, Sections, digest, find_preset, load_presets, values_of
from stages.accuracy.histories import remove_histories, write_history
from stages.accuracy.table import Row, add, brief, counted, file_stem, not_counted, read, summary, write
from stages.datasets.splits import Split, load_split
from stages.project.paths import need_writable, pipeline_path
from stages.training import provenance
from stages.training.checkpoints import checkpoint_path, finished, forget
from stages.training.environment import processor, software
from stages.training.options import options_from, parse_settings, sections_of
from stages.workers.parallel import Engine, Workers, run_all
from stages.workers.task import Data, Outcome, Task, attempt, load_data


@dataclass(frozen=True)
class Asked:
    """Trainings that are asked for.

    Args:
        seeds: how many, from train.seed on.
        table: CSV file with a row for each.
        settings: NAME=VALUE, in place of what the preset says.
        preset: a name; empty: the parameters are those of params.yaml.
        replaces: whether rows of that name, but of other code, software, parameters or data, go when all is done.
        keep: folder for the models, of which those that are not there yet are trained anew; None: they are not kept.
    """

    seeds: int
    table: Path
    workers: Workers
    settings: Sequence[str] = ()
    preset: str = ""
    replaces: bool = False
    keep: Path | None = None

    def sections(self) -> Sections:
        """The parameters; InputError where there is no such preset, or a setting is wrong."""
        values = find_preset(self.preset).values if self.preset else {}
        return sections_of(values | parse_settings(self.settings))


def repeat(asked: Asked) -> None:
    """Train with each seed that the table does not have yet, add a row as each ends, and print what all of them say.

    A row counts where it is by the same code, software, parameters and data, and its model is kept, if that is asked.

    Raises:
        InputError: there is no such preset, a setting is wrong, the table or the data cannot be read, or a training
            failed, once the others are done.
    """
    sections, table, keep = asked.sections(), asked.table, asked.keep
    architecture, recipe, augment = sections
    if recipe.members > 1:
        raise InputError(f"train.members is {recipe.members}, but a seed is one network; add -S train.members=1")
    name = name_of(sections, asked.preset)
    need_writable(table)
    processed = pipeline_path("processed")
    options, data = options_from(architecture, recipe, augment), load_data(processed)
    origin, rows = origin_of(sections, processed), read(table)
    wanted = range(recipe.seed, recipe.seed + asked.seeds)
    named = {seed: {"preset": name, "seed": seed, **origin} for seed in wanted}
    kept = {seed: kept_at(keep, row) for seed, row in named.items()} if keep else {}
    need_writable(*kept.values())
    tell_others(rows, name, origin, asked.replaces)
    there = set(rows[counted(rows, name, origin)]["seed"])
    done = {seed for seed in there if seed not in kept or kept[seed].exists()}
    places = {seed: place_of(options, seed, processed, asked.workers) for seed in wanted}
    tasks = [Task(options, seed, place=places[seed]) for seed in wanted if seed not in done]
    for seed in done.intersection(wanted):
        if (place := places[seed]) and (finished(place) or not place.exists()):
            forget(place)  # which a run that was killed could not, or not wholly
    workers = by_threads(asked.workers, recipe.threads, len(tasks))
    again = f" ({len(there - done)} that have rows, but no models in {keep})" if there - done else ""
    print(f"{name}: {len(tasks)} to train{again}, {asked.seeds - len(tasks)} there already", flush=True)
    failed = {}
    for count, (index, (outcome, machine)) in enumerate(run_all(train, tasks, data, workers), start=1):
        seed, place = tasks[index].seed, tasks[index].place
        if isinstance(outcome, str):
            failed[seed] = outcome
            continue
        run = {"workers": str(workers.count or workers.backend), "machine": machine, **run_facts(data.train)}
        row = named[seed] | measured(outcome, processed / "test.npz") | run
        if keep:
            with replacing(kept[seed]) as file:
                file.write_bytes(outcome.model)
        write_history(table, row, outcome.history)
        add(table, row)
        if place:
            forget(place)
        print(f"{count} of {len(tasks)}: seed {seed}, test_accuracy {row['test_accuracy']:.2%}", flush=True)
    if asked.replaces and not failed:
        remove_others(table, name, origin)
    rows = read(table)
    told = rows[counted(rows, name, origin) & rows["seed"].isin(wanted)]
    if len(told):
        print(summary(told), table, sep="\n")
    if failed:
        seed = min(failed)
        raise InputError(f"{len(failed)} of {len(tasks)} trainings failed; seed {seed}: {failed[seed]}")


def tell_others(rows: pd.DataFrame, name: str, origin: Mapping[str, str], replaces: bool) -> None:
    """Print which rows of that name are not counted, if there are any, and where they stay how to remove them."""
    others = rows[~counted(rows, name, origin) & (rows["preset"] == name)]
    if len(others):
        print(not_counted(others, name, origin) + ("" if replaces else "; --replace removes them"), flush=True)


def remove_others(table: Path, name: str, origin: Mapping[str, str]) -> None:
    """Remove the rows of that name, but of another origin, and their histories."""
    rows = read(table)
    stay = counted(rows, name, origin) | (rows["preset"] != name)
    write(table, rows[stay])
    remove_histories(table, rows[~stay], rows[stay])


def kept_models() -> Path:
    """The folder for models of presets where none is named."""
    return pipeline_path("model").with_name("presets")


def kept_at(folder: Path, row: Row) -> Path:
    """The file of the model that a row is of, where it is kept; of the row its name, seed and origin count."""
    return folder / f"{file_stem(row)}.npz"


def name_of(sections: Sections, preset: str) -> str:
    """The name that rows get: of the preset that has these parameters, else with what differs from the one asked for,
    or without one from the default.
    """
    values = values_of(sections)
    presets = [find_preset(preset)] if preset else load_presets()
    for each in presets:
        if each.values == values:
            return each.name
    differ = [f"{name}={value}" for name, value in sorted(values.items()) if value != presets[0].values[name]]
    return " ".join([preset, *differ] if preset != BASE else differ).strip()


def place_of(options: dict[str, Any], seed: int, processed: Path, workers: Workers) -> Path | None:
    """The checkpoint of the training, where it runs on this machine: that of the train stage, so that either goes on
    where the other was stopped.
    """
    local = workers.backend == Engine.LOCAL
    return checkpoint_path(options, seed, processed).absolute() if local else None


def by_threads(workers: Workers, threads: int | str, tasks: int) -> Workers:
    """As many processes as there are cores for, by the threads of each, where it is not said how many; `auto` is one
    core for each.
    """
    if workers.backend != Engine.LOCAL:
        return workers
    of_each = threads if isinstance(threads, int) else 1
    return replace(workers, count=min(workers.count or max(cpu_count() // of_each, 1), max(tasks, 1)))


def train(task: Task, data: Data) -> tuple[Outcome | str, str]:
    """The training's outcome or error, and the machine that it ran on."""
    return attempt(task, data), f"{processor()}, {os.cpu_count()} cores"


def origin_of(sections: Sections, processed: Path) -> dict[str, str]:
    """8 hexadecimal digits for each column of `ORIGIN`; of the test set only the file's bytes count."""
    files = [path for _, path in provenance.data_files(processed, sections[0].start_from)]
    data = [sha256(path) for path in (*files, processed / "test.npz")]
    return {"code": brief(provenance.code()), "software": brief(software())} | {
        "settings": digest(sections),
        "data": brief(data),
    }


def run_facts(images: Split) -> dict[str, str]:
    """The facts about a row's training beside its origin, for people; a + behind the commit tells of later changes."""
    code = provenance.origin()
    changed = "+" if code["uncommitted_changes"] else ""
    return {
        "ended": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "dataset": str(images.dataset["name"]),
        "kernels": kernels(),
        "commit": f"{(code['commit'] or '')[:12]}{changed}",
    }


def share_right(model: Predictor, images: Split) -> float:
    """The accuracy on these images."""
    return round(float((model.predict(images.images) == images.digits).mean()), 6)


def measured(outcome: Outcome, test: Path) -> dict[str, Any]:
    """The scores of the weights that are kept; only now the test set is opened."""
    images = load_split(test)
    with TemporaryDirectory() as folder:
        file = Path(folder, "model.npz")
        file.write_bytes(outcome.model)
        model = load_model(file)
    answers = {"test_accuracy": model, "test_accuracy_shifted": Shifted(model, 1)}
    return {
        **{name: share_right(each, images) for name, each in answers.items()},
        **{name: round(float(outcome.kept[name]), 6) for name in ("val_accuracy", "val_loss")},
        "kept_epoch": outcome.kept_epoch,
        "epochs": len(outcome.history),
        "parameters": outcome.parameters,
        "seconds": round(outcome.seconds, 2),
    }
