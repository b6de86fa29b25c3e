"""The rooms that dvc.yaml names as a stage's code cover what the stage imports, and imports run one way."""

import ast
from pathlib import Path

import pytest
import yaml

from tests.imports import imported

PIPELINE = yaml.safe_load(Path("dvc.yaml").read_text())
# What only shows, or only says what is wrong: a change there changes no result.
WITHOUT_EFFECT = (
    *("dnn/__init__.py", "dnn/progress.py", "stages/__init__.py", "stages/project"),
    *(f"stages/display/{name}.py" for name in ("bars", "live_page", "progress")),
)


def within(path, places):
    return any(path == Path(place) or Path(place) in path.parents for place in places)


def closure(path, seen):
    seen.add(path)
    for file in imported(path):
        if file not in seen and not within(file, WITHOUT_EFFECT):
            closure(file, seen)
    return seen


@pytest.mark.parametrize("stage", PIPELINE["stages"])
def test_a_stage_depends_on_the_rooms_that_it_imports(stage):
    rooms = [path for path in PIPELINE["stages"][stage]["deps"] if path.startswith(("dnn", "stages"))]
    used = {file for file in closure(Path("stages", f"{stage}.py"), set()) if len(ast.parse(file.read_text()).body) > 1}
    assert [file.as_posix() for file in used if not within(file, rooms)] == []
    assert [room for room in rooms if not any(within(file, [room]) for file in used)] == [], "which it does not import"
