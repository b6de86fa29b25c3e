"""All commands under one name, as it is installed, and as a module."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

import dnn
from dnn.formats.model_file import save_model
from dnn.model import Model
from tests.networks import build_network

COMMANDS = sorted(path.stem for path in Path("stages").glob("[!_]*.py"))
STAGES = list(yaml.safe_load(Path("dvc.yaml").read_text())["stages"])
INSTALLED = "import sys; sys.argv[0] = '/bin/mnist'; from stages.__main__ import main; main()"


def call(*words, **environment):
    """The installed command, without installing it."""
    done = subprocess.run(
        [sys.executable, "-c", INSTALLED, *words], env=os.environ | environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("start", [["-m", "stages"], ["-c", INSTALLED]], ids=["module", "installed"])
def test_without_a_command_all_are_listed_the_stages_in_their_order(start):
    done = subprocess.run([sys.executable, *start], capture_output=True, text=True, check=True)
    listed = re.findall(r"^  ([a-z]+)  ", done.stdout, re.MULTILINE)
    assert listed == STAGES + [name for name in COMMANDS if name not in STAGES]
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_command_and_its_example_are_called_as_the_person_called_it():
    assert call("predict", "--help")[1].startswith("Usage: mnist predict ")
    assert "Example: mnist predict " in call("predict", "--help")[1]
    done = subprocess.run([sys.executable, "-m", "stages", "predict", "--help"], capture_output=True, text=True)
    assert done.stdout.startswith("Usage: python -m stages.predict ")
    assert "Example: python -m stages.predict " in done.stdout


def test_it_does_what_the_module_does():
    done = subprocess.run([sys.executable, "-m", "stages.experiments", "list"], capture_output=True, text=True)
    assert call("experiments", "list") == (0, done.stdout, "")


def test_mistakes_are_one_line(tmp_path):
    said = "error: No such command 'predikt'. Did you mean 'predict'; see mnist --help\n"
    assert call("predikt") == (2, "", said)
    told = "error: No such option: -3; see mnist predict --help; a file whose name begins with a dash is ./-3.png\n"
    assert call("predict", "-3.png") == (2, "", told)
    save_model(tmp_path / "m.npz", Model(build_network(784, [], 10), np.arange(10)))
    asked = call("predict", "./-3.png", "--model", tmp_path / "m.npz")
    assert asked[::2] == (1, "error: ./-3.png: No such file or directory\n")


def test_the_version_is_that_of_the_package():
    assert call("--version") == (0, f"{dnn.__version__}\n", "")


@pytest.mark.parametrize(
    ("line", "words"),
    [("mnist pre", "predict preprocess presets"), ("mnist predict --j", "--json"), ("mnist presets ap", "apply")],
)
def test_words_are_completed(line, words):
    at = str(len(line.split()) - 1)
    _, told, _ = call(_MNIST_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=at)
    assert told.split() == words.split()


def test_it_is_installed_with_the_project_and_works_from_any_folder(tmp_path):
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    elsewhere.mkdir()
    for folder in ("dnn", "stages"):
        shutil.copytree(folder, project / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE", "params.yaml", "dvc.yaml"):
        shutil.copy(file, project)
    pip = ["pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    # --ignore-installed, or it would take the project out of the environment in which the tests run
    there = ["--ignore-installed", "--prefix", tmp_path / "at", "--editable", project]
    subprocess.run([sys.executable, "-m", *pip, *there], check=True)
    [path] = (tmp_path / "at").rglob("*.pth")
    assert path.read_text().strip() == str(project)
    environment = os.environ | {"PYTHONPATH": str(project)}
    run = {"cwd": elsewhere, "env": environment, "capture_output": True, "text": True}
    [program] = (tmp_path / "at").rglob("mnist")
    assert subprocess.run([program, "--version"], **run).stdout == f"{dnn.__version__}\n"
    done = subprocess.run([program, "predict", "x.png"], **run)
    assert done.stderr.startswith(f"error: {project}/models/model.npz is missing; run `make repro`")
