"""The engine's page names, quotes and shows what is there."""

import importlib
import json
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

from dnn.layers import LAYERS
from dnn.training.optimizers import OPTIMIZERS
from dnn.training.schedules import SCHEDULES
from tests.tutorial import page

TEXT = Path("dnn/README.md").read_text()
TUTORIAL = TEXT[: TEXT.index("## What is where")]
NAMES = sorted(set(re.findall(r"`(dnn(?:\.\w+)+)`", TEXT)))
QUOTES = re.findall(r"```python\n# (\S+\.py)\n(.*?)```", TEXT, re.S)
RECORD = Path("reports/tutorial/measured.json")


@pytest.mark.parametrize("name", NAMES)
def test_what_the_table_names_is_there(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("kind", [*LAYERS.values(), *OPTIMIZERS.values(), *SCHEDULES.values()])
def test_every_layer_optimizer_and_schedule_is_in_the_table(kind):
    assert kind.__name__ in {name.rpartition(".")[2] for name in NAMES}


@pytest.mark.parametrize(("path", "quoted"), QUOTES)
def test_quoted_lines_stand_in_the_file(path, quoted):
    assert stands(quoted, Path(path).read_text())


@pytest.mark.parametrize(
    ("quoted", "found"),
    [
        ("    a = 1\n    b = 2\n", True),
        ("a = 1\n...\nd = 4\n", True),
        ("a = 1\n...\n    c = 3\n", True),
        ("a = 1\nd = 4\n", False),  # lines between them left out without a word
        ("d = 4\n...\na = 1\n", False),
        ("a = 1\n    b = 2\n", False),
        ("a = 2\n", False),
    ],
)
def test_a_quotation_that_is_not_so_is_found(quoted, found):
    assert stands(quoted, "a = 1\nb = 2\n\nif b:\n    c = 3\nd = 4\n") == found


def stands(quoted, source):
    """Whether the lines stand in the source, but for indentation; between those around `...` there may be others."""
    lines = source.splitlines()
    for part in re.split(r"^ *\.\.\.\n", quoted, flags=re.M):
        wanted = textwrap.dedent(part).splitlines()
        places = range(len(lines) - len(wanted) + 1)
        ends = [n + len(wanted) for n in places if dedented(lines[n : n + len(wanted)]) == wanted]
        if not ends:
            return False
        lines = lines[ends[0] :]
    return True


def dedented(lines):
    """Without the indentation that all have."""
    return textwrap.dedent("\n".join(lines)).splitlines()


def test_measured_lines_are_those_of_the_record():
    assert page.filled(TEXT, json.loads(RECORD.read_text())) == TEXT, "run python -m tests.tutorial --redraw"


def test_every_figure_of_the_tutorial_is_shown_and_small():
    shown = {Path("dnn", name).resolve() for name in re.findall(r"!\[.+?\]\((.+?)\)", TUTORIAL)}
    assert shown == {path.resolve() for path in RECORD.parent.glob("*.png")}
    assert len(shown) <= 6
    assert all(path.stat().st_size < 40_000 for path in shown)


def test_the_tutorial_is_no_book():
    assert len(TUTORIAL.split()) <= 2000


def test_what_the_text_says_of_the_measurements():
    record = json.loads(RECORD.read_text())
    ends = {name: np.mean([accuracies[-1] for accuracies in found]) for name, found in record["steps"].items()}
    assert abs(ends["momentum"] - ends["lesson"]) < 0.002  # "little is gained"
    assert ends["batch norm"] < ends["convolution"] < ends["augmentation"] < ends["schedule"]
    first = {name: np.mean([accuracies[0] for accuracies in found]) for name, found in record["steps"].items()}
    assert first["moving average"] > first["schedule"] + 0.002  # "that helps early"
    assert record["pixels"]["adam"][-1] > 0.8 > 0.2 > record["pixels"]["sgd"][-1]
    assert record["depths"]["without"][-1] is None or record["depths"]["without"][-1] < record["depths"]["with"][-1]
