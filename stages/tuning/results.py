"""Results of a search: best.yaml, trials.csv and figures for DVC, a summary for people."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from dnn.base.files import write_text
from stages.figures.style import save
from stages.tuning import figures
from stages.tuning.budget import Plan

Scores = Mapping[str, Any]


def write_results(
    folder: Path,
    table: pd.DataFrame,
    best: Scores,
    compared: Scores | None,
    weights: Mapping[str, float],
    plan: Plan,
    caption: str,
) -> None:
    """Write files and figures.

    Args:
        table: as `stages.tuning.study.trials_table` gives it.
        best: the first of `stages.tuning.study.completed`.
        compared: scores of params.yaml as it stood, where they are known.
        weights: as `stages.tuning.study.importances` gives them.
        caption: which data it was.
    """
    results = {"best": dict(best)} | ({"params.yaml": dict(compared)} if compared else {})
    write_text(folder / "best.yaml", yaml.safe_dump(results, sort_keys=False, default_flow_style=None))
    write_text(folder / "trials.csv", table.to_csv(index=False, lineterminator="\n"))
    save(figures.history(table, compared["val_loss"] if compared else None, caption), folder / "history.png")
    (folder / "importance.png").unlink(missing_ok=True)  # that of fewer trials, or of another study
    if weights:
        judged = int(table["val_loss"].notna().sum())
        save(figures.importance(weights, plan.rungs(plan.epochs)[0], judged, caption), folder / "importance.png")


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
