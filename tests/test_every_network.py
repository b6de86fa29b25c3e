"""Whatever params.yaml can say goes through the whole pipeline: the commands of dvc.yaml, in a folder of their own."""

import gzip
import importlib
import json
import re
import shlex
import shutil
import sys
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
import yaml

from dnn.training.optimizers import OPTIMIZERS
from dnn.training.schedules import SCHEDULES
from stages import verify
from stages.datasets.idx import idx_bytes
from stages.project import cli
from stages.project.edit import apply

COMMANDS = yaml.safe_load(Path("dvc.yaml").read_text())
PATHS = COMMANDS["vars"][0]["path"]
SHORT = {"data.dataset": "digits", "preprocess.validation_size": 100, "train.epochs": 1, "model.hidden_layers": [16]}
CONV = {"conv": {"filters": 4, "kernel": 3, "padding": "same"}}
NETWORKS = {
    "convolution first": {"model.hidden_layers": [CONV, "batchnorm", "relu", {"maxpool": 2}, "flatten", 8]},
    "residual first": {"model.hidden_layers": [{"residual": {"layers": [{"dense": 784}, "tanh"]}}]},
    "residual of images": {
        "model.hidden_layers": [
            {"conv": {"filters": 4, "kernel": 5}},
            {"residual": {"layers": [CONV, "relu", {**CONV}]}},
            "globalavgpool",
        ]
    },
    "layer norm and dropout": {"model.hidden_layers": ["layernorm", 16], "model.dropout": 0.2},
    "no hidden layer": {"model.hidden_layers": []},
    "pixels that are no square": {"model.hidden_layers": [{"avgpool": {"size": [2, 4]}}, "flatten", 8]},
    "an ensemble": {"train.members": 2},
    "the best epoch, a distortion for each image": {
        "train.restore_best": True,
        "train.epochs": 3,
        "augment.per_batch": 0,
    },
    "squared error": {"train.loss": "mean_squared_error"},
    "start from": {"model.start_from": "models/start_from/start.npz", "model.freeze": 1, "model.frozen_rate": 0.1},
    "dynamics of images": {"train.dynamics": True, "model.hidden_layers": [CONV, "relu", "flatten"], "train.epochs": 2},
    "class weights, mixup, cutout": {"train.class_weight": "balanced", "train.mixup": 0.2, "train.cutout": 4},
    "penalties, clipping, average": {
        **{f"train.{name}": 0.01 for name in ("l1", "l2", "weight_decay", "label_smoothing")},
        **{f"train.{name}": 1.0 for name in ("max_norm", "clip_norm", "clip_value")},
        "train.ema": 0.9,
        "train.accumulate": 2,
        "train.patience": 1,
        "train.warmup_epochs": 0.5,
    },
}
RULES = list(SCHEDULES)
for number, optimizer in enumerate(OPTIMIZERS):
    schedule = RULES[number % len(RULES)]
    NETWORKS[f"{optimizer}, {schedule}"] = {
        "train.optimizer": optimizer,
        "train.schedule": schedule,
        "train.learning_rate": 0.001,
    }

SHARED = ("fetch", "preprocess", "doubt")  # stages that no network changes


def run(module, *words):
    """A command, as the shell would start it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [module, *map(str, words)])
        command = importlib.import_module(f"stages.{module}")
        with pytest.raises(SystemExit) as left:
            cli.run(getattr(command, "app", None) or command.main)
    assert not left.value.code, f"stages.{module} left with {left.value.code}"


def run_stage(name):
    """The command that dvc.yaml has for DVC."""
    text = COMMANDS["stages"][name]["cmd"]
    for path, value in PATHS.items():
        text = text.replace(f"${{path.{path}}}", value)
    _, _, module, *words = shlex.split(text)
    run(module.removeprefix("stages."), *words)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with the small digits, the measure of doubt, and a network to start from."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("params.yaml", "dvc.yaml", "pyproject.toml"):
        shutil.copy(name, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DVC_ROOT", str(folder))
        apply(SHORT)
        for stage in ("check", *SHARED, "train"):
            run_stage(stage)
        Path(PATHS["start_from"]).mkdir(parents=True)
        shutil.move(Path(PATHS["trained"], "model.npz"), Path(PATHS["start_from"], "start.npz"))
    return folder


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    """A folder with a data set of one's own: 100 images of 20x20 pixels in five classes, told apart by a bright row."""
    folder = tmp_path_factory.mktemp("own") / "letters"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for part, n in ("train", 80), ("t10k", 20):
        labels = (np.arange(n) % 5).astype(np.uint8)
        images = rng.integers(0, 60, (n, 20, 20), dtype=np.uint8)
        images[np.arange(n), 4 * labels + 2] = 200
        (folder / f"{part}-images.idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images)))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    return folder


def test_a_data_set_of_ones_own_goes_from_its_files_to_the_report(data, letters, tmp_path, monkeypatch, capsys):
    names = ["T-shirt/top", "きれい", "ж", "Ankle boot, a rather long one", "a, $b$"]
    shutil.copytree(data, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    monkeypatch.setattr(verify, "train_again", train_here)
    shutil.copytree(letters, "data/idx/letters")
    apply({"data.dataset": "idx", "data.folder": "data/idx/letters", "data.classes": names})
    apply({"train.epochs": 3, "train.dynamics": True, "train.members": 2})
    for stage in COMMANDS["stages"]:
        run_stage(stage)
    metrics = json.loads(Path(PATHS["metrics"]).read_text())
    assert np.isfinite([metrics[f"{split}_loss"] for split in ("train", "val", "test")]).all()
    report = Path(PATHS["report"]).read_text()
    assert report.count("data:image/png") == len(list(Path(PATHS["figures"]).glob("*.png"))) == 16
    page = report.split("<pre>")[0]
    assert "Prediction report: letters" in page
    assert "きれい" in page
    assert "digit" not in re.sub('base64,[^"]*', "", page)
    capsys.readouterr()
    run("predict", "--index", "2", "--json", "--figure", "answer.png")
    assert json.loads(capsys.readouterr().out)[0]["truth"] == "ж"
    run("export", "--onnx", "model.onnx", "--safetensors", "model.safetensors")
    run("verify")
    run("finder", "rates.png", "--steps", "20")
    run("seeds", "--seeds", "1", "-S", "train.members=1", "-S", "train.epochs=1")


def test_a_preset_goes_from_its_name_to_the_report(data, tmp_path, monkeypatch, capsys):
    shutil.copytree(data, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    run("presets", "apply", "speedrun")
    assert "in place of [16]" in capsys.readouterr().out
    apply({"train.epochs": 1})
    for stage in [name for name in COMMANDS["stages"] if name not in SHARED]:
        run_stage(stage)
    report = Path(PATHS["report"]).read_text()
    assert report.count("data:image/png") == len(list(Path(PATHS["figures"]).glob("*.png")))
    assert json.loads(Path(PATHS["training"], "statistics.json").read_text())["members"][0]["parameters"] == 109_178
    run("predict", "--index", "0")


def train_here(parameters, processed, folder):
    """`verify.train_again` in this process, as another one takes seconds to start."""
    processed = processed.resolve()
    with chdir(folder):
        Path("params.yaml").write_text(json.dumps(parameters))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DVC_ROOT", str(folder))
            run("train", processed, "model.npz", "train", "runs", "live.html")
    return folder / "model.npz"


@pytest.mark.parametrize("changes", NETWORKS.values(), ids=NETWORKS)
def test_it_goes_from_params_to_the_report_and_back_to_the_same_bytes(data, tmp_path, monkeypatch, changes):
    shutil.copytree(data, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    if "model.start_from" not in changes:  # whose path only the real one makes absolute
        monkeypatch.setattr(verify, "train_again", train_here)
    apply(changes)
    for stage in [name for name in COMMANDS["stages"] if name not in SHARED]:
        run_stage(stage)
    metrics = json.loads(Path(PATHS["metrics"]).read_text())
    assert np.isfinite([metrics[f"{split}_loss"] for split in ("train", "val", "test")]).all()
    report = Path(PATHS["report"]).read_text()
    assert report.count("data:image/png") == len(list(Path(PATHS["figures"]).glob("*.png")))
    run("predict", "--index", "0", "--figure", "answer.png")
    run("export", "--onnx", "model.onnx", "--safetensors", "model.safetensors")
    run("verify")
