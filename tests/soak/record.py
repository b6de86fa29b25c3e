"""What a soak test has tried, as a file."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from dnn.base.files import write_text
from stages.training.environment import processor
from tests.soak.rows import Result

PATH = Path("reports/soak.json")


@dataclass
class Record:
    """A run of the soak test.

    Args:
        date: of the run, as 2026-11-26.
        processor: its model as it calls itself.
        asked: minutes that it was given.
        minutes: that it took.
        rows: in the order of `tests.soak.rows.ROWS`.
    """

    date: str
    processor: str
    asked: float
    minutes: float
    rows: list[Result]


def new(rows: list[Result], started: datetime, asked: float) -> Record:
    """That of this machine."""
    minutes = (datetime.now(UTC) - started).total_seconds() / 60
    return Record(f"{started:%Y-%m-%d}", processor(), asked, round(minutes, 1), rows)


def save(path: Path, record: Record) -> None:
    write_text(path, json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n")


def load(path: Path) -> Record:
    values = json.loads(path.read_text(encoding="utf-8"))
    return Record(**{**values, "rows": [Result(**row) for row in values["rows"]]})


def beside(path: Path, made: Record, order: Sequence[str]) -> Record:
    """The record with the rows of an earlier one that were not tried now, and the minutes of both."""
    before = load(path) if path.exists() else None
    now = {row.name for row in made.rows}
    if before is None or now == set(order):
        return made
    kept = [row for row in before.rows if row.name not in now and row.name in order]
    rows = sorted([*kept, *made.rows], key=lambda row: order.index(row.name))
    return replace(made, rows=rows, minutes=round(before.minutes + made.minutes, 1))


def tried(result: Result) -> str:
    """How many tries were made, and of how many where there was no time for all."""
    if result.whole:
        return f"{result.tried:,}"
    return f"{result.tried:,} of {result.most:,}" if result.most else f"{result.tried:,}, not all"


def line(result: Result) -> str:
    """A row for the screen."""
    return (
        f"{result.name}: {tried(result)} tried, {result.failed:,} failed, "
        f"{result.seconds:.1f} s, {result.peak_memory:,} MB"
    )
