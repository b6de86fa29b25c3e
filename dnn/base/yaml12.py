"""YAML 1.2 as DVC reads it: one reader for params.yaml, dvc.yaml, dvc.lock and all else that people write in it.

It imports nothing that imports NumPy, as the kernels are chosen by params.yaml before that.
"""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, DuplicateKeyError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from dnn.base.errors import InputError, reason, unquoted

MOST_BYTES = 100_000  # of a file that people write: params.yaml has 4,000; ruamel reads 12,000 a second
MOST_MERGED = 10_000  # keys that `<<` brings together: a few lines can name billions
MARK = re.compile(r"^(<{7}|\|{7}|={7}|>{7})( .*)?$", re.MULTILINE)


def read(path: str | Path) -> dict[str, Any]:
    """The entries of a file, such as the sections of params.yaml.

    Raises:
        InputError: as `parse`; the file is not in this folder, or has no entries.
    """
    values = parse(text_of(path), path)
    if not isinstance(values, dict):
        raise InputError(f"{path} has no sections; `git show HEAD:./{path}` prints those of the last commit")
    return values


def text_of(path: str | Path, remedy: str = "run the command from the top of the project") -> str:
    """The text of a file; raises InputError where there is none, or one that is too long for people to have written it,
    and ends the message with the remedy.
    """
    from dnn.base.files import check_file, check_size, read_text  # which imports NumPy

    check_file(path, remedy)
    check_size(path, MOST_BYTES, "people write shorter ones")
    return read_text(path)


class Constructor(SafeConstructor):
    """The usual one, but it ends where `<<` multiplies keys without end."""

    def flatten_mapping(self, node: Any) -> Any:
        merged = super().flatten_mapping(node)
        if len(node.value) > MOST_MERGED:
            raise ConstructorError(None, None, f"<< brings more than {MOST_MERGED:,} keys together", node.start_mark)
        return merged


def plain_loader() -> YAML:
    """A reader of values, without comments and the like."""
    loader = YAML(typ="safe", pure=True)
    loader.Constructor = Constructor
    return loader


def parse(text: str, name: str | Path, loader: YAML | None = None) -> Any:
    """The value that the text has: 5e-05 and 1e2 are numbers, 010 is 10, `yes` and 1:30 are texts.

    Args:
        name: of the file, for messages.
        loader: reads in another way, such as for a round trip.

    Raises:
        InputError: a merge has left marks, a key is there twice, or it is no YAML.
    """
    check_marks(text, name)
    try:
        return (loader or plain_loader()).load(text)
    except DuplicateKeyError as error:
        key = error.problem.partition(" with value ")[0].removeprefix("found duplicate key ")
        raise InputError(
            f"{name}: line {error.problem_mark.line + 1} has the key {unquoted(key)} again; remove one of them"
        ) from None
    except RecursionError:
        raise InputError(f"{name} is not valid YAML: it is nested too deeply") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(
            f"{name} is not valid YAML: line {line} has the character {error.character:#x}, which no text has"
        ) from None
    except MarkedYAMLError as error:
        raise InputError(f"{name} is not valid YAML: {trouble(error)}") from None
    except (YAMLError, ValueError) as error:  # the second for a date or a number that is none
        raise InputError(f"{name} is not valid YAML: {reason(error)}") from None


def trouble(error: MarkedYAMLError) -> str:
    """The lines that an error is about, and what is wrong there."""
    words = [
        f"line {mark.line + 1}: {reason(ValueError(said))}"
        for said, mark in ((error.context, error.context_mark), (error.problem, error.problem_mark))
        if said and mark
    ]
    return "; ".join(words) or reason(error)


def check_marks(text: str, name: str | Path) -> None:
    """Raise InputError where a merge in git has left its marks."""
    if mark := MARK.search(text):
        line = text.count("\n", 0, mark.start()) + 1
        raise InputError(
            f"{name}: line {line} is {unquoted(mark[0].strip())}, which git has left where two versions disagree; "
            "keep one of them and remove the marks"
        )
