"""Train the network that params.yaml describes."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.train`")


from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from stages.project import cli


def main(
    processed: Annotated[Path, typer.Argument(help="Folder with train.npz and val.npz")],
    model: Annotated[Path, typer.Argument(help="File to write the trained model to")],
    training: Annotated[Path, typer.Argument(help="Folder for DVCLive's metrics, statistics and provenance")],
    runs: Annotated[Path, typer.Argument(help="Folder for what no other training repeats: machine, commit, time")],
    page: Annotated[Path, typer.Argument(help="HTML file that shows the learning curves while they grow")],
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but notes, warnings and errors")] = False,
) -> None:
    """Train on the training set, measure each epoch on the validation set.

    After Ctrl-C the same command goes on. By hand, `deliver` then puts the model where `predict` reads it.
    """
    from stages.training.run import run  # imported here, as DVCLive takes longer than `--help` may

    with redirect_stdout(None) if quiet else nullcontext():
        run(processed, model, training, runs, page)


if __name__ == "__main__":
    cli.run(main, "python -m stages.train data/processed model.npz train runs live.html")
