"""The table of formulas names code that is there."""

import importlib
import re
from pathlib import Path

import pytest

from dnn.layers import LAYERS
from dnn.training.optimizers import OPTIMIZERS
from dnn.training.schedules import SCHEDULES

TEXT = Path("dnn/README.md").read_text()
NAMES = sorted(set(re.findall(r"`(dnn(?:\.\w+)+)`", TEXT)))


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
