"""Git: files in commits, and the references by which DVC keeps experiments."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from stages.project.paths import top

REFERENCE = re.compile(r"refs/exps/(?P<baseline>\w{2}/\w{38})/(?P<name>.+)")


def experiment_references() -> list[tuple[str, str]]:
    """Baseline commit and name of each experiment that is done."""
    found = map(REFERENCE.fullmatch, (git("for-each-ref", "refs/exps", "--format=%(refname)") or "").splitlines())
    return [(match["baseline"].replace("/", ""), match["name"]) for match in found if match]


def show(revision: str, path: str | Path) -> str | None:
    """A file's text in a commit, None if it has none."""
    return git("show", f"{revision}:./{Path(path).as_posix()}")


def git(*arguments: str) -> str | None:
    """The output of a git command; None if it fails, or git is not there."""
    done = run(*arguments)
    return done.stdout if done and done.returncode == 0 else None


def run(*arguments: str) -> subprocess.CompletedProcess[str] | None:
    """A git command that has ended, in the project's folder, with English messages; None if git is not there."""
    command = ["git", "--no-optional-locks", *arguments]  # no lock that DVC would wait for
    if not shutil.which("git"):
        return None
    return subprocess.run(
        command,
        cwd=top(),
        env=os.environ | {"LC_ALL": "C"},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
