"""The lines of dnn/README.md that come from measurements, each between marks of its own."""

from itertools import pairwise

import numpy as np

from stages.project import marks
from tests.tutorial.measure import Record

END = "<!-- end -->"


def filled(text: str, record: Record) -> str:
    """The text of the page with all of them.

    Raises:
        InputError: it has no marks for one.
    """
    for name, block in blocks(record).items():
        text = marks.filled("dnn/README.md", text, f"<!-- python -m tests.tutorial: {name} -->", END, f"\n{block}\n")
    return text


def blocks(record: Record) -> dict[str, str]:
    """Each by its name."""
    printed = "".join(f"    {line}\n" for line in ("$ python -m dnn.lesson", *record["lesson"].splitlines()))
    memory = {name: f"{number / 1000:,.0f} kB" for name, number in record["memory"].items()}
    found = {"lesson": f"\n{printed}"}
    found["memory"] = (
        f"A step of the lesson takes {memory['float32']} of new memory, in float64 it would be {memory['float64']}; "
        f"a step of the engine takes {memory['engine']}."
    )
    names = list(record["steps"])
    for before, name in pairwise(names):
        now, then = (accuracy(record["steps"][step]) for step in (name, before))
        found[name] = f"Right validation images: **{now}**, before this step {then}."
    return found


def accuracy(of_seeds: list[list[float]]) -> str:
    """Mean and standard deviation over the seeds after the last epoch, in percent."""
    values = 100 * np.array([accuracies[-1] for accuracies in of_seeds])
    return f"{values.mean():.2f} ± {values.std(ddof=1):.2f} %"
