"""Results of a search: best.yaml, trials.csv and figures for DVC, a summary for people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from dnn.base.files import write_text
from stages.figures.style import BLUE, GREY, ORANGE, Figure, house_style, log_ticks, new_figure, save

Scores = Mapping[str, Any]


def write_results(folder: Path, table: pd.DataFrame, best: Scores, compared: Scores | None, caption: str) -> None:
    """Write best.yaml, trials.csv and history.png, of `stages.tuning.study.trials_table` and the first of `completed`.

    Args:
        compared: scores of params.yaml as it stood, where they are known.
        caption: which data it was.
    """
    results = {"best": dict(best)} | ({"params.yaml": dict(compared)} if compared else {})
    write_text(folder / "best.yaml", yaml.safe_dump(results, sort_keys=False, default_flow_style=None))
    write_text(folder / "trials.csv", table.to_csv(index=False, lineterminator="\n"))
    save(history(table, compared["val_loss"] if compared else None, caption), folder / "history.png")


def summary(table: pd.DataFrame, best: Scores, compared: Scores | None) -> str:
    """Counts of the trials, the best one, and params.yaml beside it."""
    counts = table["state"].value_counts()
    lines = [f"{len(table)} trials: " + ", ".join(f"{count} {state}" for state, count in counts.items())]
    for title, scores in ((f"the best, trial {best['trial']}", best), ("params.yaml as it stood", compared)):
        if scores:
            lines.append(
                f"{title}: val_loss {scores['val_loss']:.4f}, val_accuracy {scores['val_accuracy']:.2%}, "
                f"{scores['parameters']:,} weights"
            )
    lines += [f"  {name}: {value}" for name, value in best["values"].items()]
    return "\n".join(lines)


@house_style()
def history(table: pd.DataFrame, compared: float | None, caption: str) -> Figure:
    """The loss of each trial, at least one of them complete, the least so far, and `compared`, that of params.yaml."""
    figure = new_figure(8, 4.2, caption, "Hyperparameter search")
    ax = figure.subplots()
    complete, pruned = table[table["state"] == "complete"], table[table["state"] == "pruned"]
    ax.scatter(pruned["trial"], pruned["val_loss"], s=14, color=GREY, alpha=0.6, label="stopped early")
    ax.scatter(complete["trial"], complete["val_loss"], s=26, color=BLUE, label="trained to the end", zorder=3)
    best = complete["val_loss"].cummin()
    steps, losses = [*complete["trial"], table["trial"].max()], [*best, best.iloc[-1]]
    ax.step(steps, losses, where="post", color=BLUE, linewidth=1.2, label="best so far")
    if compared is not None:
        ax.axhline(compared, color=ORANGE, linestyle="--", linewidth=1.2, label="params.yaml as it stood")
    ax.set(xlabel="trial", ylabel="validation loss", yscale="log")
    log_ticks(ax.yaxis)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4)
    return figure


@house_style()
def importance(weights: Mapping[str, float], epochs: int, trials: int, caption: str) -> Figure:
    """How much each parameter decides which of so many trials are the best tenth at the end of so many epochs.

    `weights` are those of `stages.tuning.study.importances`.
    """
    names = sorted(weights, key=lambda name: weights[name])
    figure = new_figure(6.6, 0.32 * len(names) + 1.3, caption, "Which parameters matter")
    ax = figure.subplots()
    bars = ax.barh(names, [100 * weights[name] for name in names])
    ax.bar_label(bars, fmt=" {:.0f}", fontsize=8)
    ax.set(xlabel=f"share in being among the best tenth of {trials} trials at epoch {epochs}, %")
    ax.margins(x=0.08)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    return figure
