"""The library that computes matrix products, which of its kernels it uses, and in how many threads.

OpenBLAS has kernels for each kind of processor, which round differently. With its own choice, the same seed gives other
weights on another processor. The environment variable OPENBLAS_CORETYPE, set before NumPy is imported, chooses; with
`OPENBLAS_CORETYPE=Haswell python program.py` the bytes are the same on every x86-64 processor with AVX2.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController, threadpool_info


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


class BlasThreads:
    """BLAS's number of threads, a context: in it that is what was asked for; where several overlap, the least of these.

    Sums, and so the last digits, depend on the number. The first to come notes what it was, the last to go puts that
    back. A caller's own `threadpool_limits` is not known here: one that overlaps, in another thread, may change the
    number meanwhile, or be noted and put back after its end.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: list[int] = []
        self._libraries: Any = None  # found once, as that takes longer than to train on a mini-batch
        self._before: Any = None

    @contextmanager
    def __call__(self, count: int) -> Iterator[None]:
        with self._lock:
            self._libraries = self._libraries or ThreadpoolController().select(user_api="blas")
            if not self._asked:
                self._before = self._libraries.limit()  # which only notes
            self._asked.append(count)
            self._change()
        try:
            yield
        finally:
            with self._lock:
                self._asked.remove(count)
                self._change()

    def _change(self) -> None:
        """Set the number that is right now, also where threadpoolctl, since 3.8, leaves it to another thread."""
        owned = [lib for lib in self._libraries.lib_controllers if hasattr(lib, "clear_controlling_thread")]
        for library in owned:
            library.clear_controlling_thread(force=True)
        if self._asked:
            self._libraries.limit(limits=min(self._asked), user_api="blas")
        else:
            self._before.restore_original_limits()
        for library in owned:
            library.clear_controlling_thread()


# BLAS has one number of threads for the whole process, so those who change it must know of each other: hence an object
# of the module, the only one that changes.
blas_threads = BlasThreads()
