"""The same bytes on every x86-64 processor, and how far that reaches.

The same code, parameters, data and packages give the same bytes of weights, on every x86-64 processor with AVX2, in one
process or many, after an interruption or without.

Where from: OpenBLAS rounds by its kernels, and picks them by processor. train.kernels: portable asks for those of
Haswell, which all these processors can run. OpenBLAS reads it from the environment when NumPy is first imported, so
this module runs before that (`stages/__init__.py`) and imports nothing that does. NumPy's own loops come out the same
with AVX2 and with AVX-512, and sums are cut into pieces by sizes, never by threads.

For what: every layer, activation, optimizer, schedule, penalty and distortion of params.yaml; tests/test_kernels.py
trains a dense and a convolutional network in four ways and compares with recorded hashes.

Not for: train.kernels: native; other packages than the pinned ones; processors without AVX2.

On what: measured on Linux with the pinned wheels. Not measured: Windows on x86-64, whose wheels bring OpenBLAS, too,
but other C functions, and macOS and arm64. NumPy's wheels for macOS from 14 on compute with Apple's Accelerate, and
arm64 has other kernels: expect the same bytes there from run to run, but not those of x86-64.
"""

import os
import platform
import sys
from pathlib import Path

from dnn.base import yaml12
from stages.project.paths import top

VARIABLE = "OPENBLAS_CORETYPE"
OURS = "DNN_CORETYPE"  # the same value, where the choice is this module's and not the user's
PORTABLE = "Haswell"  # of 2013, the first with AVX2 and FMA; AMD's from 2015 on have both, too


def choose_kernels() -> None:
    """Ask for the kernels that `train.kernels` in params.yaml says, portable ones where there is no such file.

    A choice that the user made stays. Processes that this one starts choose anew, by the params.yaml that they find.
    """
    if chosen_by_user() or "numpy" in sys.modules:
        return
    for name in (VARIABLE, OURS):
        os.environ.pop(name, None)
        if has_avx2() and wanted() == "portable":
            os.environ[name] = PORTABLE


def chosen_by_user() -> bool:
    """Whether the environment has a choice that is not of this module."""
    return VARIABLE in os.environ and os.environ[VARIABLE] != os.environ.get(OURS)


def wanted() -> str:
    """`train.kernels` in params.yaml; portable where nothing can be read there, as who needs it reads it again."""
    try:
        path = top() / "params.yaml"
        if not path.is_file() or path.stat().st_size > yaml12.MOST_BYTES:
            return "portable"
        return str(yaml12.parse(path.read_text(encoding="utf-8"), path)["train"]["kernels"])
    except (OSError, ValueError, LookupError, TypeError):
        return "portable"


def has_avx2() -> bool:
    """Whether this is an x86-64 processor that can run the portable kernels; where only a try would tell, it can."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    try:
        return " avx2 " in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # macOS and Windows; their last processors without it are of 2012
        return True
