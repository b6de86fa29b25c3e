"""Ensembles over seeds: their members are trainings like any other, each with a row of its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dnn.ensemble import Ensemble
from dnn.formats.model_file import load_model, save_model
from dnn.losses import log_softmax
from dnn.model import Predictor
from dnn.shifts import Shifted
from stages.accuracy.declared import Sections, load_presets, values_of
from stages.accuracy.seeds import (
    Asked,
    kept_at,
    kept_models,
    name_of,
    origin_of,
    remove_others,
    run_facts,
    share_right,
    tell_others,
)
from stages.accuracy.seeds import repeat as repeat_networks
from stages.accuracy.table import add, counted, read, summary
from stages.datasets.splits import Split, load_split
from stages.project.paths import pipeline_path


def repeat(asked: Asked) -> None:
    """As `seeds.repeat`, of trainings that may be ensembles: the members of the first have the seeds from train.seed
    on, those of the second the ones after that, and so on.

    Their members are trained, kept and added to the table as `seeds.repeat` does it, unless they are there; ensembles
    are kept beside them. The row of an ensemble has the seed of its first member, and all that its members took:
    seconds, epochs, parameters.

    Raises:
        InputError: as `seeds.repeat`.
    """
    sections = asked.sections()
    count, first = sections[1].members, sections[1].seed
    if count == 1:
        repeat_networks(asked)
        return
    single = (sections[0], replace(sections[1], members=1), sections[2])
    base, settings = asked_as(single, asked)
    keep, table = asked.keep or kept_models(), asked.table
    name, member = name_of(sections, asked.preset), name_of(single, base)
    processed = pipeline_path("processed")
    origin, of_member = origin_of(sections, processed), origin_of(single, processed)
    rows, wanted = read(table), range(first, first + asked.seeds * count, count)
    named = {seed: {"preset": name, "seed": seed, **origin} for seed in wanted}
    tell_others(rows, name, origin, asked.replaces)
    there = set(rows[counted(rows, name, origin)]["seed"])
    missing = [seed for seed in wanted if seed not in there or (asked.keep and not kept_at(keep, named[seed]).exists())]
    print(f"{name}: {len(missing)} to make, of {count} networks each; {asked.seeds - len(missing)} there", flush=True)
    for seed in missing:
        of_these = [*settings, f"train.seed={seed}"]
        repeat_networks(replace(asked, seeds=count, preset=base, settings=of_these, replaces=False, keep=keep))
        rows = read(table)
        members = rows[counted(rows, member, of_member) & rows["seed"].between(seed, seed + count - 1)]
        ensemble = Ensemble([load_model(kept_at(keep, row)) for row in members.to_dict("records")])
        val, test = (load_split(processed / f"{split}.npz") for split in ("val", "test"))
        row = named[seed] | taken(members) | scores(ensemble, val, test) | run_facts(val)
        save_model(kept_at(keep, row), ensemble)
        add(table, row)
        print(f"{name}: seed {seed}, test_accuracy {row['test_accuracy']:.2%}", flush=True)
    if asked.replaces:
        remove_others(table, name, origin)
    rows = read(table)
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
