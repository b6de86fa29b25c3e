"""A training of the pipeline: every member of the model, its records, and what a person sees meanwhile."""

import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from dvclive.live import Live

from dnn.base.blas import blas_threads, kernels
from dnn.base.errors import InputError
from dnn.base.files import replacing, write_text
from dnn.base.locks import locked
from dnn.base.temporaries import size_of
from dnn.calibration import fit_temperature
from dnn.ensemble import Ensemble
from dnn.formats.model_file import load_single, save_model
from dnn.model import Model, Predictor
from dnn.progress import Progress
from dnn.training.dynamics import Dynamics
from dnn.training.train import train as train_whole
from dnn.training.trainer import Callback, Trainer
from stages.datasets.splits import Split, caption, load_split
from stages.display.live_page import LivePage
from stages.project.cli import note
from stages.project.kernels import VARIABLE, chosen_by_user
from stages.project.paths import need_writable
from stages.project.place import need_first_commit, remarks
from stages.training import provenance
from stages.training.checkpoints import (
    Stopwatch,
    abandoned,
    checkpoint_path,
    dynamics_path,
    epochs_in,
    finished,
    forget,
    lock_of,
    seconds_spent,
)
from stages.training.live_metrics import LiveMetrics
from stages.training.options import classes_of, new_trainer, options_from, sections_of, weights_of


def run(processed: Path, model: Path, training: Path, runs: Path, page: Path) -> None:
    """Train what params.yaml describes, and write all that comes of it; for the paths see `stages.train`.

    Raises:
        InputError: a parameter, the data or the model to start from is wrong, or the loss is no longer finite.
    """
    need_first_commit()
    need_writable(model, training / provenance.FILE, runs / "run.json", page)
    for remark in remarks():
        note(remark)
    with ExitStack() as locks:
        for path in (model, training):
            locks.enter_context(locked(path, lock_of(path)))
        train_members(processed, model, training, runs, page, locks)


def train_members(processed: Path, model: Path, training: Path, runs: Path, page: Path, locks: ExitStack) -> None:
    """The training itself, which adds the locks of its checkpoints, to be held until all is written."""
    if old := abandoned():
        size = sum(map(size_of, old)) / 1e6
        note(
            f"{old[0].parent} has {len(old)} files, {size:.1f} MB, of trainings by other code or software, "
            "which nothing continues; `make clean` removes them"
        )
    architecture, recipe, augment = sections_of()
    options = options_from(architecture, recipe, augment)
    if options["start_from"] and Path(options["start_from"]).resolve() == model.resolve():
        raise InputError(
            f"model.start_from is {model}, which this training replaces; copy it elsewhere and name the copy"
        )
    if architecture.start_from:
        print(f"layers: those of {architecture.start_from}, whatever model.hidden_layers says")
    train, val = load_split(processed / "train.npz"), load_split(processed / "val.npz")
    facts = provenance.describe(processed)
    members: list[Predictor] = []
    checkpoints: list[Path] = []
    with live_records(training) as live:
        for seed in facts["seeds"]:
            trainer = new_trainer(options, seed, train)
            if not members:
                print(f"{trainer.network.summary()}\nlearning curves: {page.resolve().as_uri()}", flush=True)
            checkpoint = checkpoint_path(options, seed, processed)
            checkpoints.append(checkpoint)
            # An experiment elsewhere may do the same training; this one wants its own, after that.
            locks.enter_context(locked(checkpoint, wait=note))
            watched = recipe.dynamics and not members  # of an ensemble the first
            rows = dynamics_path(checkpoint)  # beside it, to outlast an interruption
            if watched and finished(checkpoint) and not rows.exists():
                note(f"{checkpoint} is done, but nothing was measured for train.dynamics; it is trained anew")
                forget(checkpoint)
            watching: list[Callback] = [Dynamics(val.images, val.labels, rows)] if watched else []
            watching.append(Stopwatch(checkpoint))
            fit(trainer, train, val, checkpoint, live, page, watching)
            if watched:  # a copy, as what is beside the checkpoint stays as long as that
                with replacing(training / "dynamics.npz") as copy:
                    copy.write_bytes(rows.read_bytes())
            members.append(Model(trainer.network, classes_of(train), statistics(seed, trainer)))
    trained = members[0] if len(members) == 1 else Ensemble(members)
    with blas_threads(1):  # another number of threads gives other bytes
        trained.temperature = fit_temperature(trained.logits(val.images), val.labels)
    about = {"epochs": sum(member.about["epochs"] for member in members), "members": [m.about for m in members]}
    trained.about = {
        "dataset": train.dataset,
        "preprocessing": "grey levels from 0, the background, to 1",
        "training": about,
        **({"start_from": learned(options["start_from"])} if options["start_from"] else {}),
    }
    save_model(model, trained)
    measured_on = {"val_images": len(val.digits)}
    write_text(training / "statistics.json", json.dumps(about | measured_on, indent=2) + "\n")
    provenance.write(training, facts, model, trained)
    seconds = sum(map(seconds_spent, checkpoints))
    provenance.write_run(runs, provenance.run_record(seconds, about["epochs"]), model)
    for checkpoint in checkpoints:  # not before all is written, so that nothing is trained twice
        forget(checkpoint)
    kept = ", ".join(
        f"{m['kept_epoch']} with validation accuracy {m['kept']['val_accuracy']:.2%}" for m in about["members"]
    )
    print(f"kernels: {kernels()}{f', as {VARIABLE} says' if chosen_by_user() else ''}")
    print(f"data: {caption(train.dataset)}\n{counted(about['epochs'])} in {seconds:.1f} s; kept epoch {kept}")


def counted(epochs: int) -> str:
    """The number of epochs, in words."""
    return f"{epochs} epoch{'' if epochs == 1 else 's'}"


def live_records(training: Path) -> Live:
    """DVCLive's, in that folder; InputError where DVC, which it opens, cannot write the database of its cache."""
    try:
        live = Live(str(training), dvcyaml=None, save_dvc_exp=False, report=None)
    except sqlite3.Error as error:
        raise InputError(f"DVC cannot write its database ({error}); is the disk full, or read-only?") from None
    live.step = 1  # the first epoch's
    return live


def fit(
    trainer: Trainer,
    train: Split,
    val: Split,
    checkpoint: Path,
    live: Live,
    page: Path,
    watching: Sequence[Callback],
) -> None:
    """Train, and show how it goes; Ctrl-C ends it with a line."""
    metrics, epochs = LiveMetrics(live), trainer.recipe.epochs
    if 0 < (done := epochs_in(checkpoint)) < epochs:
        print(f"goes on after epoch {done} of {epochs}", flush=True)
    with (
        told_where_it_stopped(checkpoint, epochs),
        Progress(epochs) as bar,
        LivePage(page, caption(train.dataset)) as live_page,
    ):
        train_whole(
            trainer,
            train.images,
            train.labels,
            weights_of(train, trainer),
            (val.images, val.labels, weights_of(val, trainer)),
            callbacks=[bar, metrics, live_page, *watching],
            checkpoint=checkpoint,
            until=epochs,  # which keeps the checkpoint
        )
        if not metrics.logged:  # a finished checkpoint left no epoch to train
            for show in (bar, metrics, live_page):
                show(trainer)


@contextmanager
def told_where_it_stopped(checkpoint: Path, epochs: int) -> Iterator[None]:
    """At Ctrl-C, which DVC hands on, say what is kept, before it ends the command."""
    try:
        yield
    except KeyboardInterrupt:
        done = epochs_in(checkpoint)
        told = f"after epoch {done} of {epochs}; the same command goes on" if done else "in epoch 1; nothing is kept"
        print(f"stopped {told}", file=sys.stderr, flush=True)
        raise


def learned(start_from: str) -> dict[str, Any]:
    """The data set of the model to start from, and likewise of the one that it started from, where it tells."""
    about = load_single(start_from).about
    return {name: about[name] for name in ("dataset", "start_from") if name in about}


def statistics(seed: int, trainer: Trainer) -> dict[str, Any]:
    """Seed, epochs, weights and the figures of the epoch that is kept, which the next training repeats."""
    kept = trainer.history[trainer.kept_epoch - 1]
    return {
        "seed": seed,
        "epochs": len(trainer.history),
        "kept_epoch": trainer.kept_epoch,
        "parameters": trainer.network.params.size,
        "kept": {name: value for name, value in kept.items() if name != "epoch"},
    }
