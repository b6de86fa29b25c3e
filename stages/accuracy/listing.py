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
SCORES = {"test_accuracy": "test accuracy, %", "test_accuracy_shifted": "over shifts, %"}
HEAD = ("preset", "weights", *SCORES.values(), "goal", "seeds", "training of each", "budget")


def listing(table: Path) -> str:
    """The presets for a terminal, each with its description."""
    rows = read(table)
    presets = load_presets()
    lines = [HEAD, *(cells(preset, rows) for preset in presets)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    texts = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    about = [p.about + (" It answers over shifts." if p.shifts else "") for p in presets]
    return "\n".join([texts[0], *(f"{text}\n    {said}" for text, said in zip(texts[1:], about, strict=True))])


def markdown(table: Path) -> str:
    """The presets as a table in Markdown; bold is how the trained preset answers."""
    rows, lines = read(table), [list(HEAD), ["---"] * len(HEAD)]
    for preset in load_presets():
        line = cells(preset, rows)
        place = HEAD.index(SCORES[preset.score])
        if line[HEAD.index("seeds")]:
            line[place] = f"**{line[place]}**"
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
    budget, goal = duration(preset.budget), judged(preset, own)
    if own.empty:
        return [preset.name, f"{preset.weights:,}", f"not measured yet{apart}", "", goal, "", "", budget]
    plain, shifted = (spread(100 * own[name], 2) for name in SCORES)
    at_once = sorted({workers for workers in own["workers"] if workers not in ("", "1")})
    seconds = duration(own["seconds"].mean()) + (f", {' and '.join(at_once)} at once" if at_once else "")
    return [preset.name, f"{preset.weights:,}", plain + apart, shifted, goal, str(len(own)), seconds, budget]


def judged(preset: Preset, own: pd.DataFrame) -> str:
    """The preset's goal, and whether the mean over its rows, if there are any, reaches it, answering as it does."""
    if preset.goal is None:
        return ""
    if own.empty:
        return f"{preset.goal:.2f}"
    met = round(100 * own[preset.score].mean(), 6) >= preset.goal
    return f"{preset.goal:.2f} {'met' if met else 'missed'}"


def duration(seconds: float) -> str:
    """Seconds for people: in minutes from two on."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
