"""What git knows of DVC's experiments."""

import re
import subprocess
from pathlib import Path

from dnn.base.errors import InputError

REFERENCE = re.compile(r"(?P<revision>\w+) refs/exps/(?P<baseline>\w{2}/\w{38})/(?P<name>.+)")


def experiment_references() -> list[tuple[str, str, str]]:
    """Revision, baseline commit and name of each experiment that is done.

    Raises:
        InputError: there is no git repository.
    """
    listed = git("for-each-ref", "refs/exps", "--format=%(objectname) %(refname)")
    if listed is None:
        raise InputError("this folder is no git repository; experiments need one with at least one commit")
    found = [match for line in listed.splitlines() if (match := REFERENCE.fullmatch(line))]
    return [(match["revision"], match["baseline"].replace("/", ""), match["name"]) for match in found]


def show(revision: str, path: str | Path) -> str | None:
    """A file's text in a commit, None if it has none."""
    return git("show", f"{revision}:./{Path(path).as_posix()}")


def git(*arguments: str) -> str | None:
    """What git prints; None if it fails, or is not there."""
    command = ["git", "--no-optional-locks", *arguments]  # no lock that DVC would wait for
    try:
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
