"""A command of a project in a process that is forked from this one: it starts at once, and may be made to fail."""

import os
import shlex
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.test_every_network import COMMANDS, run, run_stage

LONGEST = 120  # seconds that any command may take


class Process:
    """A command of the project in a process that is forked from this one.

    Args:
        folder: of the project.
        command: a stage of dvc.yaml as it has it, or the words of any other command.
        prepare: called in the process before the command begins.
    """

    def __init__(self, folder: Path, command: str, prepare: Callable[[], object] = lambda: None) -> None:
        self.pipe, writing = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self.pipe)
            work(folder, command, prepare, writing)
        os.close(writing)

    def end(self) -> "Process":
        """Wait for its end: its exit status, negative for a signal, and what it said on standard error."""
        with os.fdopen(self.pipe, encoding="utf-8", errors="replace") as pipe:
            self.said = pipe.read()
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self

    def refused(self) -> bool:
        """Whether it ended as a person's mistake does: status 1, one line that says why."""
        errors = [line for line in self.said.splitlines() if line.startswith("error: ")]
        return self.status == 1 and len(errors) == 1 and "Traceback" not in self.said

    def trouble(self) -> str:
        """What went wrong; empty if nothing."""
        return "" if not self.status else f"status {self.status}: {' '.join(self.said.split())[-400:]}"


def work(folder: Path, command: str, prepare: Callable[[], object], pipe: int) -> None:
    """The life of the process, which does not return."""
    status = 70
    try:
        signal.alarm(LONGEST)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(pipe, 2)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
        os.chdir(folder)
        os.environ |= {"DVC_ROOT": str(folder), "GIT_CEILING_DIRECTORIES": str(folder.parent)}
        prepare()
        if command in COMMANDS["stages"]:
            run_stage(command)
        else:
            run(*shlex.split(command))
        status = 0
    except AssertionError as error:
        status = 1
        if " left with " not in str(error):
            traceback.print_exc()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
