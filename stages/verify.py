"""Train again as recorded: does the same model come out, byte for byte?"""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.verify`")


import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import typer

from dnn.base.errors import InputError, naming
from dnn.base.files import check_file, sha256
from dnn.base.strict_json import read_json
from dnn.formats.model_file import header_of, load_model, suffixes
from stages.project import cli, kernels
from stages.project.paths import ROOT, pipeline_path, top
from stages.training import provenance
from stages.training.environment import machine

# Beginnings of the facts that are shown also where they are as recorded.
DECIDE = ("code", "software.numpy", "software.blas.", "parameters.train.kernels", "data.")
CHANGES, CHANGES_NOT = "differs, which can change bytes", "differs, which changes none"


def main(
    model: Annotated[Path | None, typer.Option(help="Model file, by default the one of dvc.yaml")] = None,
    record: Annotated[Path | None, typer.Option(help="Its provenance.json, by default the one of dvc.yaml")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Only tell how far the promise reaches")] = False,
) -> None:
    """Repeat the training with the recorded parameters and seeds, in a temporary folder.

    Exits with 0 if the model's bytes agree, else with 1. A table tells which differences can change bytes.
    """
    if explain:
        print(kernels.__doc__, end="")
        return
    if model:
        check_file(model, "name another --model")
    model = model or pipeline_path("model")
    recorded = provenance.read(record or pipeline_path("training") / provenance.FILE)
    processed = pipeline_path("processed")
    check_data(recorded, processed)
    now = provenance.describe(processed)
    with TemporaryDirectory() as folder:
        again = train_again(recorded["parameters"], processed, Path(folder))
        agree, lines = verdict(recorded["model"], model, again)
    print("yes:" if agree else "no:", "\n".join(lines))
    facts = compared(recorded | {"machine": machine_of(model)}, now | {"machine": machine()})
    rows = [("fact", "recorded", "now", ""), *facts]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())
    if not agree:
        if not any(effect == CHANGES for *_, effect in rows):
            print("all that can change bytes is as recorded; was the record or the model changed by hand?")
        raise typer.Exit(1)


def machine_of(model: Path) -> dict[str, Any]:
    """The machine that trained the model, by its run's record; where that is not here, it counts as this one."""
    path = pipeline_path("runs") / f"{provenance.md5(model) if model.exists() else ''}.json"
    if not path.exists():
        return machine()
    found: dict[str, Any] = read_json(path, {"machine": dict}, "remove it, or bring it back")["machine"]
    return found


def check_data(recorded: dict[str, Any], processed: Path) -> None:
    """Raise InputError where the data is not what the model was trained on."""
    for name, path in provenance.data_files(processed, recorded["parameters"]["model"]["start_from"]):
        remedy = "bring the model back" if name == "start_from" else "`dvc repro preprocess` makes it"
        with naming("the model's data"):
            check_file(path, remedy)
        before, now = recorded["data"].get(name, "none"), sha256(path)
        if before != now:
            raise InputError(
                f"{path} is not what the model was trained on: recorded SHA-256 {before[:16]}, now {now[:16]}; "
                "bring back the recorded data (`dvc repro preprocess` makes what params.yaml says), or train on this"
            )


def train_again(parameters: dict[str, Any], processed: Path, folder: Path) -> Path:
    """Run the train stage in a folder without checkpoints, and name its model; InputError where it fails."""
    start_from = parameters["model"]["start_from"]
    absolute = {"start_from": start_from and str((top() / start_from).resolve())}
    text = json.dumps(parameters | {"model": parameters["model"] | absolute})  # which is YAML, too
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    paths = [str(processed.resolve()), "model.npz", "train", "runs", "live.html"]
    environment = os.environ | {"DVC_ROOT": str(folder), "PYTHONPATH": str(ROOT)}
    if subprocess.run([sys.executable, "-m", "stages.train", *paths], cwd=folder, env=environment).returncode:
        raise InputError("the training stopped, so nothing was compared; does this code know the recorded parameters?")
    return folder / "model.npz"


def verdict(recorded: str, model: Path, again: Path) -> tuple[bool, list[str]]:
    """Whether the recorded SHA-256 is that of both models, of the first if it is there, and lines that say so."""
    repeated = sha256(again)
    same = repeated == recorded
    told = f"the second training gave {'the recorded' if same else 'other'} bytes, SHA-256 {repeated}"
    lines = [told if same else f"{told}; recorded is {recorded}"]
    if not model.exists():
        return same, [*lines, f"{model} itself is not there to be compared"]
    found = sha256(model)
    if found != recorded:
        own = model == pipeline_path("model")
        remedy = f"; `dvc checkout --force {model}` may bring it back" if same and own else ""
        lines.insert(0, f"{model} is not the recorded file, its SHA-256 is {found}{remedy}")
    if found != repeated:
        lines.append(first_difference(model, again))
    return same and found == recorded, lines


def first_difference(model: Path, again: Path) -> str:
    """The first array that differs and by how much, or what else does."""
    try:
        old, new = load_model(model), load_model(again)
    except InputError as error:
        return str(error)
    if [network.config() for network in old.networks] != [network.config() for network in new.networks]:
        return f"{model} has other networks or layers than the model of the second training"
    for suffix, one, other in zip(suffixes(new), old.networks, new.networks, strict=True):
        for name, a, b in (("params", one.params, other.params), ("state", one.state, other.state)):
            if not np.array_equal(a, b):
                most, differ = np.abs(a - b).max(), np.count_nonzero(a != b)
                return f"{name}{suffix} of {model} differs in {differ:,} of {a.size:,} values, by {most:.3g} at most"
    rows = compared(header_of(old), header_of(new))
    told = (f"{name} is {before} in {model}, {after} in the second training" for name, before, after, _ in rows)
    return "\n".join(told) or "the arrays and the header are equal"


def compared(recorded: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Fact, recorded, now and effect: of each that decides, and of each other that is not the same."""
    old, rows = provenance.flatten(recorded), []
    for name, value in provenance.flatten(now).items():
        same = old.get(name) == value
        differs = CHANGES_NOT if name.startswith("machine.") else CHANGES
        if not same or name.startswith(DECIDE):
            rows.append((name, shown(old.get(name)), shown(value), "same" if same else differs))
    return rows


def shown(value: Any) -> str:
    """A fact as text; of a SHA-256 the first digits."""
    text = str(value)
    return f"{text[:12]}..." if len(text) == 64 else text


if __name__ == "__main__":
    cli.run(main, "python -m stages.verify")
