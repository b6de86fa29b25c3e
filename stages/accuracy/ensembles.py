"""Ensembles over seeds: their members are trainings like any other, each with a row of its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dnn.base.files import check_file
from dnn.ensemble import Ensemble
from dnn.formats.model_file import load_model, save_model
from dnn.losses import log_softmax
from dnn.model import Predictor
from dnn.shifts import Shifted
from stages.accuracy.declared import Sections, load_presets, values_of
from stages.accuracy.seeds import Asked, kept_at, name_of, origin_of, run_facts, share_right
from stages.accuracy.seeds import repeat as repeat_networks
from stages.accuracy.table import add, counted, not_counted, read, summary, write
from stages.datasets.splits import Split, load_split
from stages.project.paths import pipeline_path
from stages.workers.task import load_data


def repeat(asked: Asked) -> None:
    """As `seeds.repeat`, of trainings that may be ensembles: the members of the first have the seeds from train.seed
    on, those of the second the ones after that, and so on.

    Their members are trained, kept and added to the table as `seeds.repeat` does it, unless they are there; ensembles
    are kept beside them. The row of an ensemble has the seed of its first member, and all that its members took:
    seconds, epochs, parameters.

    Raises:
        InputError: as `seeds.repeat`, or the table has a member's row, but the folder not its model.
    """
    sections = asked.sections()
    count, first = sections[1].members, sections[1].seed
    if count == 1:
        repeat_networks(asked)
        return
    single = (sections[0], replace(sections[1], members=1), sections[2])
    base, settings = asked_as(single, asked)
    keep, table = asked.keep or pipeline_path("model").with_name("presets"), asked.table
    repeat_networks(replace(asked, seeds=asked.seeds * count, preset=base, settings=settings, keep=keep))
    name, member = name_of(sections, asked.preset), name_of(single, base)
    processed = pipeline_path("processed")
    data, test = load_data(processed), load_split(processed / "test.npz")
    origin, of_member = origin_of(sections, processed), origin_of(single, processed)
    rows = read(table)
    if len(others := rows[~counted(rows, name, origin) & (rows["preset"] == name)]):
        print(not_counted(others, name, origin) + ("" if asked.replaces else "; --replace removes them"), flush=True)
    members = rows[counted(rows, member, of_member)].set_index("seed")
    wanted = range(first, first + asked.seeds * count, count)
    done = set(rows[counted(rows, name, origin)]["seed"])
    for seed in (seed for seed in wanted if seed not in done):
        files = [kept_at(keep, member, each, of_member["settings"]) for each in range(seed, seed + count)]
        for file in files:
            check_file(file, f"it was not kept; remove its row from {table} to train it again")
        ensemble = Ensemble([load_model(file) for file in files])
        row = {"preset": name, "seed": seed, **taken(members.loc[seed : seed + count - 1])}
        row |= scores(ensemble, data.val, test) | run_facts(data) | origin
        save_model(kept_at(keep, name, seed, origin["settings"]), ensemble)
        add(table, row)
        print(f"{name}: seed {seed}, test_accuracy {row['test_accuracy']:.2%}", flush=True)
    rows = read(table)
    own = counted(rows, name, origin)
    if asked.replaces:
        rows = rows[own | (rows["preset"] != name)]
        write(table, rows)
    print(summary(rows[counted(rows, name, origin) & rows["seed"].isin(wanted)]), table, sep="\n")


def asked_as(single: Sections, asked: Asked) -> tuple[str, Sequence[str]]:
    """The preset and the settings by which one member is asked for: a preset of these very values, if there is one."""
    for each in load_presets():
        if each.values == values_of(single):
            return each.name, []
    return asked.preset, [*asked.settings, "train.members=1"]


def taken(rows: pd.DataFrame) -> dict[str, Any]:
    """The cost of the members together, and where they were trained."""
    together = {name: rows[name].sum() for name in ("seconds", "epochs", "parameters")}
    last = rows.sort_values("ended", kind="stable").iloc[-1]
    return together | {"kept_epoch": rows["kept_epoch"].max()} | {name: last[name] for name in ("workers", "machine")}


def scores(ensemble: Predictor, val: Split, test: Split) -> dict[str, float]:
    """Accuracies and validation loss, as in the rows of single networks."""
    logits = ensemble.logits(val.images)
    loss = -float(np.vdot(log_softmax(logits), val.labels)) / len(logits)
    return {
        "test_accuracy": share_right(ensemble, test),
        "test_accuracy_shifted": share_right(Shifted(ensemble, 1), test),
        "val_accuracy": round(float((logits.argmax(axis=1) == val.digits).mean()), 6),
        "val_loss": round(loss, 6),
    }
