"""The errors and warnings that a person, not a bug, causes, and how a message shows what they gave."""

from collections.abc import Iterator
from contextlib import contextmanager
from reprlib import Repr
from typing import Any

LONGEST = 100  # characters of a value in a message


class InputError(ValueError):
    """Something that a person gave cannot be used.

    The message is one line to be shown as it is: what is wrong, where, the values that disagree and what to do next.
    Commands print it and exit with status 1; a traceback is for bugs.
    """


class TrainingWarning(UserWarning):
    """A training that runs, but is likely to fail, or has failed, with what it was given.

    The message is one line to be shown as it is: what is wrong, the values, what to do next.
    """


@contextmanager
def naming(where: str) -> Iterator[None]:
    """Begin the message of an InputError from the block with `where`, such as the option that it is about."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def reason(error: Exception) -> str:
    """Another library's message, or the name of its error, on one short line that a terminal can show."""
    return shown(str(error))[1:-1] or type(error).__name__


class Short(Repr):
    """As `repr`, but short, however large or deep the value is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 3, LONGEST, LONGEST


def shown(value: Any) -> str:
    """The value on one line of a message, at most `LONGEST` characters of it."""
    try:
        line = " ".join(Short().repr(value).split())
    except Exception:  # of anyone's __repr__; and Python does not write integers of 5,000 digits
        line = f"of type {type(value).__name__}"
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
