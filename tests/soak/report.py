"""The table of SECURITY.md, from the record of the last soak test.

python -m tests.soak.report
"""

from pathlib import Path

from dnn.base.files import read_text, write_text
from stages.project import cli, marks
from tests.soak import record

PAGE = Path("SECURITY.md")
BEGIN, END = "<!-- python -m tests.soak.report -->", "<!-- end -->"


def main() -> None:
    """Write the figures of reports/soak.json into SECURITY.md."""
    write_text(PAGE, filled(read_text(PAGE), record.load(record.PATH)))
    print(PAGE)


def filled(text: str, made: record.Record) -> str:
    """The text of the page, with the table between the two marks.

    Raises:
        InputError: it does not have them.
    """
    return marks.filled(PAGE, text, BEGIN, END, f"\n\n{table(made)}\n\n")


def table(made: record.Record) -> str:
    """A line for each row, under a sentence on the whole."""
    total, failed = (sum(getattr(row, name) for row in made.rows) for name in ("tried", "failed"))
    about = f"{made.processor}, {made.date}, {made.minutes:.0f} minutes: {total:,} tries, {failed:,} failed."
    lines = [
        f"| {row.what} | {record.tried(row)} | {row.failed:,} | {row.seconds:.0f} s | {row.peak_memory:,} MB |"
        for row in made.rows
    ]
    return "\n".join([about, "", "| what | tried | failed | time | most memory |", "|---|---|---|---|---|", *lines])


if __name__ == "__main__":
    cli.run(main)
