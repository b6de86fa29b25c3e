"""Paths of the pipeline's files, for commands that people start: only dvc.yaml knows them."""

import os
from pathlib import Path

from dnn.base.errors import InputError
from stages.project import yaml12

ROOT = Path(__file__).resolve().parents[2]  # of the code that runs, also in a temporary experiment


def top() -> Path:
    """The project's folder: the current one where it has dvc.yaml or params.yaml, else the one that has this code.

    A temporary experiment, whose folder is the current one, so has its own files; a command that a person starts from
    a folder inside of the project, or from outside, has those of the project.
    """
    here = any(Path(name).exists() for name in ("dvc.yaml", "params.yaml"))
    return Path() if here or not (ROOT / "dvc.yaml").exists() else ROOT


def pipeline_name(name: str) -> str:
    """The path that has this name in dvc.yaml, under `vars` and `path`, as it stands there; InputError without it."""
    path = top() / "dvc.yaml"
    try:
        return str(yaml12.read(path)["vars"][0]["path"][name])
    except (KeyError, IndexError, TypeError):
        raise InputError(f"{path} has no path named {name} under vars") from None


def pipeline_path(name: str) -> Path:
    """The path of that name, from the current folder."""
    return top() / pipeline_name(name)


def need_writable(*files: Path) -> None:
    """Raise InputError where one of the files could not be written, before the work whose result it would hold."""
    for file in files:
        if file.is_dir():
            raise InputError(f"{file} is a folder; name a file")
        place = next(parent for parent in file.absolute().parents if parent.exists())
        if not place.is_dir():
            raise InputError(f"{place} is a file, so that {file} cannot be written; name another place")
        if not os.access(place, os.W_OK):
            raise InputError(f"{place} cannot be written to, so that {file} cannot be; name another place")
