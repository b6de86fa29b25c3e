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


class DamagedError(InputError):
    """A file that is torn, as a fault of a disk leaves one: of the right kind, but not whole."""


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
    return shortened(line, LONGEST)


def unquoted(text: object) -> str:
    """A name or a text in a message, on one line and short as by `shown`, but without quotes."""
    return shortened(escaped(str(text)), LONGEST)


def escaped(text: str) -> str:
    """The text in one line that moves no cursor and changes no colours: what is not printable stands as its escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shortened(line: str, length: int) -> str:
    """The line, or as much of it as leaves room for three points."""
    return line if len(line) <= length else f"{line[: length - 3]}..."


def reason(error: BaseException) -> str:
    """The words of an error of Python's, for the middle of a line; where it has none, its kind."""
    if isinstance(error, KeyError) and error.args:
        return f"it has no {unquoted(error.args[0])}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return shortened(escaped(" ".join(said.split())), 3 * LONGEST) or type(error).__name__
