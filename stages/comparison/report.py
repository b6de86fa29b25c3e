"""Experiments side by side, as `stages.experiments` prints them, and the files that it writes."""

from collections.abc import Sequence
from pathlib import Path

from pandas import DataFrame

from dnn.base.files import write_text
from dnn.base.locks import locked
from stages.comparison.figure import comparison
from stages.comparison.records import Experiment, history
from stages.comparison.table import common, make_table, printed, readable, summarise
from stages.display.pages import write_page
from stages.figures.style import save
from stages.project.cli import note
from stages.project.paths import pipeline_path


def report(experiments: Sequence[Experiment], name: str, title: str, introduction: str) -> None:
    """Print the table and what it shows; write them with the figure to a folder."""
    if not experiments:
        print("no experiments yet: `python -m stages.experiments run NAME` or `dvc exp run -S ...` makes some")
        return
    folder = pipeline_path("experiments") / name
    table = make_table(experiments)
    summary, texts = summarise(table, experiments), readable(table)
    with locked(folder, wait=note):  # which takes a second
        write(folder, table, experiments, title, introduction, summary)
    print(f"\n{printed(texts)}\n\n{summary}\n\n{folder}/index.html: open it in a browser")


def write(
    folder: Path, table: DataFrame, experiments: Sequence[Experiment], title: str, introduction: str, summary: str
) -> None:
    """Write the table, the figure, and the page that has both."""
    texts, picture = readable(table), folder / "comparison.png"
    draw(table, experiments, title, picture)
    write_text(folder / "table.csv", table.to_csv(index=False, lineterminator="\n"))
    write_page(
        folder / "index.html",
        "comparison.html",
        title=title,
        introduction=introduction.splitlines(),
        summary=summary,
        picture=picture.read_bytes() if picture.exists() else None,
        columns=list(texts),
        rows=texts.to_numpy().tolist(),
        common=common(experiments),
    )


def draw(table: DataFrame, experiments: Sequence[Experiment], title: str, path: Path) -> None:
    """Write the figure; no file where no experiment has a result."""
    done = table.dropna(subset=["val_accuracy"])
    path.unlink(missing_ok=True)
    if done.empty:
        return
    curves = {e.revision: history(e) for e in experiments if e.status == "done"}
    images = done["val_images"].dropna().unique()
    counts = ", ".join(f"{count:,.0f}" for count in images) or "unknown"
    caption = f"{title.rstrip('?')}: one training each, validation images: {counts}"
    save(comparison(done, curves, caption), path)
