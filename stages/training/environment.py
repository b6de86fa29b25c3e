"""Software and hardware that a training runs on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

PACKAGES = ("numpy", "scipy", "scikit-learn")


def software() -> dict[str, Any]:
    """What computes, and decides the last digits: packages, the BLAS library and its kernels."""
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


def blas() -> dict[str, Any]:
    """The library behind NumPy's matrix products; SciPy may have loaded another one for itself."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    beside = str(Path(np.__file__).parent)  # site-packages/numpy, or site-packages/numpy.libs
    own = [library for library in libraries if library["filepath"].startswith(beside)] or libraries
    if not own:  # such as Apple's, which threadpoolctl does not know
        built = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
        return {"name": built.get("name"), "version": built.get("version"), "kernels": None}
    keys = {"name": "internal_api", "version": "version", "kernels": "architecture"}
    return {name: own[0].get(key) for name, key in keys.items()}


def processor() -> str:
    """The processor's model."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
