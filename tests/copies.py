"""Copies of the project for commands to change, apart from who runs the tests."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent


def copy_project(folder: Path, wanted: Callable[[str], bool] = lambda name: True) -> None:
    """Copy the wanted ones of the files that git tracks, or would track, by their names from the project's folder."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines():
        if wanted(name) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def environment_without(*foreign: str) -> dict[str, str]:
    """This process's variables but for those that begin so, with its own Python's programs first; git as it comes."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
