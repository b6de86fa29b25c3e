"""Each stage depends in dvc.yaml on just the code that it imports."""

import ast
from pathlib import Path

import pytest
import yaml

PIPELINE = yaml.safe_load(Path("dvc.yaml").read_text())
# They read arguments, parameters and files, and say what is wrong with them: they change no result.
WITHOUT_EFFECT = {
    *("dnn/__init__.py", "dnn/errors.py", "dnn/files.py", "dnn/options.py", "dnn/types.py"),
    *("stages/__init__.py", "stages/cli.py", "stages/params.py", "stages/paths.py"),
}


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


def closure(path, seen):
    seen.add(path.as_posix())
    for file in imported(path):
        if file.as_posix() not in seen | WITHOUT_EFFECT:
            closure(file, seen)
    return seen - WITHOUT_EFFECT


def code(stage):
    """The Python files among the stage's dependencies."""
    for dependency in PIPELINE["stages"][stage]["deps"]:
        path = Path(dependency)
        yield from (file.as_posix() for file in ([path] if path.suffix == ".py" else path.rglob("*.py")))


@pytest.mark.parametrize("stage", PIPELINE["stages"])
def test_a_stage_depends_on_what_it_imports(stage):
    assert set(code(stage)) == closure(Path("stages", f"{stage}.py"), set())
