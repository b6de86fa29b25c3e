"""Draw the figures."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.plots`")


from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from dnn.base.errors import InputError
from dnn.base.files import replacing_folder, sha256
from dnn.formats.model_file import load_model
from stages.datasets.splits import caption, class_names, class_words, load_split
from stages.doubting.detector import found_by
from stages.figures.architecture import architecture
from stages.figures.catalogue import CATALOGUE, Material
from stages.figures.dynamics import load_dynamics
from stages.figures.hidden import look
from stages.figures.results import load_predictions
from stages.figures.style import save, short_names
from stages.project import cli
from stages.training.history import kept_epochs, load_history


def main(
    processed: Annotated[Path, typer.Argument(help="Folder with train.npz, val.npz and test.npz")],
    model: Annotated[Path, typer.Argument(help="Trained model")],
    doubt: Annotated[Path, typer.Argument(help="Measure of doubt")],
    training: Annotated[Path, typer.Argument(help="DVCLive's folder, with dynamics.npz where train.dynamics is on")],
    predictions: Annotated[Path, typer.Argument(help="CSV file with the prediction on every test image")],
    folder: Annotated[Path, typer.Argument(help="Folder to draw into")],
) -> None:
    """Draw data, training, results and network as PNG files."""
    train, val, test = (load_split(processed / f"{name}.npz") for name in ("train", "val", "test"))
    trained, watched = load_model(model), training / "dynamics.npz"
    table = load_predictions(predictions, len(test.digits), len(class_names(test.dataset)))
    if not set(table["label"]) <= set(trained.classes):
        raise InputError(
            f"{model} and {predictions} have other classes; `dvc repro evaluate` makes predictions of the model"
        )
    data = caption(test.dataset)
    material = Material(
        data,
        f"{data}\nNetwork: {architecture(trained)}, {trained.parameter_count:,} weights; model {sha256(model)[:8]}",
        train,
        val,
        test,
        load_history(training),
        kept_epochs(training),
        table,
        short_names(class_names(test.dataset)),
        class_words(test.dataset)[0],
        doubted(doubt),
        trained,
        look(trained.networks[0], train, test, table),
        load_dynamics(watched, len(val.digits)) if watched.exists() else None,
    )
    with replacing_folder(folder) as new:
        for name, entry in CATALOGUE.items():
            if figure := entry.draw(material):
                save(figure, new / f"{name}.png")
    print(f"{len(list(folder.glob('*.png')))} figures in {folder}")


def doubted(doubt: Path) -> Mapping[str, Any] | None:
    """The facts known of the measure of doubt; None for a data set that has none."""
    try:
        return found_by(doubt)
    except InputError as error:
        print(f"no figure of doubt: {error}")
        return None


if __name__ == "__main__":
    cli.run(
        main,
        "python -m stages.plots data/processed model.npz doubt.npz reports/train predictions.csv figures",
        writes=["folder"],
    )
