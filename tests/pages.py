"""Runs the commands that pages show, in a copy of the project, and writes into the pages what they print.

    python -m tests.pages README.md stages/README.md

An indented line with a dollar sign is a command, and the lines after it are what it prints; `...` stands for what is
not worth showing. A program in a fence called python is followed by what it prints in a fence called text.
"""

import re
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from dnn.base.errors import InputError
from dnn.base.files import read_text, write_text
from stages.project import cli
from tests.copies import ROOT, copy_project, environment_without

SHOWN = re.compile(
    r"^    \$ (?P<shell>(?:.*\\\n)*.+)\n(?P<printed>(?:(?!    \$ )    .*\n|\n(?=\n*    (?!\$ )))*)"
    r"|^```python\n(?P<python>(?:.*\n)*?)```\n\n```text\n(?P<said>(?:.*\n)*?)```\n",
    re.MULTILINE,
)
LEFT_OUT = "    ...\n"
VARIES = re.compile(r"\b[0-9a-f]{7}\b|\b\d\d:\d\d [AP]M\b")
FOREIGN = ("DVC_", "GIT_", "MNIST_", "OPENBLAS_", "DNN_")  # variables of this process that would change what is printed
Run = Callable[[list[str]], str]


def main(pages: list[Path]) -> None:
    """Write what the commands print into the pages, of which each goes on where the one before has ended."""
    with TemporaryDirectory() as folder:
        project = Copy(Path(folder) / "project")
        for page in pages:
            write_text(page, refreshed(read_text(page), project.run))
            print(page)


def refreshed(text: str, run: Run) -> str:
    """The text of a page with what its commands print now, in order.

    What they print stays where nothing differs but what never is the same twice: hashes and the time of day.
    """

    def anew(found: re.Match[str]) -> str:
        if found["shell"]:
            old, new = found["printed"], textwrap.indent(run(["bash", "-c", found["shell"]]), "    ")
        else:
            old, new = found["said"], run(["python", "-c", found["python"]])
        if old == LEFT_OUT or VARIES.sub("", old) == VARIES.sub("", new):
            return found[0]
        start, end = (place - found.start() for place in found.span("printed" if found["shell"] else "said"))
        return found[0][:start] + new + found[0][end:]

    return SHOWN.sub(anew, text)


class Copy:
    """A copy of the project with its data and results, in a git repository of its own, where all are committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = environment_without(*FOREIGN) | {"LC_ALL": "C.UTF-8", "COLUMNS": "120"}
        copy_project(folder)
        cache = subprocess.run(["dvc", "cache", "dir"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for command in (
            ["git", "init", "--quiet", "--initial-branch", "main"],
            ["git", "config", "user.name", "someone"],
            ["git", "config", "user.email", "someone@example.org"],
            ["git", "add", "--all"],
            ["git", "commit", "--quiet", "--message", "Results"],
            ["dvc", "cache", "dir", "--local", cache.strip()],
            ["dvc", "checkout", "--quiet"],
        ):
            self.run(command)

    def run(self, command: list[str]) -> str:
        """The output of the command, without colours.

        Raises:
            InputError: it fails.
        """
        print(command[-1].splitlines()[0], flush=True)
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if done.returncode:
            raise InputError(f"{command[-1]} ends with {done.returncode}: {done.stdout.strip()[-500:]}")
        return re.sub(r" +$", "", done.stdout.lstrip("\n").rstrip() + "\n", flags=re.MULTILINE)


if __name__ == "__main__":
    cli.run(main)
