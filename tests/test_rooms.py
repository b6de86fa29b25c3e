"""Imports run one way: a room knows those of the lines above its own, and no one imports a command."""

from pathlib import Path

import pytest

from tests.imports import imported

ROOMS = (
    "dnn/base",
    "dnn/batches dnn/initializers",
    "dnn/layers dnn/losses",
    "dnn/network",
    "dnn/model dnn/transfer",
    "dnn/calibration dnn/ensemble dnn/gradcheck dnn/shifts",
    "dnn/formats",
    "dnn/architecture dnn/training",
    "dnn/params dnn/progress",
    "dnn/classifier",
    "stages/datasets stages/project",
    "stages/doubting stages/figures",
    "stages/display",
    "stages/training",
    "stages/workers",
    "stages/accuracy stages/comparison stages/pictures stages/tuning",
    "dnn/lesson",  # which nothing imports
)
FLOORS = {room: floor for floor, line in enumerate(ROOMS) for room in line.split()}


def room_of(path):
    """A folder or file of the top floor, such as dnn/layers for dnn/layers/dense.py."""
    return "/".join(path.with_suffix("").parts[:2])


def upward():
    """Each room and what it imports although it should not."""
    files = [file for top in ("dnn", "stages") for file in Path(top).rglob("*.py")]
    pairs = {(room_of(file), room_of(other)) for file in files for other in imported(file)}
    pairs = {(a, b) for a, b in pairs if a != b and not b.endswith("__init__")}  # `from dnn import losses` passes by it
    return {(a, b) for a, b in pairs if FLOORS.get(b, len(ROOMS)) >= FLOORS.get(a, len(ROOMS))}


def test_imports_run_one_way():
    assert upward() == set()


def test_nothing_imports_the_lesson():
    files = [file for top in ("dnn", "stages") for file in Path(top).rglob("*.py")]
    assert not [file for file in files if Path("dnn/lesson.py") in imported(file)]


def test_every_room_has_its_floor():
    paths = [*Path("dnn").glob("[!_]*.py"), *Path("dnn").glob("[!_]*/"), *Path("stages").glob("[!_]*/")]
    assert {room_of(path) for path in paths} == set(FLOORS)


def test_the_top_floor_of_stages_is_seen_at_a_glance():
    assert len([path for path in Path("stages").glob("[!_]*") if path.suffix != ".md"]) <= 32


@pytest.mark.parametrize(
    ("path", "line", "found"),
    [
        ("dnn/base/one.py", "import dnn.layers.dense", {("dnn/base", "dnn/layers")}),
        ("dnn/base/one.py", "def f():\n    from dnn.layers.dense import Dense", {("dnn/base", "dnn/layers")}),
        ("dnn/base/one.py", "from dnn import layers", {("dnn/base", "dnn/layers")}),
        ("dnn/layers/one.py", "from dnn.layers.dense import Dense", set()),
        ("dnn/network.py", "from dnn.layers.dense import Dense", set()),
        ("dnn/training/one.py", "from stages.project import cli", {("dnn/training", "stages/project")}),
        ("stages/tuning/one.py", "from stages import fetch", {("stages/tuning", "stages/fetch")}),
        ("stages/train.py", "import stages.fetch", {("stages/train", "stages/fetch")}),
        ("stages/train.py", "from stages.project import cli\nimport dnn", set()),
    ],
)
def test_an_upward_import_is_found(tmp_path, monkeypatch, path, line, found):
    monkeypatch.chdir(tmp_path)
    for name in (
        "dnn/__init__.py",
        "dnn/layers/__init__.py",
        "dnn/layers/dense.py",
        "stages/project/cli.py",
        "stages/fetch.py",
        path,
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(line if name == path else "")
    assert upward() == found
