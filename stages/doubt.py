"""Learn to doubt: to tell what is unlike any digit of the data set, whatever network is trained on it."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.doubt`")


from pathlib import Path
from typing import Annotated

import typer

from stages.datasets.splits import caption, load_split
from stages.doubting.detector import save, save_reason
from stages.doubting.fit import fit
from stages.project import cli
from stages.project.paths import need_writable


def main(
    processed: Annotated[Path, typer.Argument(help="Folder with train.npz and val.npz")],
    doubt: Annotated[Path, typer.Argument(help="File for the measure")],
) -> None:
    """Learn to tell digits from letters, scribbles and other things, for `predict` to say what is unlike any digit.

    Of other data sets it is not known what is unlike them, so there is no measure.
    """
    need_writable(doubt)
    train, val = load_split(processed / "train.npz"), load_split(processed / "val.npz")
    print(f"data: {caption(train.dataset)}")
    if "classes" in train.dataset:
        reason = f"no measure of doubt for {train.dataset['name']}: it is known for digits alone what is unlike them"
        save_reason(doubt, reason)
        print(reason)
        return
    measure = fit(train, val)
    save(doubt, measure)
    found = measure.about["found"]
    chosen = found["false_alarms"].index(found["at"])
    kinds = ", ".join(f"{kind.replace('_', ' ')} {shares[chosen]:.1%}" for kind, shares in found["kinds"].items())
    print(f"doubts {found['at']:.1%} of digits that it has not learned from, and of what is no digit: {kinds}")


if __name__ == "__main__":
    cli.run(main, "python -m stages.doubt data/processed models/doubt.npz", writes=["doubt"])
