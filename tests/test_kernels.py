"""The same bytes on every x86-64 processor: recorded here, trained in every way that could make a difference."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dnn.base.blas import kernels
from stages.project.edit import apply
from stages.project.kernels import PORTABLE, VARIABLE, chosen_by_user, has_avx2

ROOT = Path(__file__).resolve().parent.parent
RECORDED = {
    "dense": "7f43f43e9a8eaf49e215f33021a4a3c4e1630fc019c66667a8928f3bc791f23b",
    "images": "cc9131eb1b6eb75d814bacb28ad320de9232ea10609328009f247a5197f63131",
    "doubt": "9e260477668b38525728514c56a972c2b9503ea799d085a146a9cc9438df9cea",
}
WAYS = {
    "as it is": {},
    "without NumPy's AVX-512 loops": {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"},
    "two BLAS threads": {"OPENBLAS_NUM_THREADS": "2"},
    "in workers": {"FLAGS": "--worker"},
}
CASES = {
    f"{name}, {way}": (name, environment)
    for name in RECORDED
    for way, environment in WAYS.items()
    if (name, way) != ("doubt", "in workers")  # where it is never learned
}
pytestmark = [
    pytest.mark.skipif(not has_avx2(), reason="no x86-64 processor with AVX2, whose bytes these are"),
    pytest.mark.skipif(
        os.environ.get(VARIABLE) not in (None, PORTABLE),
        reason=f"{VARIABLE} asks for kernels that are not the portable",
    ),
]


@pytest.fixture
def train(tmp_path):
    """Kernels and SHA-256 of the weights after a short training in a process of its own."""
    shutil.copy("params.yaml", tmp_path)

    def run(name, **environment):
        flags = environment.pop("FLAGS", "").split()
        command = [sys.executable, "-m", "tests.portable", name, *flags]
        here = os.environ | {"PYTHONPATH": str(ROOT)} | environment
        done = subprocess.run(command, cwd=tmp_path, env=here, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return run


@pytest.mark.parametrize(("name", "way"), CASES.values(), ids=CASES)
def test_each_way_gives_the_recorded_bytes(train, name, way):
    assert train(name, **way) == [PORTABLE, RECORDED[name]]


def test_the_tests_themselves_compute_with_portable_kernels():
    assert kernels() == PORTABLE


@pytest.mark.parametrize("name", RECORDED)
def test_native_kernels_give_others_where_there_are_others(train, tmp_path, name):
    """Else the test above would mean nothing."""
    if chosen_by_user():
        pytest.skip(f"{VARIABLE} is set to {os.environ[VARIABLE]} here, so that native means the same")
    apply({"train.kernels": "native"}, tmp_path / "params.yaml")
    kernels, digest = train(name)
    if kernels in (PORTABLE, "Zen"):  # which round alike
        pytest.skip(f"OpenBLAS's own choice here is {kernels}, which rounds as the portable kernels do")
    assert digest != RECORDED[name]


def test_a_choice_of_the_environment_is_respected(train):
    kernels, digest = train("dense", **{VARIABLE: "Nehalem"})  # of 2008, which every x86-64 processor can run
    assert kernels == "Nehalem"
    assert digest != RECORDED["dense"]
