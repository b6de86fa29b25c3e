"""What `stages.experiments` prints of experiments side by side, and the files that it writes."""

from collections.abc import Sequence
from pathlib import Path

from pandas import DataFrame

from dnn.base.files import write_text
from stages.comparison.figure import comparison
from stages.comparison.page import render
from stages.comparison.records import Experiment, history
from stages.comparison.table import common, make_table, printed, readable, summarise
from stages.plots import save
from stages.project.paths import pipeline_path


def report(experiments: Sequence[Experiment], name: str, title: str, introduction: str) -> None:
    """Print the table and what it shows; write them with the figure to a folder."""
    if not experiments:
        print("no experiments yet: `python -m stages.experiments run NAME` or `dvc exp run -S ...` makes some")
        return
    folder = pipeline_path("experiments") / name
    table = make_table(experiments)
    summary = summarise(table, experiments)
    picture = draw(table, experiments, title, folder / "comparison.png")
    write_text(folder / "table.csv", table.to_csv(index=False, lineterminator="\n"))
    page = render(title, introduction, summary, picture, readable(table), common(experiments))
    write_text(folder / "index.html", page)
    print(f"\n{printed(readable(table))}\n\n{summary}\n\n{folder}/index.html: open it in a browser")


def draw(table: DataFrame, experiments: Sequence[Experiment], title: str, path: Path) -> Path | None:
    """The figure's file; None, and no file, where no experiment has a result."""
    done = table.dropna(subset=["val_accuracy"])
    path.unlink(missing_ok=True)
    if done.empty:
        return None
    curves = {e.revision: history(e) for e in experiments if e.status == "done"}
    images = done["val_images"].dropna().unique()
    counts = ", ".join(f"{count:,.0f}" for count in images) or "unknown"
    caption = f"{title.rstrip('?')}: one training each, validation images: {counts}"
    save(comparison(done, curves, caption), path)
    return path
