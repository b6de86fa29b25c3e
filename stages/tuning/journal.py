"""Optuna's journal file, one event a line, in which the rounds of a search are whole or not at all.

A search that is killed in the midst of a round leaves events that tell half of it: trials that were not all asked for,
scores that were not all judged. The next search takes them back, and so does the round as if it had not been begun.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dnn.base.extra import extra
from dnn.base.files import check_file, check_size
from dnn.base.locks import locked

BYTES = 1 << 28  # of a journal: some hundred thousand trials
ROUND = "round"  # an attribute of the study: "begun", or "done"


@contextmanager
def open_journal(path: Path) -> Iterator[Any]:
    """Optuna's storage in the file, which is made where it is missing, for this process alone.

    Raises:
        InputError: another process has it, it is no file, or too large.
        ValueError, or what else Optuna raises: it is no journal, which then stays as it is.
    """
    with locked(path):
        Path(f"{path}.lock").unlink(missing_ok=True)  # Optuna's own, of a killed search, whose end it would wait for
        if path.is_symlink() or path.exists():
            check_file(path)
            check_size(path, BYTES, "name another --storage")
            take_back(path)
        journal = extra("optuna.storages", "search")
        yield journal.JournalStorage(journal.journal.JournalFileBackend(str(path)))


@contextmanager
def whole_round(study: Any) -> Iterator[None]:
    """Mark the events of the block as one round, which a process that is killed in it leaves undone."""
    study.set_user_attr(ROUND, "begun")
    yield
    study.set_user_attr(ROUND, "done")


def take_back(path: Path) -> None:
    """Cut off a line that was not written to its end, and a round that was begun last and is not done."""
    content = path.read_bytes()
    torn = content.startswith(b'{"op_code":') and not content.endswith(b"\n")
    lines = content.splitlines(keepends=True)[: -1 if torn else None]
    end, whole, state = 0, 0, "done"  # bytes so far, and those without a round that is not done
    for line in lines:
        state, end = round_of(json.loads(line)) or state, end + len(line)
        if state == "done":
            whole = end
    if whole < len(content):
        os.truncate(path, whole)


def round_of(event: dict[str, Any]) -> str | None:
    """The word in the event on a round: "begun", "done", or none."""
    state: str | None = event.get("user_attr", {}).get(ROUND) if "study_id" in event else None
    return state
