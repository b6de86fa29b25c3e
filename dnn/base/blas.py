"""The library that computes matrix products, and which of its kernels it uses.

OpenBLAS has kernels for each kind of processor, which round differently. With its own choice, the same seed gives other
weights on another processor. The environment variable OPENBLAS_CORETYPE, set before NumPy is imported, chooses; with
`OPENBLAS_CORETYPE=Haswell python program.py` the bytes are the same on every x86-64 processor with AVX2.
"""

from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info


def blas() -> dict[str, Any]:
    """Name, version and kernels of the library behind NumPy's products; SciPy may have loaded another for itself."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    beside = str(Path(np.__file__).parent)  # site-packages/numpy, or site-packages/numpy.libs
    own = [library for library in libraries if library["filepath"].startswith(beside)] or libraries
    if not own:  # such as Apple's, which threadpoolctl does not know
        built = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
        return {"name": built.get("name"), "version": built.get("version"), "kernels": None}
    keys = {"name": "internal_api", "version": "version", "kernels": "architecture"}
    return {name: own[0].get(key) for name, key in keys.items()}


def kernels() -> str:
    """The kernels in use, such as Haswell or SkylakeX; the library's name where it has no such choice."""
    library = blas()
    return str(library["kernels"] or library["name"])
