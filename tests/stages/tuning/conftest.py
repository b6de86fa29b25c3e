import shutil
from pathlib import Path

import pytest
import yaml

from stages.project.edit import apply
from tests.splits import save, small_digits

SPACE = {
    "model.hidden_layers": {"type": "categorical", "choices": [[8], [16, 8]]},
    "train.learning_rate": {"type": "float", "low": 0.001, "high": 0.1, "log": True},
    "augment.rotation": {"type": "float", "low": 0, "high": 10},
}
PIPELINE = """
vars:
  - path: {processed: data/processed, search: reports/search}
metrics: ["${path.search}/best.yaml"]
plots:
  - search: {x: trial, y: {"${path.search}/trials.csv": val_loss}, template: scatter}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder, the current one, with what a search needs; there is no test set in it."""
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    apply({"train.epochs": 3, "train.batch_size": 32, "model.hidden_layers": [8]})
    Path("dvc.yaml").write_text(PIPELINE)
    Path("space.yaml").write_text(yaml.safe_dump(SPACE))
    save(train=small_digits(slice(0, 300)), val=small_digits(slice(300, 450)))
