"""The table of reports/benchmark/README.md and the drawing, from the records of all processors."""

from pathlib import Path

from dnn.base.files import read_text, write_text
from stages.figures.style import save
from stages.project import cli, marks
from stages.project.paths import pipeline_path
from tests.benchmarks import drawing, record, table

BEGIN, END = "<!-- python -m tests.benchmarks.report -->", "<!-- end -->"


def main() -> None:
    """Write the benchmark's table into its page, and its drawing, from reports/benchmark/processors."""
    print(make())


def make() -> str:
    """Write both, and say where."""
    records = record.load(folder())
    page, picture = (folder().parent / name for name in ("README.md", "benchmark.png"))
    save(drawing.compare(records), picture)
    write_text(page, filled(read_text(page), records))
    return f"{picture}, {page}"


def folder() -> Path:
    """That of the records."""
    return pipeline_path("metrics").parent / "benchmark" / "processors"


def filled(text: str, records: list[record.Record]) -> str:
    """The text of the page, with the table between the two marks.

    Raises:
        InputError: it does not have them.
    """
    return marks.filled("reports/benchmark/README.md", text, BEGIN, END, f"\n\n{table.table(records)}\n\n")


if __name__ == "__main__":
    cli.run(main)
