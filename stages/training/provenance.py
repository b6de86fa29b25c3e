"""How a model came about, so that the training can be traced and repeated.

Two records. `provenance.json` lies among the results and says what a repetition repeats: parameters, seeds, code, data,
versions, and what came of them; the same training writes the same bytes on any machine. The run's record, untracked,
says what it cannot repeat: commit, experiment, machine, time. It is found by the model's hash.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dnn.base import yaml12
from dnn.base.files import sha256, write_text
from dnn.model import Predictor
from stages.project import params
from stages.project.git import git
from stages.project.outputs import read_output
from stages.project.paths import ROOT, top
from stages.training.environment import machine, software
from stages.training.options import SECTIONS

FILE = "provenance.json"  # in the folder of the training
KINDS = {
    "seeds": [int],
    "parameters": {"model": {"start_from": str}},
    "code": str,
    "software": dict,
    "data": {"train.npz": str},
    "dataset": dict,
    "weights": int,
    "model": str,
}


def describe(processed: Path) -> dict[str, Any]:
    """All that a training depends on that starts now, with params.yaml and train.npz and val.npz of `processed`."""
    parameters = {name: params.values_of(params.load(section)) for name, section in SECTIONS.items()}
    train = parameters["train"]
    return {
        "seeds": list(range(train["seed"], train["seed"] + train["members"])),
        "parameters": parameters,
        "code": code(),
        "software": software(),
        "data": {name: sha256(path) for name, path in data_files(processed, parameters["model"]["start_from"])},
    }


def write(training: Path, facts: dict[str, Any], model: Path, trained: Predictor) -> None:
    """Write what `describe` told before the training, and what came of it, into the training's folder."""
    result = {
        "dataset": trained.about["dataset"],
        "weights": trained.parameter_count,
        "temperature": round(trained.temperature, 6),
        "model": sha256(model),
    }
    write_text(training / FILE, json.dumps(facts | result, indent=2) + "\n")


def read(path: Path) -> dict[str, Any]:
    """The facts that `write` wrote.

    Raises:
        InputError: the file is missing, damaged or another.
    """
    return read_output(path, "deliver", KINDS)


def run_record(seconds: float, epochs: int) -> dict[str, Any]:
    """The facts of a training that ends now which no repetition repeats."""
    return {
        **origin(),
        "experiment": os.environ.get("DVC_EXP_NAME"),
        "machine": machine(),
        "seconds": round(seconds, 2),
        "seconds_per_epoch": round(seconds / epochs, 3),
    }


def write_run(runs: Path, record: dict[str, Any], model: Path) -> None:
    """Write the record by the model's hashes: as JSON by the MD5 by which dvc.lock knows it, and for the report, which
    must not change with the machine, as a script by its SHA-256. In the real project, also of a temporary experiment.
    """
    runs = Path(os.environ.get("DVC_ROOT", "")) / runs
    text = json.dumps(record, indent=2)
    write_text(runs / f"{md5(model)}.json", text + "\n")
    write_text(runs / f"{sha256(model)[:16]}.js", f"const run = {text};\n")


def md5(model: Path) -> str:
    """MD5 of a model file, by which dvc.lock knows it."""
    return hashlib.md5(model.read_bytes(), usedforsecurity=False).hexdigest()


def origin(root: Path = ROOT) -> dict[str, Any]:
    """The last commit that touched the code that trains, and whether that was changed since.

    A later commit, such as one of the results, changes nothing. Both are None where there is no git, or nothing
    committed, and the commit also where the history is cut off before it, as in a shallow clone.
    """
    paths = [path.relative_to(root).as_posix() for path in code_paths(root)]
    commit = (git("-C", str(root), "rev-list", "-1", "HEAD", "--", *paths) or "").strip() or None
    changes = git("-C", str(root), "status", "--porcelain", "--untracked-files=all", "--", *paths) if commit else None
    grafted = commit and commit in (git("-C", str(root), "rev-list", "--max-parents=0", "HEAD") or "").split()
    shallow = grafted and (git("-C", str(root), "rev-parse", "--is-shallow-repository") or "").strip() == "true"
    return {"commit": None if shallow else commit, "uncommitted_changes": None if changes is None else bool(changes)}


def code(root: Path = ROOT) -> str:
    """SHA-256 of the code that trains: the files and rooms that dvc.yaml names as the train stage's code."""
    key = hashlib.sha256()
    for place in code_paths(root):
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            key.update(f"{path.relative_to(root).as_posix()}\n".encode())
            key.update(path.read_bytes())
    return key.hexdigest()


def code_paths(root: Path) -> list[Path]:
    """The files and folders among the train stage's dependencies; the others, `${...}`, are data."""
    dependencies = yaml12.read(root / "dvc.yaml")["stages"]["train"]["deps"]
    return [root / path for path in dependencies if not path.startswith("${")]


def engine() -> str:
    """SHA-256 of the code that trains and of the software that it computes with: all but parameters and data."""
    return hashlib.sha256(f"{code()} {software()}".encode()).hexdigest()


def data_files(processed: Path, start_from: str) -> Iterator[tuple[str, Path]]:
    """The files that the training reads, by names that are the same wherever they lie."""
    yield from ((name, processed / name) for name in ("train.npz", "val.npz"))
    if start_from:
        yield "start_from", top() / start_from


def flatten(facts: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested facts with dotted names, `a.b`, or `a.0.b` where they stand in a list."""
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            value = {str(i): item for i, item in enumerate(value)}
        flat |= flatten(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
