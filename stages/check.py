"""Check every value of params.yaml, before anything is fetched, trained or removed."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.check`")


import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from dnn.base.errors import InputError, naming, unquoted
from dnn.base.files import check_file, replacing, sha256, write_text
from dnn.training.memory import need_memory_to_train
from stages.datasets.centring import SIDE
from stages.datasets.splits import DIGITS
from stages.project import cli
from stages.project.params import SECTIONS, Augment, Data, Model, Train, load
from stages.project.place import need_first_commit


def main(
    models: Annotated[Path, typer.Argument(help="Folder with the models that model.start_from may name")],
    own: Annotated[Path, typer.Argument(help="Folder with the data that data.folder may name")],
    checked: Annotated[Path, typer.Argument(help="Folder for the marks that it was checked, on which stages depend")],
) -> None:
    """Check every value of params.yaml, before anything is fetched, trained or removed."""
    need_first_commit()
    for section in SECTIONS.values():
        load(section)
    model, data, train = load(Model), load(Data), load(Train)
    start = find(model.start_from, models)
    if data.dataset == "idx":  # whose images and classes are not known yet
        if Path(data.folder) != own:
            need_inside("data.folder", data.folder, own)
    else:
        check_network(model, train)
        check_distortion(train, load(Augment))
    write_text(checked / "params.txt", "params.yaml was checked\n")  # always the same: what is well is no change
    write_text(checked / "start_from.txt", f"{sha256(start) if start else 'none'}\n")
    print("params.yaml is well")


def find(start_from: str, models: Path) -> Path | None:
    """The file to start from, brought here where it lies only in the real project; None without one.

    DVC watches the folder `models`. To a temporary experiment it brings what git knows, and names the real project.

    Raises:
        InputError: the file is elsewhere, or missing.
    """
    if not start_from:
        return None
    need_inside("model.start_from", start_from, models)
    path = Path(start_from)
    real = Path(os.environ.get("DVC_ROOT", "")) / path
    only_there = False
    with suppress(OSError):  # of a name that is too long, of which check_file tells
        only_there = not path.is_symlink() and not path.exists() and real.is_file()
    if only_there:
        with replacing(path) as temporary:
            shutil.copyfile(real, temporary)
    with naming("params.yaml: model.start_from"):
        check_file(path)
    return path


def need_inside(name: str, value: str, folder: Path) -> None:
    """Raise InputError where the path is not inside of the folder, which DVC watches."""
    path = Path(value)
    if path.is_absolute() or ".." in path.parts or folder not in path.parents:
        place = folder / (path.name if path != folder else "NAME")
        raise InputError(
            f"params.yaml: {name} is {unquoted(value)}, where DVC does not see it change; "
            f"copy it into {folder} and say {unquoted(place.as_posix())}"
        )


def check_network(model: Model, train: Train) -> None:
    """See that the layers fit each other, the images, which all the other data sets have alike, and the memory; train
    nothing. How many images there will be is not known yet: one at least.
    """
    with naming("params.yaml: model"):
        need_memory_to_train(*model.plan(SIDE**2, len(DIGITS)), train, examples=1, beside=train.members - 1)
        if model.start_from:
            # its layers are taken over, whatever hidden_layers says
            replace(model, hidden_layers=None).network(SIDE**2, len(DIGITS), np.random.default_rng(0))
        else:
            model.build(SIDE**2, len(DIGITS))


def check_distortion(train: Train, augment: Augment) -> None:
    """See that images of this size can be distorted and cut so."""
    with naming("params.yaml"):
        augment.check_size(SIDE**2)
        train.check_inputs((SIDE**2,))


if __name__ == "__main__":
    cli.run(main, "python -m stages.check models/start_from data/idx data/checked", writes=["checked"])
