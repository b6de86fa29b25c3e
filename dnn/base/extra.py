"""Packages that only some need."""

from importlib import import_module
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError


def extra(module: str, name: str) -> Any:
    """The module, from the package's optional dependencies of that name; InputError where it is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package, project = str(error.name).partition(".")[0], Path(__file__).resolve().parents[2]
        place = "." if project == Path.cwd() else project
        raise InputError(f"{package} is not installed; run `pip install -e '{place}[{name}]'`") from None
