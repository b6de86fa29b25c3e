"""Software and hardware that a training runs on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.blas import blas

PACKAGES = ("numpy", "scipy", "scikit-learn")


def software() -> dict[str, Any]:
    """All that computes and decides the last digits: packages, the BLAS library and its kernels."""
    return {**{name: version(name) for name in PACKAGES}, "blas": blas()}


def machine() -> dict[str, Any]:
    """The rest: it changes no result that is computed by the same kernels."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "simd": ", ".join(np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])),  # of NumPy's loops
        "python": platform.python_version(),
        "system": " ".join(filter(None, (platform.system(), platform.machine(), *platform.libc_ver()))),
    }


def processor() -> str:
    """The processor's model."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
