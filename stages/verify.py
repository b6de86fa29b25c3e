"""Train again as recorded: does the same model come out, byte for byte?"""

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import typer
import yaml

from dnn.base.errors import InputError
from dnn.base.files import sha256
from dnn.formats.model_file import header_of, load_model, suffixes
from stages.project import cli
from stages.project import kernels as promise
from stages.project.paths import pipeline_path
from stages.training import provenance
from stages.training.environment import machine

# shown also where they are as recorded
DECIDE = (
    *("code", "software.numpy", "software.blas.version", "software.blas.kernels"),
    *("parameters.train.kernels", "parameters.train.threads", "data.train.npz", "data.val.npz"),
)
CHANGES, CHANGES_NOT = "differs, which can change bytes", "differs, which changes none"


def main(
    model: Annotated[Path | None, typer.Option(help="Model file, by default the one of dvc.yaml")] = None,
    record: Annotated[Path | None, typer.Option(help="Its provenance.json, by default the one of dvc.yaml")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Only tell how far the promise reaches")] = False,
) -> None:
    """Repeat the training with the recorded parameters and seeds, in a temporary folder.

    Exits with 0 if the model's bytes agree, and else with 1. A table tells what was recorded, what is now, and which of
    the differences can change bytes.
    """
    if explain:
        print(inspect.getdoc(promise))
        return
    if model and not model.exists():
        raise InputError(f"there is no model at {model}; name another --model")
    model = model or pipeline_path("model")
    recorded = provenance.read(record or pipeline_path("training") / provenance.FILE)
    processed = pipeline_path("processed")
    check_data(recorded, processed)
    now = provenance.describe(processed)
    with TemporaryDirectory() as folder:
        again = train_again(recorded["parameters"], processed, Path(folder))
        agree, lines = verdict(recorded["model"], model, again)
    print(f"{'yes' if agree else 'no'}: {lines[0]}", *lines[1:], sep="\n")
    was = machine_of(model)
    rows = compared(recorded | was, now | ({"machine": machine()} if was else {}))
    print(*lines_of([("fact", "recorded", "now", ""), *rows]), sep="\n")
    if not agree:
        if not any(effect == CHANGES for *_, effect in rows):
            print("all that can change bytes is as recorded; was the record or the model changed by hand?")
        raise typer.Exit(1)


def machine_of(model: Path) -> dict[str, Any]:
    """The machine that trained the model, where its run's record is on this one."""
    path = pipeline_path("runs") / f"{provenance.md5(model) if model.exists() else ''}.json"
    return {"machine": json.loads(path.read_text(encoding="utf-8"))["machine"]} if path.exists() else {}


def check_data(recorded: dict[str, Any], processed: Path) -> None:
    """Raise InputError where the data is not what the model was trained on."""
    start_from = recorded["parameters"]["model"]["start_from"]
    for name, path in provenance.data_files(processed, start_from):
        if not path.exists():
            remedy = "bring the model back" if name == "start_from" else "`dvc repro preprocess` makes it"
            raise InputError(f"{path}, which the model was trained on, is missing; {remedy}")
        before, now = recorded["data"].get(name, "none"), sha256(path)
        if before != now:
            raise InputError(
                f"{path} is not what the model was trained on: recorded SHA-256 {before[:16]}, now {now[:16]}; "
                "go back to the recorded data (`git checkout` and `dvc repro preprocess`), or train on this"
            )


def train_again(parameters: dict[str, Any], processed: Path, folder: Path) -> Path:
    """Run the train stage in the folder, where it finds no checkpoint of an earlier training, and name its model.

    InputError says that it failed, and standard error why.
    """
    start_from = parameters["model"]["start_from"]
    absolute = {"start_from": str(Path(start_from).resolve())} if start_from else {}
    text = yaml.safe_dump(parameters | {"model": parameters["model"] | absolute}, sort_keys=False)
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    model = folder / "model.npz"
    outputs = (model, folder / "train", folder / "runs", folder / "live.html")
    environment = os.environ | {"DVC_ROOT": str(folder), "PYTHONPATH": str(provenance.ROOT)}
    command = [sys.executable, "-m", "stages.train", *map(str, (processed.resolve(), *outputs))]
    if subprocess.run(command, cwd=folder, env=environment).returncode:
        raise InputError("the training stopped, so nothing was compared; does this code know the recorded parameters?")
    return model


def verdict(recorded: str, model: Path, again: Path) -> tuple[bool, list[str]]:
    """Whether the bytes agree, and lines that say so.

    Args:
        recorded: SHA-256 of the model when it was trained.
        model: the file to check; where it is missing, the record alone counts.
        again: the file of the second training.
    """
    repeated = sha256(again)
    same = repeated == recorded
    lines = [f"the second training gave {'the recorded bytes' if same else 'other bytes'}, SHA-256 {repeated}"]
    if not same:
        lines.append(f"recorded is {recorded}")
    if not model.exists():
        return same, [*lines, f"{model} itself is not there to be compared"]
    found = sha256(model)
    damaged = f"{model} is not the recorded file, its SHA-256 is {found}"
    if found != recorded and same:
        lines.insert(0, f"{damaged}; `dvc checkout --force {model}` may bring it back")
    elif found != recorded:
        lines.append(damaged)
    if found != repeated:
        lines.append(first_difference(model, again))
    return same and found == recorded, lines


def first_difference(model: Path, again: Path) -> str:
    """The first array that differs and by how much, or what else does."""
    try:
        old = load_model(model)
    except InputError as error:
        return str(error)
    new = load_model(again)
    if len(old.networks) != len(new.networks):
        return f"{model} has {len(old.networks)} networks, the second training {len(new.networks)}"
    for suffix, one, other in zip(suffixes(new), old.networks, new.networks, strict=True):
        for name in ("params", "state"):
            a, b = getattr(one, name), getattr(other, name)
            if a.shape != b.shape:
                return f"{name}{suffix} of {model} has shape {a.shape}, that of the second training {b.shape}"
            if not np.array_equal(a, b):
                most, differ = np.abs(a - b).max(), np.count_nonzero(a != b)
                return f"{name}{suffix} of {model} differs in {differ:,} of {a.size:,} values, by {most:.3g} at most"
    rows = compared(header_of(old), header_of(new))
    told = [f"{name} is {before} in {model}, {after} in the second training" for name, before, after, _ in rows]
    return "\n".join(told) or "the arrays and the header are equal"


def compared(recorded: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Fact, recorded, now and effect: of each that decides, and of each other that is not the same."""
    old, new = provenance.flatten(recorded), provenance.flatten(now)
    rows = []
    for name in new:
        same = old.get(name) == new[name]
        effect = "same" if same else CHANGES_NOT if name.startswith("machine.") else CHANGES
        if name in DECIDE or not same:
            rows.append((name, shown(old.get(name)), shown(new[name]), effect))
    return rows


def shown(value: Any) -> str:
    """A fact as text; of a SHA-256 the first digits."""
    text = str(value)
    return f"{text[:12]}..." if len(text) == 64 else text


def lines_of(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows with their cells one below the other, and one line for each."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


if __name__ == "__main__":
    cli.run(main, "python -m stages.verify")
