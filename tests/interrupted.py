"""Trainings that are interrupted where it hurts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from stages.training import run


@contextmanager
def stopped_in_the_second_member(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ctrl-C when the block comes to train the second member of an ensemble."""
    fit, trained = run.fit, []

    def stop(trainer: Any, *arguments: Any) -> None:
        if trained:
            raise KeyboardInterrupt
        trained.append(fit(trainer, *arguments))

    with monkeypatch.context() as patched:
        patched.setattr(run, "fit", stop)
        with pytest.raises(KeyboardInterrupt):
            yield
