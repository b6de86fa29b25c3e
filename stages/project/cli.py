"""Command line programs: typer reads the arguments and prints the help, a person's mistake is one line."""

import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import Any

import typer

from dnn.base import yaml12
from dnn.base.errors import InputError, TrainingWarning, escaped, shortened, unquoted
from dnn.base.locks import locked
from stages.project.dvc import pipeline_process
from stages.project.git import git
from stages.project.paths import is_stage, pipeline_path, stage_arguments, top

PROGRAM = "mnist"  # all commands under one name, where the project is installed
PROJECT = ("params.yaml", "dvc.yaml", "dvc.lock")  # what git may leave unmerged
LONGEST = 1000  # characters of a line: of any true one, but not of a text that someone has put in place of a word
plain = warnings.formatwarning


def app(about: str = "", example: str = "", **more: Any) -> typer.Typer:
    """An app with plain help, to which commands are added; `more` is for typer."""
    plain: dict[str, Any] = {"add_completion": False, "pretty_exceptions_enable": False, "rich_markup_mode": None}
    return typer.Typer(help=about, epilog=epilog(example), **plain | more)


def epilog(example: str, more: str = "") -> str:
    """The last lines of a command's help, which are not wrapped; the example is called as the command is now."""
    if sys.argv[0].startswith(f"{PROGRAM} "):
        example = example.replace("python -m stages.", f"{PROGRAM} ")
    return f"\b\n{more}Example: {example}"


def run(main: Callable[..., Any] | typer.Typer, example: str = "", writes: Sequence[str] = ()) -> None:
    """Run `main`, a function or an app, as a command line program, and leave.

    The exit status is 0, or after one line on standard error: 1 for an InputError and for a file that is missing or
    cannot be read or written, 2 for arguments that do not fit. Who reads only the beginning, as `head` does, gets 1
    and no line. Letters that the output cannot encode are printed as escapes. A stage without paths takes those that
    dvc.yaml gives it.

    Args:
        main: its annotations and docstring are the help.
        example: a command line for the end of a function's help.
        writes: the arguments of a function that name what only one process at a time may write; a second one gets an
            InputError.
    """
    warnings.formatwarning, stage = one_line, ""
    if not isinstance(main, typer.Typer):
        function, main = alone(main, writes), app()
        if is_stage(name := Path(sys.argv[0]).stem.rpartition(" ")[2]):
            stage = name
        told = "Without paths it takes those of dvc.yaml.\n" if stage else ""
        main.command(epilog=epilog(example, told))(function)
    if sys.stdout is None:  # closed, as by `>&-`
        sys.stdout = io.StringIO()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if "--help" not in sys.argv:
            check_project()
            if stage and all(word.startswith("-") for word in sys.argv[1:]):
                sys.argv += stage_arguments(stage)
                os.chdir(top())
        status = main(standalone_mode=False)
        sys.stdout.flush()  # here, where it can fail with a line, and not when Python ends
        sys.exit(status)
    except InputError as error:
        fail(f"{error}{at_work(str(error))}{left_by_dvc()}")
    except BrokenPipeError:
        unwritten()
        sys.exit(1)
    except OSError as error:
        # the second where a file was renamed: the first was temporary
        name = error.filename2 or error.filename or unwritten()
        fail(f"{shortened(str(name), 300)}: {error.strerror}" if name else error.strerror or str(error))
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        remedy = f"; see {context.command_path} --help{dash(error)}" if context else ""
        fail(" ".join(error.format_message().split()).rstrip(".?") + remedy, status=2)


def dash(error: typer.TyperException) -> str:
    """The remedy where it is a name, such as -3.png, that was taken for an option."""
    option = str(getattr(error, "option_name", None) or "--")
    taken = next((word for word in sys.argv[1:] if word.startswith(option) and len(word) > len(option)), "")
    told = f"; a file whose name begins with a dash is ./{unquoted(taken)}"
    return told if taken and not option.startswith("--") else ""


def alone(function: Callable[..., Any], writes: Sequence[str]) -> Callable[..., Any]:
    """The function, but locking while it runs what these arguments name.

    An argument that is not given is the path of its name in dvc.yaml.
    """

    @wraps(function)
    def locking(**arguments: Any) -> Any:
        with ExitStack() as locks:
            for name in writes:
                locks.enter_context(locked(arguments[name] or pipeline_path(name)))
            return function(**arguments)

    return locking


def check_project() -> None:
    """Raise InputError where a merge has left its marks in a file of the project, whether it is read or not."""
    for path in (top() / name for name in PROJECT):
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace") as file:
                yaml12.check_marks(file.read(yaml12.MOST_BYTES), path)


def at_work(message: str) -> str:
    """A remark where the message tells to run the pipeline, which runs already."""
    told = "`make repro`" in message or "`dvc repro" in message
    process = pipeline_process() if told and "DVC_STAGE" not in os.environ else None
    return f"; the pipeline is at work now, as process {process}: wait for its end" if process else ""


def left_by_dvc() -> str:
    """The way back from `dvc exp run -S` that fails in the workspace, where DVC leaves the values in params.yaml."""
    in_workspace = "DVC_EXP_NAME" in os.environ and Path(os.environ.get("DVC_ROOT", "")).resolve() == Path.cwd()
    if not in_workspace or git("diff", "--quiet", "HEAD", "--", "params.yaml") is not None:
        return ""
    return "; params.yaml keeps what this run changed: `dvc params diff` shows what changed, to be edited there"


def unwritten() -> str:
    """The standard output's name where it does not take what was printed, else nothing."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try again when it ends
        return "the standard output"
    return ""


def one_line(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> str:
    """A warning as it is printed: of a training, which is for people, without the place in the code."""
    if issubclass(category, TrainingWarning):
        return f"warning: {message}\n"
    return plain(message, category, *place, **more)


def note(line: str) -> None:
    """Print what a person may want to know on standard error."""
    print(f"note: {line}", file=sys.stderr, flush=True)


def fail(message: str, status: int = 1) -> None:
    """Print `error: message` on standard error and leave."""
    line = escaped(" ".join(message.split()))  # one line, also where a name has several
    print("error:", shortened(line, LONGEST), file=sys.stderr)
    sys.exit(status)
