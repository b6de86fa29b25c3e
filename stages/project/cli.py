"""Command line programs: typer reads the arguments and prints the help, a person's mistake is one line."""

import sys
import warnings
from collections.abc import Callable
from typing import Any

import typer

from dnn.base.errors import InputError, TrainingWarning

plain = warnings.formatwarning


def app(about: str = "", example: str = "") -> typer.Typer:
    """An app with plain help, to which commands are added."""
    plain: dict[str, Any] = {"add_completion": False, "pretty_exceptions_enable": False, "rich_markup_mode": None}
    return typer.Typer(help=about, epilog=epilog(example), **plain)


def epilog(example: str) -> str:
    """The last line of a command's help, which is not wrapped."""
    return f"\b\nExample: {example}"


def run(main: Callable[..., Any] | typer.Typer, example: str = "") -> None:
    """Run `main`, a function or an app, as a command line program, and leave.

    The exit status is 0, or after one line on standard error: 1 for an InputError and for a file that is missing or
    cannot be read or written, 2 for arguments that do not fit.

    Args:
        main: its annotations and docstring are the help.
        example: a command line for the end of a function's help.
    """
    warnings.formatwarning = one_line
    if not isinstance(main, typer.Typer):
        function, main = main, app()
        main.command(epilog=epilog(example))(function)
    try:
        sys.exit(main(standalone_mode=False))
    except InputError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        remedy = f"; see {context.command_path} --help" if context else ""
        fail(" ".join(error.format_message().split()).rstrip(".?") + remedy, status=2)


def one_line(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> str:
    """A warning as it is printed: of a training, which is for people, without the place in the code."""
    if issubclass(category, TrainingWarning):
        return f"warning: {message}\n"
    return plain(message, category, *place, **more)


def fail(message: str, status: int = 1) -> None:
    """Print `error: message` on standard error and leave."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(status)
