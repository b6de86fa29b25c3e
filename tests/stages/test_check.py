"""Every mistake of params.yaml that can be known without data, before anything is done."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.base.files import sha256
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages import check
from stages.project.edit import apply
from tests.networks import build_network

SHIPPED = Path("params.yaml").read_text()
START = "models/start_from/start.npz"


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A temporary experiment, and the real project beside it."""
    for name in ("real", "experiment"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "real"))
    monkeypatch.chdir(tmp_path / "experiment")
    Path("params.yaml").write_text(SHIPPED)
    return tmp_path / "real"


OWN = {"data__dataset": "idx", "data__classes": ["a", "b"]}


def run(**values):
    apply({name.replace("__", "."): value for name, value in values.items()})
    check.main(Path("models/start_from"), Path("data/idx"), Path("checked"))
    return Path("checked/params.txt").read_text(), Path("checked/start_from.txt").read_text()


def test_what_is_well_leaves_the_same_marks():
    first = run()
    assert run(train__epochs=3, model__hidden_layers=[1e2], data__dataset="digits") == first
    assert first[1] == "none\n"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"data__fallback": "no"}, "data.fallback is 'no'"),
        ({"preprocess__seed": -1}, "preprocess.seed is -1"),
        ({"train__optimizer": "Adam"}, "train.optimizer is 'Adam', it should be one of sgd"),
        ({"train__optimizer_options": {"beta": 1}}, "beta"),
        ({"augment__rotation": -1}, "augment.rotation is -1"),
        ({"augment__shift": 1e30}, r"params.yaml: augmentation: shift is 1e\+30, it should be below 28"),
        ({"augment__elastic": 28}, "params.yaml: augmentation: elastic is 28, it should be below 28"),
        ({"train__cutout": 29}, "params.yaml: cutout is 29, it should be at most 28"),
        ({"model__freeze": 1}, "model.freeze is 1, but there is nothing to freeze"),
        ({"model__hidden_layers": [{"conv": {"filters": 2, "kernel": 30}}]}, "layer 1 of 2: .*28"),
        ({"model__hidden_layers": [8, "flatten", {"maxpool": 2}]}, "layer 1 of 5: dense needs"),
        ({"model__hidden_layers": [10**6, 10**6]}, "params.yaml: model: to train a network of .* takes at least"),
        (
            {"train__members": 1000, "model__hidden_layers": [10**4, 10**4]},
            "model: to train a network of .* takes at least",
        ),
        ({"model__hidden_layers": [10**30]}, "units is"),
        ({"model__start_from": "start.npz"}, r"copy it into models/start_from and say models/start_from/start\.npz"),
        ({"model__start_from": "models/start_from/../a.npz"}, "where DVC does not see it change"),
        ({"model__start_from": "models/start_from"}, "copy it into models/start_from and say models/start_from/NAME"),
        ({"model__start_from": START}, "params.yaml: model.start_from: models/start_from/start.npz is missing; give"),
        (OWN | {"data__folder": "data/shapes"}, "data.folder is data/shapes, .* say data/idx/shapes"),
        (OWN | {"data__folder": "data/idx/../raw"}, "where DVC does not see it change"),
        ({"data__classes": ["a", "b"]}, "data.classes is .*, but mnist has its own"),
    ],
    ids=str,
)
def test_mistakes_are_named_and_nothing_is_written(values, message):
    with pytest.raises(InputError, match=message):
        run(**values)
    assert not Path("checked").exists()


def save_start(folder, pixels=784):
    network = build_network(pixels, [8], 10)
    network.initialize(np.random.default_rng(pixels))
    save_model(folder / START, Model(network, np.arange(10)))
    return sha256(folder / START)


def test_the_model_to_start_from_is_brought_from_the_real_project(project):
    digest = save_start(project)
    assert run(model__start_from=START)[1] == f"{digest}\n"
    assert sha256(Path(START)) == digest


def test_the_one_that_git_has_brought_is_taken(project):
    digest = save_start(Path())
    (project / START).parent.mkdir(parents=True)
    (project / START).write_text("another")
    assert run(model__start_from=START)[1] == f"{digest}\n"


@pytest.mark.parametrize(
    ("pixels", "values", "message"),
    [(100, {}, "784 features, .* takes 100"), (784, {"model__freeze": 9}, "freeze is 9, the network has 3 layers")],
)
def test_a_model_that_does_not_fit_is_named(pixels, values, message):
    save_start(Path(), pixels)
    with pytest.raises(InputError, match=f"params.yaml: model: .*{message}"):
        run(model__start_from=START, **values)


def test_a_repository_without_a_commit_is_told_before_anything_is_done():
    subprocess.run(["git", "init", "--quiet"], check=True)
    with pytest.raises(InputError, match="nothing is committed here"):
        run()
    assert not Path("checked").exists()


def test_own_data_may_lie_in_the_folder_that_dvc_watches():
    assert run(**OWN, data__folder="data/idx/shapes") == run()
