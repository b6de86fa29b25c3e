"""DVC's experiments: run one with other parameters, and ask what is known of all."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError
from stages.project.git import experiment_references, git
from stages.project.paths import top
from stages.project.place import need_commit, need_temporary

# DVC, but for a line: it writes the settings of temporary experiments, the project's path among them, as ASCII.
DVC = """
import functools, sys
from configobj import ConfigObj
ConfigObj.__init__ = functools.partialmethod(ConfigObj.__init__, default_encoding="utf-8")
from dvc.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_experiment(name: str, overrides: Mapping[str, Any], target: str) -> None:
    """Run the workspace as it is, with other parameters, up to a stage, in a temporary folder.

    Raises:
        InputError: DVC cannot make experiments here, or refuses, as where the name is taken, or a stage fails; the
            message has the stage's own reason.
    """
    need_temporary(name)
    dvc("exp", "run", "--temp", "--name", name, *settings(overrides), target)


def run_here(name: str) -> None:
    """Run the whole pipeline in the workspace as an experiment of that name, with params.yaml as it is there; DVC and
    the stages print as they go.

    Raises:
        InputError: DVC or a stage fails; what it printed tells why.
    """
    done = subprocess.run([sys.executable, "-c", DVC, "exp", "run", "--name", name], cwd=top(), env=environment())
    if done.returncode:
        raise InputError("`dvc exp run` failed, for the reason above")


def show_experiments() -> list[dict[str, Any]]:
    """`dvc exp show --json` of the workspace, which comes first, of the last commit, and of each with experiments.

    Raises:
        InputError: there is no git repository with a commit, or DVC fails.
    """
    need_commit()
    commits = {baseline for baseline, _ in experiment_references()} | {(git("rev-parse", "HEAD") or "").strip()}
    shown: list[dict[str, Any]] = json.loads(dvc("exp", "show", "--json", *(f"--rev={c}" for c in sorted(commits))))
    return shown


def pipeline_process() -> int | None:
    """The number of a process of DVC that is at work on the project's files, by its own notes; None without one."""
    from dnn.base.files import read_text  # which imports NumPy

    try:
        notes = json.loads(read_text(top() / ".dvc" / "tmp" / "rwlock"))
        readers = [note for notes_of_file in notes["read"].values() for note in notes_of_file]
        processes = [int(note["pid"]) for note in (*notes["write"].values(), *readers)]
    except (ValueError, LookupError, TypeError, AttributeError):  # there are none, or no such
        return None
    from psutil import pid_exists  # which came with DVC

    return next((process for process in processes if pid_exists(process)), None)  # others were killed


def settings(overrides: Mapping[str, Any]) -> list[str]:
    """Arguments of `dvc exp run`. `++` also adds what params.yaml lacks, such as an entry of `optimizer_options`."""
    return [f"--set-param=++{key}={literal(value)}" for key, value in entries(overrides)]


def entries(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and values, those inside of mappings, too."""
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from entries(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def literal(value: Any) -> str:
    """A value as DVC's `--set-param` reads it: no exponents, no spaces."""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, str):
        return value if re.fullmatch(r"[A-Za-z_][\w./-]*", value) else "'" + value.replace("'", r"\'") + "'"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{literal(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(map(literal, value)) + "]"
    return json.dumps(value)


def dvc(*arguments: str) -> str:
    """The output of a DVC command, with this Python's packages.

    Raises:
        InputError: it fails; with the error that a stage printed, or else DVC's own.
    """
    done = subprocess.run(
        [sys.executable, "-c", DVC, *arguments],
        cwd=top(),
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        raise InputError(f"`dvc {' '.join(arguments[:2])}` failed: {reason(done.stdout + done.stderr)}")
    return done.stdout


def environment() -> dict[str, str]:
    """The environment of a DVC command, whose stages find this Python first."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def reason(log: str) -> str:
    """The line of a log that says best why it failed."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    told = (line for start in ("error: ", "ERROR: ") for line in lines if line.startswith(start))
    return next(told, lines[-1] if lines else "it printed nothing").removeprefix("error: ").removeprefix("ERROR: ")
