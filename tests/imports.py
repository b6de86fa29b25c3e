"""Imports as the source says them."""

import ast
from pathlib import Path


def imported(path):
    """The project's own files that a file names in its imports, also inside of functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            place = Path(*name.split("."))
            yield from (file for file in (place.with_suffix(".py"), place / "__init__.py") if file.exists())
