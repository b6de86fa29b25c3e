"""The benchmark's records as text."""

from collections.abc import Sequence

from tests.benchmarks.clock import Row
from tests.benchmarks.load import MUCH, remark
from tests.benchmarks.record import Record


def amount(value: float, unit: str) -> str:
    """With three digits, in a unit that suits it."""
    if unit == "s" and value < 1:
        for factor, small in ((1e3, "ms"), (1e6, "µs")):
            if value * factor >= 1 or small == "µs":
                return f"{value * factor:.3g} {small}"
    return f"{value:.3g} {unit}"


def result(row: Row) -> str:
    """A row as a line of the terminal."""
    said = [f"{row.work}: {measured(row)}"]
    if row.ratio is not None:
        said.append(f"ratio {row.ratio:.3g} to {row.peer_name}")
    said.append(f"goal {goal(row)} {'met' if row.met(row.goal) else 'missed'}")
    return ", ".join(filter(None, [*said, remark(row)]))


def goal(row: Row) -> str:
    """The goal, and what is to be reached."""
    return f"{row.goal:.3g}" if row.ratio is not None else amount(row.goal, row.unit)


def measured(row: Row) -> str:
    """Ours, with either kernels, and the peer's."""
    said = f"{amount(row.ours, row.unit)}{reached(row, 'ours')}"
    if row.portable is not None:
        said += f" (portable {amount(row.portable, row.unit)})"
    if row.peer is not None:
        said += f"; {row.peer_name} {amount(row.peer, row.unit)}{reached(row, row.peer_name)}"
    return said


def reached(row: Row, name: str) -> str:
    """The mean test accuracy, where there is a target."""
    return f" to {100 * row.reached[name]:.2f} %" if name in row.reached else ""


def table(records: Sequence[Record]) -> str:
    """Markdown: the works of all records, and each record's figures beside each other."""
    heads = [head for record in records for head in (record.family, "ratio")]
    lines = [f"| {' | '.join(['work', 'goal', *heads])} |", "|---|---|" + "---|" * len(heads)]
    for work, row in works(records).items():
        cells = [cell for record in records for cell in cells_of(record, work, row.goal)]
        lines.append(f"| {work} | {goal(row)} | {' | '.join(cells)} |")
    lines += ["", *(f"- {record.family}: {record.about()}." for record in records)]
    return "\n".join(lines)


def works(records: Sequence[Record]) -> dict[str, Row]:
    """Every work that was measured, with its row in the newest record that has it, whose goal counts for all."""
    found: dict[str, Row] = {}
    for record in records:
        for row in record.rows:
            found.setdefault(row.work, row)
    return found


def cells_of(record: Record, work: str, goal: float) -> tuple[str, str]:
    """What a record has of a work: the figures, and how they compare with the peer and the goal."""
    row = next((row for row in record.rows if row.work == work), None)
    if row is None:
        return "", ""
    low, high = row.spread
    ratio = "" if row.ratio is None else f"{row.ratio:.2f} ({low:.2f} - {high:.2f}) "
    disturbed = f", disturbed by {row.disturbed:.1f} of a core" if (row.disturbed or 0) >= MUCH else ""
    return measured(row), f"{ratio}{'met' if row.met(goal) else '**missed**'}{disturbed}"
