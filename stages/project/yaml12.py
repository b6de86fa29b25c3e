"""YAML 1.2 as DVC reads it: one reader for params.yaml, dvc.yaml, dvc.lock and all else that people write in it.

It imports nothing that imports NumPy, as the kernels are chosen by params.yaml before that.
"""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError

from dnn.base.errors import InputError

MARK = re.compile(r"^(<{7}|\|{7}|={7}|>{7})( .*)?$", re.MULTILINE)


def read(path: str | Path) -> dict[str, Any]:
    """The entries of a file, such as the sections of params.yaml.

    Raises:
        InputError: as `parse`; the file is not in this folder, or has no entries.
    """
    from dnn.base.files import read_text  # which imports NumPy

    try:
        text = read_text(path)
    except FileNotFoundError:
        raise InputError(f"{path} is not in this folder; run the command from the top of the project") from None
    values = parse(text, path)
    if not isinstance(values, dict):
        raise InputError(f"{path} has no sections; `git show HEAD:./{path}` prints those of the last commit")
    return values


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
        return (loader or YAML(typ="safe", pure=True)).load(text)
    except DuplicateKeyError as error:
        key = error.problem.partition(" with value ")[0].removeprefix("found duplicate key ")
        raise InputError(
            f"{name}: line {error.problem_mark.line + 1} has the key {key} again; remove one of them"
        ) from None
    except RecursionError:
        raise InputError(f"{name} is not valid YAML: it is nested too deeply") from None
    except (YAMLError, ValueError) as error:  # the second for a date or a number that is none
        raise InputError(f"{name} is not valid YAML: {' '.join(str(error).split())}") from None


def check_marks(text: str, name: str | Path) -> None:
    """Raise InputError where a merge in git has left its marks."""
    if mark := MARK.search(text):
        line = text.count("\n", 0, mark.start()) + 1
        raise InputError(
            f"{name}: line {line} is {mark[0].strip()}, which git has left where two versions disagree; "
            "keep one of them and remove the marks"
        )
