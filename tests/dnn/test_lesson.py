"""The lesson is right, does what the engine does, and reads MNIST."""

import contextlib
import io
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dnn import lesson
from stages.datasets.splits import save_split
from tests.splits import SMALL, small_digits

FILE = Path(lesson.__file__).absolute()
TEST = Path("data/processed/test.npz")
BLOCK = next(
    code for code in re.findall(r"```python\n(.*?)```", Path("dnn/README.md").read_text(), re.S) if "SGD()" in code
)


def is_mnist():
    """Whether MNIST lies where the lesson looks for it."""
    if not TEST.exists():
        return False
    with np.load(TEST) as test:
        return json.loads(str(test["dataset"]))["name"] == "MNIST"


@pytest.fixture(scope="module")
def data():
    return small_digits(np.arange(len(SMALL.target)))


@pytest.fixture(scope="module")
def learned(data):
    return lesson.train(data.images, data.labels, np.random.default_rng(0))


def test_the_engine_has_the_same_losses(data, learned, tmp_path, monkeypatch):
    """By the code that the tutorial shows."""
    save_split(tmp_path / TEST.with_name("train.npz"), data)
    monkeypatch.chdir(tmp_path)
    with contextlib.redirect_stdout(io.StringIO()) as text:
        exec(BLOCK, {})
    losses = [float(line) for line in text.getvalue().split()]
    assert losses == pytest.approx(learned[1], rel=0, abs=1e-5)
    assert losses[-1] < losses[0] / 4


def test_it_learns_the_same_again(data, learned):
    parameters, losses = lesson.train(data.images, data.labels, np.random.default_rng(0))
    assert losses == learned[1]
    assert all(np.array_equal(A, B) for A, B in zip(parameters, learned[0], strict=True))


@pytest.mark.parametrize("number", range(4))
def test_its_slopes_are_those_of_the_loss(rng, assert_gradient, number):
    parameters = [A.astype(np.float64) for A in lesson.initialize(rng, 6, 3)]
    parameters[1] += 0.1  # away from the ReLU's bend
    X, Y = rng.random((5, 6)), np.eye(3)[rng.integers(0, 3, 5)]

    def loss():
        _, P = lesson.forward(X, parameters)
        return -np.log(P[Y == 1]).sum() / len(X)

    H, P = lesson.forward(X, parameters)
    assert_gradient(loss, parameters[number], lesson.backward(X, Y, H, P, parameters)[number])


def test_it_stays_in_float32(learned):
    assert {A.dtype for A in learned[0]} == {np.dtype(np.float32)}


@pytest.mark.skipif(not is_mnist(), reason="data/processed has no MNIST; `make repro` brings it")
def test_it_answers_97_percent_of_mnist():
    portable = os.environ | {"OPENBLAS_CORETYPE": "Haswell"}
    done = subprocess.run(
        [sys.executable, "-m", "dnn.lesson"], env=portable, capture_output=True, text=True, check=True
    )
    assert float(re.search(r"rightly: ([\d.]+)%", done.stdout)[1]) >= 97
    assert not done.stderr


def test_without_images_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"^error: no images in data/processed; .* run: dvc repro preprocess$"):
        runpy.run_path(str(FILE), run_name="__main__")


def test_it_is_short():
    assert len(FILE.read_text().splitlines()) <= 60
