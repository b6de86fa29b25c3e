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

from dnn.base.threads import available


def blas() -> dict[str, Any]:
    """Name, version and kernels of the library behind NumPy's products; SciPy may have loaded another for itself."""
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    # site-packages/numpy, or site-packages/numpy.libs; links are followed, as on the way to an environment
    beside = str(Path(np.__file__).resolve().parent)
    own = [each for each in libraries if str(Path(each["filepath"]).resolve()).startswith(beside)] or libraries
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
        self._libraries: list[Any] | None = None  # found once, as that takes longer than to train on a mini-batch
        self._before: list[int] = []

    @contextmanager
    def __call__(self, count: int) -> Iterator[None]:
        with self._lock:
            if not self._asked:
                self._before = self._numbers()
            self._asked.append(count)
            self._change()
        try:
            yield
        finally:
            with self._lock:
                self._asked.remove(count)
                self._change()

    def available(self) -> int:
        """The threads that other work may take in place of BLAS: as many as BLAS may at present, and are `available`.

        So who has limited BLAS, with an environment variable or `threadpool_limits`, as joblib and Dask do for their
        workers, has limited that work, too. And while one call has taken all of them, another one is left with one.
        """
        with self._lock:
            return min([available(), *filter(None, self._numbers())])

    def _numbers(self) -> list[int]:
        """The present number of each library."""
        if self._libraries is None:
            self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        return [library.num_threads for library in self._libraries]

    def _change(self) -> None:
        """Set the number that is right now, also where threadpoolctl, since 3.8, leaves it to another thread."""
        for library, before, now in zip(self._libraries or (), self._before, self._numbers(), strict=True):
            number = min(self._asked, default=before)
            if number != now:
                clear = getattr(library, "clear_controlling_thread", lambda force=False: None)
                clear(force=True)
                library.set_num_threads(number)
                clear()


# BLAS has one number of threads for the whole process, so those who change it must know of each other: hence an object
# of the module, the only one that changes.
blas_threads = BlasThreads()
