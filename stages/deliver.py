"""Put the finished training where everything else reads it, so that one that fails leaves the last one there."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.deliver`")


import shutil
from pathlib import Path
from typing import Annotated

import typer

from dnn.base.files import check_file, replacing, replacing_folder
from stages.project import cli


def main(
    trained: Annotated[Path, typer.Argument(help="Model that a training has written")],
    told: Annotated[Path, typer.Argument(help="Folder with the training's metrics, statistics and provenance")],
    model: Annotated[Path, typer.Argument(help="File for the model")],
    training: Annotated[Path, typer.Argument(help="Folder for the metrics, statistics and provenance")],
) -> None:
    """Put a finished training where everything else reads it, in place of the last one."""
    check_file(trained, "`dvc repro train` makes it")
    with replacing_folder(training) as folder, replacing(model) as file:  # both are whole before one is replaced
        shutil.copytree(told, folder, dirs_exist_ok=True)
        shutil.copyfile(trained, file)
    print(f"{model}: the trained model; {training}: how it came about")


if __name__ == "__main__":
    cli.run(
        main,
        "python -m stages.deliver trained/model.npz trained/reports model.npz reports/train",
        writes=["model", "training"],
    )
