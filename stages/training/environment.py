"""Software and hardware that a training runs on."""

import os
import platform
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

PACKAGES = ("numpy", "scipy", "scikit-learn")


def environment() -> dict[str, Any]:
    """All that results may depend on. The kernel is left out: its updates change no number."""
    project = Path("pyproject.toml")
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "dnn": tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"] if project.exists() else None,
        "blas": blas(),
        # what NumPy's own loops use
        "simd": ", ".join(np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])),
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": " ".join(filter(None, (platform.system(), platform.machine(), *platform.libc_ver()))),
    }


def blas() -> dict[str, Any]:
    """The library behind NumPy's matrix products; SciPy may have loaded another one for itself."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    beside = str(Path(np.__file__).parent)  # site-packages/numpy, or site-packages/numpy.libs
    own = [library for library in libraries if library["filepath"].startswith(beside)] or libraries
    if not own:  # such as Apple's, which threadpoolctl does not know
        built = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
        return {"name": built.get("name"), "version": built.get("version"), "architecture": None}
    keys = {"name": "internal_api", "version": "version", "architecture": "architecture"}
    return {name: own[0].get(key) for name, key in keys.items()}


def processor() -> str:
    """The processor's model."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
