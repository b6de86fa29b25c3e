"""What a person may give to a command that is wrong: one true line each, before anything is trained or written."""

import importlib
import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from dnn.formats.model_file import save_model
from dnn.model import Model
from stages.project import cli
from stages.project.edit import apply
from tests.networks import mlp
from tests.splits import save, small_digits

EVALUATE, PLOTS = "evaluate data/processed", "plots data/processed"
TO = "metrics.json predictions.csv scores"
MISTAKES = [
    ("predict", "no picture given"),
    ("predict nothing.png", "nothing.png: No such file"),
    ("predict folder", "folder: no pictures in this folder"),
    ("predict notes.txt", "notes.txt: not a picture"),
    ("predict '*.nothing'", r"\*.nothing: no file matches"),
    ("predict --index 999", "test image 999: there are 100, numbered from 0"),
    ("predict --index -1", "test image -1: there are 100"),
    ("predict --index one", "Invalid value for '--index': 'one' is not a valid int"),
    ("predict --index 1 --model nothing", "nothing is missing; give"),
    ("predict --index 1 --model folder", "folder is a folder; give"),
    ("predict --index 1 --model notes.txt", "notes.txt is no .npz file"),
    ("predict --index 1 --model data/processed/val.npz", "data/processed/val.npz is damaged, or another .npz"),
    ("predict --index 1 --model tiny.npz", r"tiny.npz takes inputs of shape \(4,\)"),
    ("predict --index 1 --figure folder", "folder is a folder; name a file"),
    ("predict --index 1 --figure notes.txt/a.png", ".*notes.txt is a file, so that notes.txt/a.png cannot be written"),
    ("predict --index 1 --json --csv", "--json, --csv and --interactive exclude each other"),
    ("predict --indx 1", "No such option: --indx"),
    (f"evaluate nothing own.npz {TO}", "nothing/train.npz is missing"),
    (f"{EVALUATE} nothing {TO}", "nothing is missing"),
    (f"{EVALUATE} folder {TO}", "folder is a folder"),
    (f"{EVALUATE} notes.txt {TO}", "notes.txt is no .npz file"),
    (f"{EVALUATE} tiny.npz {TO}", "tiny.npz does not tell how it was trained"),
    (f"{EVALUATE} own.npz folder predictions.csv scores", "folder is a folder; name a file"),
    (f"{EVALUATE} own.npz metrics.json folder scores", "folder is a folder; name a file"),
    (f"{EVALUATE} own.npz metrics.json predictions.csv notes.txt", ".*notes.txt is a file, so that"),
    (f"{PLOTS} own.npz doubt.npz reports/train nothing figures", "nothing is missing; `dvc repro evaluate`"),
    (f"{PLOTS} own.npz doubt.npz reports/train notes.txt figures", "notes.txt is another file, or of another version"),
    ("train nothing m.npz t r l.html", "nothing/train.npz is missing"),
    ("train data/processed folder t r l.html", "folder is a folder; name a file"),
    ("train data/processed m.npz notes.txt r l.html", ".*notes.txt is a file, so that notes.txt/provenance.json"),
    ("train data/processed m.npz t notes.txt l.html", ".*notes.txt is a file, so that"),
    ("train data/processed m.npz t r folder", "folder is a folder; name a file"),
    ("export", "nothing to write; give --onnx FILE"),
    ("export --onnx", "Option '--onnx' requires an argument"),
    ("export --onnx folder", "folder is a folder; name a file"),
    ("export --safetensors notes.txt/a", ".*notes.txt is a file, so that"),
    ("doubt nothing doubt.npz", "nothing.train.npz is missing"),
    ("doubt data/processed folder", "folder is a folder; name a file"),
    ("export --onnx a.onnx --model nothing", "nothing is missing"),
    ("export --onnx a.onnx --model notes.txt", "notes.txt is no .npz file"),
    ("finder", "Missing argument 'figure'"),
    ("finder folder", "folder is a folder; name a file"),
    ("finder a.png --low 0", "low is 0.0, high 1.0"),
    ("finder a.png --low nan", "low is nan"),
    ("finder a.png --high inf", "low is 1e-05, high inf"),
    ("finder a.png --high 1e-9", "low is 1e-05, high 1e-09"),
    ("finder a.png --steps 1", "low is 1e-05, high 1.0, steps 1"),
    ("finder a.png --steps 1.5", "Invalid value for '--steps'"),
    ("gradcheck more", "Got unexpected extra argument"),
    ("verify --model nothing", "nothing is missing; name another --model"),
    ("verify --record nothing", "nothing is missing"),
    ("verify --record folder", "folder is a folder; `dvc repro deliver`"),
    ("verify --record notes.txt", "notes.txt is not JSON"),
    ("verify --record old.json", "old.json is another file, or of another version: no seeds, .*code"),
    ("seeds --seeds 0", "Invalid value for '--seeds': 0 is not in the range x>=1"),
    ("seeds --seeds many", "Invalid value for '--seeds'"),
    ("seeds -S", "Option '-S' requires an argument"),
    ("seeds -S epochs=2", "-S epochs=2: it should be NAME=VALUE with a name in model, train, augment"),
    ("seeds -S train.epoch=2", "unknown key train.epoch; train has epochs,"),
    ("seeds -S train.epochs=x", "train.epochs is 'x'"),
    ("seeds -S train.kernels=native", "train.kernels is read when a command starts"),
    ("seeds --workers 0", "Invalid value for '--workers': 0 is not in the range x>=1"),
    ("seeds --backend foo", "Invalid value for '--backend': 'foo' is not one of 'local', 'dask'"),
    ("seeds --backend dask", "--backend dask needs --scheduler"),
    ("seeds --scheduler tcp://127.0.0.1:1", "--scheduler is tcp://127.0.0.1:1, but --backend is local"),
    ("seeds --backend dask --scheduler a --workers 2", "--workers is 2, but the workers of dask"),
    ("seeds --preset nothing", "there is no preset nothing; there are default, baseline, "),
    ("presets nothing", "No such command 'nothing'"),
    ("presets run", "Missing argument 'name'"),
    ("presets run nothing", "there is no preset nothing; there are default, baseline, "),
    ("presets run cnn", "this folder is no git repository"),
    ("presets apply nothing", "there is no preset nothing; there are default, baseline, "),
    ("presets readme nothing", "nothing is missing"),
    ("presets readme notes.txt", "notes.txt has no lines <!-- presets"),
    ("seeds --table folder", "folder is a folder; name a file"),
    ("seeds --table old.json", "old.json lacks the columns"),
    ("seeds --table notes.txt/a.csv", ".*notes.txt is a file, so that"),
    ("search --trials 0", "Invalid value for '--trials'"),
    ("search --minutes -1", "Invalid value for '--minutes'"),
    ("search --minutes nan", "--minutes is nan, it should be a number at least 0"),
    ("search --epochs 0", "Invalid value for '--epochs'"),
    ("search --pruner foo", "Invalid value for '--pruner': 'foo' is not one of 'halving'"),
    ("search --space nothing", "nothing is missing"),
    ("search --space folder", "folder is a folder; give"),
    ("search --space notes.txt", "notes.txt should map parameters"),
    ("search --space epoch.yaml", "epoch.yaml: unknown key train.epoch; train has epochs,"),
    ("search --storage folder", "folder is a folder; name a file"),
    ("search --storage notes.txt", "notes.txt is damaged or no journal of Optuna"),
    ("search --minutes 0 --storage nothing", "nothing is not there, so there are no trials to show"),
    ("search --experiments 1", "this folder is no git repository"),
    ("experiments", "Missing command"),
    ("experiments rum", "No such command 'rum'. Did you mean 'run'"),
    ("experiments run", "Missing argument 'name'"),
    ("experiments run nothing", "there is no comparison nothing; there are architectures, "),
    ("experiments run learning-rates --backend foo", "Invalid value for '--backend'"),
    ("experiments run learning-rates --workers 0", "Invalid value for '--workers'"),
    ("experiments run learning-rates -S train.epoch=2", "unknown key train.epoch; train has epochs,"),
    ("experiments run learning-rates -S train.learning_rate=1", "train.learning_rate is what this comparison varies"),
    ("experiments run learning-rates", "this folder is no git repository"),
    ("experiments compare", "this folder is no git repository"),
    ("experiments compare nothing", "this folder is no git repository"),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A project of small files, not in git, beside things of other kinds."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(name, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        apply({"train.epochs": 1, "model.hidden_layers": [8]})
        rows = {"train": slice(0, 200), "val": slice(200, 300), "test": slice(300, 400)}
        save(**{name: small_digits(where) for name, where in rows.items()})
        Path("folder").mkdir()
        Path("notes.txt").write_text("one\ntwo\n")
        Path("old.json").write_text(json.dumps({"accuracy": 0.9}))
        Path("epoch.yaml").write_text("train.epoch: {type: int, low: 1, high: 2}\n")
        save_model("tiny.npz", Model(mlp([4, 3, 2]), np.arange(2), {}))
        save_model("own.npz", Model(mlp([784, 3, 10]), np.arange(10), {"training": {"epochs": 1}}))
        Path("models").mkdir()
        shutil.copy("own.npz", "models/model.npz")
    return folder


@pytest.mark.parametrize(("line", "said"), MISTAKES, ids=[line for line, _ in MISTAKES])
def test_a_mistake_is_one_true_line_and_nothing_is_done(files, monkeypatch, capsys, line, said):
    if "search" in line or "--onnx" in line or "--safetensors" in line:
        for module in ("optuna", "onnx", "safetensors"):
            pytest.importorskip(module)
    monkeypatch.chdir(files)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(files.parent))
    before = sorted(Path().rglob("*"))
    name, *words = shlex.split(line)
    monkeypatch.setattr(sys, "argv", [f"stages.{name}", *words])
    command = importlib.import_module(f"stages.{name}")
    with pytest.raises(SystemExit) as left:
        cli.run(getattr(command, "app", None) or command.main)
    _, err = capsys.readouterr()
    assert left.value.code in (1, 2)
    assert err.count("\n") == 1, err
    assert re.match(f"error: {said}", err), err
    assert sorted(Path().rglob("*")) == before
