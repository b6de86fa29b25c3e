"""How a stage becomes a command: typer for the arguments, one line for a person's mistake."""

import sys
from collections.abc import Callable
from typing import Any

import typer

from dnn.base.errors import InputError


def run(main: Callable[..., Any] | typer.Typer) -> None:
    """Run `main`, a function or an app with commands, as a command line program.

    An InputError, and a file that is missing or cannot be read or written, end it with one line on standard error and
    exit status 1.
    """
    if isinstance(main, typer.Typer):
        app = main
    else:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command()(main)
    try:
        app()
    except InputError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def fail(message: str) -> None:
    """Print `error: message` on standard error and leave with status 1."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(1)
