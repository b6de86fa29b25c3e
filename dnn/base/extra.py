"""Packages that only some need."""

from importlib import import_module
from typing import Any

from dnn.base.errors import InputError


def extra(module: str, name: str) -> Any:
    """The module, from the package's optional dependencies of that name; InputError where it is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise InputError(
            f"{str(error.name).partition('.')[0]} is not installed; run `pip install -e '.[{name}]'`"
        ) from None
