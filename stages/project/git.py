"""Git: files in commits, and the references by which DVC keeps experiments."""

import re
import subprocess
from pathlib import Path

from dnn.base.errors import InputError

REFERENCE = re.compile(r"refs/exps/(?P<baseline>\w{2}/\w{38})/(?P<name>.+)")


def experiment_references() -> list[tuple[str, str]]:
    """Baseline commit and name of each experiment that is done; InputError where nothing is committed yet."""
    if git("rev-parse", "--verify", "HEAD") is None:
        raise InputError("this folder is no git repository with a commit; `git init` and `git commit` make one")
    found = map(REFERENCE.fullmatch, (git("for-each-ref", "refs/exps", "--format=%(refname)") or "").splitlines())
    return [(match["baseline"].replace("/", ""), match["name"]) for match in found if match]


def show(revision: str, path: str | Path) -> str | None:
    """A file's text in a commit, None if it has none."""
    return git("show", f"{revision}:./{Path(path).as_posix()}")


def git(*arguments: str) -> str | None:
    """The output of a git command; None if it fails, or git is not there."""
    command = ["git", "--no-optional-locks", *arguments]  # no lock that DVC would wait for
    try:
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
