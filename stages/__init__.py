"""The pipeline's stages and the commands around it, each `python -m stages.NAME`."""

import sys
from types import TracebackType

tell = sys.excepthook


def tell_all_but_an_interruption(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Leave at Ctrl-C without a line, as a command does, also while it is still being imported."""
    if not issubclass(kind, KeyboardInterrupt):
        tell(kind, error, traceback)


sys.excepthook = tell_all_but_an_interruption

try:
    from stages.project.kernels import choose_kernels
except ModuleNotFoundError as missing:
    raise SystemExit(f"error: {missing}; run `make setup`, then `source .venv/bin/activate`") from None

choose_kernels()  # before any of them imports NumPy
