"""Experiments side by side: who is best, in which parameters they differ, and what the numbers can tell."""

from collections.abc import Sequence
from math import inf, sqrt
from typing import Any

import pandas as pd

from stages.comparison.records import RESULTS, Experiment

WIDTH = 80  # of a terminal
LONGEST = 32  # text in a cell there; table.csv has all of it
ORDER = {"done": 0, "running": 1, "queued": 2, "failed": 3}
FORMATS = {
    **dict.fromkeys(("val_accuracy", "test_accuracy"), "{:.2%}"),
    "val_loss": "{:.4f}",
    **dict.fromkeys(("parameters", "epochs"), "{:,.0f}"),
    "seconds": "{:.1f}",
}


def make_table(experiments: Sequence[Experiment]) -> pd.DataFrame:
    """One row for each experiment, the best validation accuracy first, those that are not done last.

    Columns: experiment, status, those of `RESULTS`, then the parameters that differ, commit (where each started from)
    and revision (where it is kept).
    """
    varied = differing(experiments)

    def rank(experiment: Experiment) -> tuple[float, ...]:
        score = experiment.results.get
        return ORDER[experiment.status], -score("val_accuracy", -inf), score("val_loss", inf)

    rows = [
        {"experiment": e.name, "status": e.status, "commit": e.baseline, "revision": e.revision}
        | e.results
        | {name: text(e.params.get(name)) for name in varied}
        for e in sorted(experiments, key=rank)
    ]
    return pd.DataFrame(rows, columns=["experiment", "status", *RESULTS, *varied, "commit", "revision"])


def differing(experiments: Sequence[Experiment]) -> list[str]:
    """The parameters that are not the same in all experiments, in the order of params.yaml."""
    names = dict.fromkeys(name for experiment in experiments for name in experiment.params)
    return [name for name in names if any(e.params.get(name) != experiments[0].params.get(name) for e in experiments)]


def common(experiments: Sequence[Experiment]) -> dict[str, Any]:
    """The parameters that all experiments share, with their values."""
    varied = set(differing(experiments))
    return {name: value for name, value in experiments[0].params.items() if name not in varied}


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """The table as texts for people: only columns that say something, - for what is not known."""
    shown = table.drop(columns=["revision", "val_images"])
    if shown["commit"].replace("", None).nunique() < 2:
        shown = shown.drop(columns="commit")
    if (shown["status"] == "done").all():
        shown = shown.drop(columns="status")
    for name, form in FORMATS.items():
        shown[name] = table[name].map(lambda value, form=form: "-" if pd.isna(value) else form.format(value))
    return shown.drop(columns=[name for name in FORMATS if (shown[name] == "-").all()])


def printed(shown: pd.DataFrame) -> str:
    """The texts of `readable` for a terminal; what is wider becomes blocks, each with the experiments' names."""
    names = [str(name).rpartition(".")[2] for name in shown]
    short = {name: last for name, last in zip(shown, names, strict=True) if names.count(last) == 1}  # no sections
    named = shown.rename(columns=short).set_index("experiment").rename_axis(index=None, columns="experiment")
    lines = named.to_string(line_width=WIDTH, max_colwidth=LONGEST).splitlines()
    return "\n".join(line.rstrip(" \\") for line in lines)


def summarise(table: pd.DataFrame, experiments: Sequence[Experiment]) -> str:
    """A paragraph on the table: the best, the worst, and which differences are more than chance."""
    done = table.dropna(subset=["val_accuracy"])
    text = ["There is nothing to compare it with yet." if len(done) else "No experiment has a result yet."]
    if len(done) > 1:
        best, worst, images = done.iloc[0], done.iloc[-1], done["val_images"].min(skipna=False)
        text = [
            f"{best['experiment']} is best with a validation accuracy of {best['val_accuracy']:.2%}, "
            f"{worst['experiment']} worst with {worst['val_accuracy']:.2%}: "
            f"{100 * (best['val_accuracy'] - worst['val_accuracy']):.2f} points lie between them."
        ]
        same = len({experiment.data[1] for experiment in experiments if experiment.status == "done"}) == 1
        if same and pd.notna(images):
            text.append(chance(done, int(images)))
        else:
            text.append("Validation images differ, or their number is not known for all: the order may be chance.")
        text.append("Each is one training with one seed. The test accuracy has no part in the order.")
    others = table[table["status"] != "done"].groupby("status", sort=False).size()
    if len(others):
        text.append(f"Not in this: {', '.join(f'{count} {status}' for status, count in others.items())}.")
    return " ".join(text)


def chance(done: pd.DataFrame, images: int) -> str:
    """Sentences on which experiments the validation images can tell from the best."""
    best = done["val_accuracy"].iloc[0]
    close = done[[alike(best, accuracy, images) for accuracy in done["val_accuracy"]]]
    error = 100 * standard_error(best, images)
    said = f"On {images:,} images one standard error of the best accuracy is {error:.2f} points."
    if len(close) == 1:
        return f"{said} Every other is worse by more than two standard errors of the difference."
    which = "all" if len(close) == len(done) else f"{len(close)} of the {len(done)}"
    said += f" Within two standard errors of the difference lie {which}, which these images cannot tell apart"
    for word, column, unit in (("smallest", "parameters", "parameters"), ("fastest", "seconds", "s of training")):
        if close[column].notna().all() and close[column].nunique() > 1:
            least = close.nsmallest(1, column).iloc[0]
            said += f"; the {word} of them is {least['experiment']} with {FORMATS[column].format(least[column])} {unit}"
    return f"{said}."


def standard_error(accuracy: float, images: int) -> float:
    """The binomial standard error of an accuracy on so many images, not 0 either where all answers are right.

    Both are fractions of 1. One right and one wrong answer are added, Laplace's rule of succession.
    """
    share = (accuracy * images + 1) / (images + 2)
    return sqrt(share * (1 - share) / images)


def alike(first: float, second: float, images: int) -> bool:
    """Whether two accuracies lie within two standard errors of their difference.

    The same images were asked, and what is hard for one network is hard for the other: the true error is smaller.
    """
    return abs(first - second) <= 2 * sqrt(standard_error(first, images) ** 2 + standard_error(second, images) ** 2)


def text(value: Any) -> str:
    """A parameter for people."""
    return "-" if value is None else "[]" if value == [] else f"{value:g}" if isinstance(value, float) else str(value)
