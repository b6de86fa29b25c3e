"""Paths of the pipeline's files, for commands that people start: only dvc.yaml knows them."""

import os
import re
import shlex
from pathlib import Path

from dnn.base import yaml12
from dnn.base.errors import InputError

ROOT = Path(__file__).resolve().parents[2]  # of the code that runs, also in a temporary experiment

VARIABLE = re.compile(r"\$\{path\.(\w+)\}")


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


def is_stage(name: str) -> bool:
    """Whether dvc.yaml runs the command of that name."""
    path = top() / "dvc.yaml"
    return path.is_file() and f"python -m stages.{name} " in path.read_text(encoding="utf-8", errors="replace")


def stage_arguments(name: str) -> list[str]:
    """The arguments that dvc.yaml gives the stage, paths from the project's folder; InputError where it has no such."""
    path = top() / "dvc.yaml"
    try:
        command = str(yaml12.read(path)["stages"][name]["cmd"])
    except (KeyError, TypeError):
        raise InputError(f"{path} has no command of the stage {name}; give the paths") from None
    filled = VARIABLE.sub(lambda found: shlex.quote(pipeline_name(found[1])), command)
    return shlex.split(filled.partition(f"python -m stages.{name} ")[2])


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
