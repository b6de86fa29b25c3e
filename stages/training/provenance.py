"""How a model came about: code, parameters, data and machine, so that the training can be traced and repeated.

The same commit on the same machine gives the same bytes: no time, no path, no name of a host.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import dnn
from dnn.base.errors import InputError
from dnn.base.files import write_text
from stages.project import params
from stages.project.git import git
from stages.training.environment import environment

FILE = "provenance.json"  # in the folder of the training
SECTIONS = (params.Model, params.Train, params.Augment)


def describe(processed: Path) -> dict[str, Any]:
    """What a training that starts now, here, with params.yaml, comes from.

    Args:
        processed: folder with train.npz and val.npz.
    """
    parameters = {s.__name__.lower(): params.load(s).model_dump(mode="json") for s in SECTIONS}
    train = parameters["train"]
    return {
        **code(),
        "experiment": os.environ.get("DVC_EXP_NAME"),
        "seeds": list(range(train["seed"], train["seed"] + train["members"])),
        "parameters": parameters,
        "environment": environment(),
        "data": {name: digest(path) for name, path in data_files(processed, parameters["model"]["start_from"])},
    }


def write(training: Path, facts: dict[str, Any], model: Path) -> None:
    """Write what `describe` told before the training, and what came of it, into the training's folder."""
    write_text(training / FILE, json.dumps(facts | {"model": digest(model)}, indent=2) + "\n")


def read(path: Path) -> dict[str, Any]:
    """What `write` wrote.

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        missing = {"commit", "seeds", "parameters", "environment", "data", "model"} - set(facts)
        missing |= {"parameters.model.start_from", "data.train.npz"} - set(flatten(facts))
    except FileNotFoundError:
        raise InputError(f"{path} is missing; `dvc repro train` makes it") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged ({error}); `dvc repro -f train` makes it anew") from None
    if missing:
        raise InputError(f"{path} lacks {', '.join(sorted(missing))}; `dvc repro -f train` makes it anew")
    return facts


def code() -> dict[str, Any]:
    """The last commit that touched what dvc.yaml's training depends on, and whether that was changed since.

    A later commit, such as one of the results, changes nothing. None where there is no git, or nothing committed.
    """
    try:
        dependencies = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]["train"]["deps"]
    except FileNotFoundError:
        return {"commit": None, "uncommitted_changes": None}
    paths = [path for path in dependencies if not path.startswith("${")]  # the others are data
    commit = (git("rev-list", "-1", "HEAD", "--", *paths) or "").strip()
    changes = git("status", "--porcelain", "--untracked-files=all", "--", *paths) if commit else None
    return {"commit": commit or None, "uncommitted_changes": None if changes is None else bool(changes)}


def data_files(processed: Path, start_from: str) -> Iterator[tuple[str, Path]]:
    """What the training reads, by names that are the same wherever the files lie."""
    yield from ((name, processed / name) for name in ("train.npz", "val.npz"))
    if start_from:
        yield "start_from", Path(start_from)


def engine(package: Path = Path(dnn.__file__).parent) -> str:
    """SHA-256 of the code that trains and NumPy's version: with another of them the same seed may give other bytes."""
    key = hashlib.sha256(np.__version__.encode())
    for path in sorted(package.rglob("*.py")):
        key.update(path.read_bytes())
    return key.hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flatten(facts: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested facts with dotted names, `a.b`, or `a.0.b` where they stand in a list."""
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            value = {str(i): item for i, item in enumerate(value)}
        flat |= flatten(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
