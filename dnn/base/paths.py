"""The path of a file, as someone gave it."""

import os
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError, shown
from dnn.base.kinds import Kind


def file_path(value: Any) -> Path:
    """A path, of a file that is there or could be."""
    path = Path(os.fspath(value))
    try:
        is_folder = path.is_dir()
    except OSError as error:  # a name that is too long, a folder that may not be searched
        raise InputError(f"{shown(str(path))} cannot be used ({error.strerror}); give another path") from None
    if is_folder:
        raise InputError(f"{shown(str(path))} is a folder; give the path of a file")
    return path


FILE = Kind("the path of a file", file_path)
