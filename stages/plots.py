"""Draw the figures."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from matplotlib.figure import Figure

from dnn.base.files import replacing
from dnn.calibration import reliability
from dnn.formats.model_file import load_model
from stages.datasets import splits as data
from stages.figures import dynamics
from stages.figures import results as figures
from stages.figures.curves import learning_curves
from stages.project import cli
from stages.training.history import load_history


def main(
    processed: Annotated[Path, typer.Argument(help="Folder with train.npz, val.npz and test.npz")],
    model: Annotated[Path, typer.Argument(help="Trained model")],
    training: Annotated[Path, typer.Argument(help="DVCLive's folder, with dynamics.npz where train.dynamics is on")],
    predictions: Annotated[Path, typer.Argument(help="CSV file with the prediction on every test image")],
    transfer: Annotated[Path, typer.Argument(help="CSV file of the transfer experiment")],
    folder: Annotated[Path, typer.Argument(help="Folder to draw into")],
) -> None:
    """Draw data, training, results and network as PNG files."""
    train, test = data.load_split(processed / "train.npz"), data.load_split(processed / "test.npz")
    caption = data.caption(test.dataset)
    history, table = load_history(training), pd.read_csv(predictions)
    correct = (table["label"] == table["prediction"]).to_numpy()
    wrong = table[~correct].sort_values("confidence", ascending=False)
    trained = load_model(model)
    save(figures.samples(train.images, train.digits, caption), folder / "samples.png")
    save(learning_curves(history, caption), folder / "learning_curves.png")
    save(
        figures.learning_rate(history["epoch"].to_numpy(), history["learning_rate"].to_numpy(), caption),
        folder / "learning_rate.png",
    )
    save(
        figures.confusion(table["label"].to_numpy(), table["prediction"].to_numpy(), trained.classes, caption),
        folder / "confusion.png",
    )
    save(figures.mistakes(test.images, wrong, caption), folder / "mistakes.png")
    save(figures.probabilities(test.images, examples(table[correct]), caption), folder / "probabilities.png")
    save(
        figures.reliability(*reliability(table["confidence"].to_numpy(), correct), caption), folder / "reliability.png"
    )
    save(figures.transfer(pd.read_csv(transfer), caption), folder / "transfer.png")
    named = (item for layer in trained.networks[0].layers for item in layer.parameters.items())
    first = next(W for name, W in named if name.rpartition(".")[2] == "W")  # a residual block has "0.W"
    save(figures.first_layer(first, caption), folder / "first_layer.png")
    watched = training / "dynamics.npz"
    if watched.exists():
        for name, figure in dynamics.draw(watched, data.load_split(processed / "val.npz"), caption):
            save(figure, folder / f"{name}.png")
    print(f"{len(list(folder.glob('*.png')))} figures in {folder}")


def examples(right: pd.DataFrame) -> pd.DataFrame:
    """For each digit two right answers: one of middling confidence, and the least sure."""
    ranked = [group.sort_values("confidence", kind="stable") for _, group in right.groupby("label")]
    return pd.concat([group.iloc[[len(group) // 2, 0]] for group in ranked])


def save(figure: Figure, path: Path) -> None:
    """Write the figure as PNG, the same bytes for the same figure: Matplotlib's version is left out of the file."""
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=100, metadata={"Software": None})


if __name__ == "__main__":
    cli.run(
        main,
        "python -m stages.plots data/processed models/model.npz reports/train predictions.csv transfer.csv figures",
    )
