"""The presets with what they cost and what they reached, for a terminal and for the README."""

from pathlib import Path

import pandas as pd

from dnn.base.files import read_text, write_text
from stages.accuracy.declared import Preset, load_presets
from stages.accuracy.table import reached, read, spread
from stages.project.marks import filled
from stages.project.outputs import read_output

BEGIN = "<!-- presets: made by `make readme` from reports/accuracy/seeds.csv -->"
END = "<!-- end of presets -->"
RESULT, END_OF_RESULT = "<!-- result: made by `make readme` from reports/metrics.json -->", "<!-- end of result -->"
HEAD = ("preset", "weights", "test accuracy, %", "over shifts, %", "goal", "seeds", "training of each", "budget")


def listing(table: Path) -> str:
    """The presets for a terminal, each with its description."""
    rows = read(table)
    presets = load_presets()
    lines = [HEAD, *(cells(preset, rows) for preset in presets)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    texts = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    about = [f"    {preset.about}{' It answers over shifts.' if preset.shifts else ''}" for preset in presets]
    return "\n".join([texts[0], *(line for pair in zip(texts[1:], about, strict=True) for line in pair)])


def markdown(table: Path) -> str:
    """The presets as a table in Markdown; bold is how the trained preset answers."""
    rows, lines = read(table), [list(HEAD), ["---"] * len(HEAD)]
    for preset in load_presets():
        line = cells(preset, rows)
        own = 3 if preset.shifts else 2
        line[own] = f"**{line[own]}**" if line[3] else line[own]
        lines.append(line)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def result(path: Path) -> str:
    """The line of the README on the model that was trained last, of its metrics."""
    metrics = read_output(path, "evaluate", {"test_accuracy": float, "test_errors": int})
    right, wrong = f"{metrics['test_accuracy']:.2%}", f"{metrics['test_errors']:,}"
    return f"It answers {right} of the test images rightly, all but {wrong}.\n"


def fill(page: Path, table: Path, metrics: Path) -> None:
    """Put the result and the table between the page's marks, in place of what stands there.

    Raises:
        InputError: the page has no such marks, or the table, a preset or the metrics are damaged.
    """
    text = filled(page, read_text(page), BEGIN, END, f"\n{markdown(table)}")
    write_text(page, filled(page, text, RESULT, END_OF_RESULT, f"\n{result(metrics)}"))


def cells(preset: Preset, rows: pd.DataFrame) -> list[str]:
    """The preset's line of a table, by the columns of `HEAD`."""
    own = reached(rows, preset)
    others = int((rows["preset"] == preset.name).sum()) - len(own)
    apart = f" ({others} rows of other parameters, code or data are not counted)" if others else ""
    budget = duration(preset.budget)
    if own.empty:
        goal = "" if preset.goal is None else f"{preset.goal:.2f}"
        return [preset.name, f"{preset.weights:,}", f"not measured yet{apart}", "", goal, "", "", budget]
    plain, shifted = (spread(100 * own[name], 2) for name in ("test_accuracy", "test_accuracy_shifted"))
    at_once = sorted({workers for workers in own["workers"] if workers not in ("", "1")})
    seconds = duration(own["seconds"].mean()) + (f", {' and '.join(at_once)} at once" if at_once else "")
    goal = judged(preset, own)
    return [preset.name, f"{preset.weights:,}", plain + apart, shifted, goal, str(len(own)), seconds, budget]


def judged(preset: Preset, own: pd.DataFrame) -> str:
    """The preset's goal, and whether the mean over its rows reaches it, answering as the preset does."""
    if preset.goal is None:
        return ""
    mean = 100 * own["test_accuracy_shifted" if preset.shifts else "test_accuracy"].mean()
    return f"{preset.goal:.2f} {'met' if round(mean, 6) >= preset.goal else 'missed'}"


def duration(seconds: float) -> str:
    """Seconds for people: in minutes from two on."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
