"""Find a learning rate: train with every rate for a step, draw the loss."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.finder`")


from math import inf
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from dnn.base.errors import InputError
from dnn.training.finder import find_learning_rate
from dnn.training.train import scaled
from stages.datasets.splits import caption, load_split
from stages.figures import curves
from stages.figures.architecture import layers
from stages.figures.style import check_kind, save
from stages.project import cli, params
from stages.project.paths import need_writable, pipeline_path
from stages.training.options import new_trainer, options_of, weights_of


def main(
    figure: Annotated[Path, typer.Argument(help="File to draw, such as rates.png")],
    low: Annotated[float, typer.Option(help="The first rate")] = 1e-5,
    high: Annotated[float, typer.Option(help="The last rate")] = 1.0,
    steps: Annotated[int, typer.Option(help="How many rates to try, spaced evenly on a log scale")] = 300,
) -> None:
    """Draw the training loss against the learning rate, for the network and optimizer of params.yaml."""
    if not 0 < low < high < inf or steps < 2:
        raise InputError(f"low is {low}, high {high}, steps {steps}; needed are 0 < low < high and 2 steps or more")
    need_writable(figure)
    check_kind(figure)
    recipe = params.load(params.Train)
    train = load_split(pipeline_path("processed") / "train.npz")
    trainer = new_trainer(options_of(), recipe.seed, train)
    weights = scaled(weights_of(train, trainer), "images", "there is nothing to learn")
    rates, losses = find_learning_rate(trainer, train.images, train.labels, np.geomspace(low, high, steps), weights)
    rates, losses = rates[np.isfinite(losses)], losses[np.isfinite(losses)]
    if len(rates) < 2:
        raise InputError(f"the loss was no longer finite after {len(rates)} steps; take more steps or a smaller --low")
    falling = max(int(losses.argmin()), 1) + 1  # behind the least loss it only jumps about
    steepest = rates[np.gradient(losses[:falling], np.log(rates[:falling])).argmin()]
    told = f"{caption(train.dataset)}\nNetwork: {layers(trainer.network)}, {recipe.optimizer}"
    save(curves.finder(rates, losses, steepest, told), figure)
    print(f"{figure}: the loss falls fastest near {steepest:.2g} and is least near {rates[losses.argmin()]:.2g}")


if __name__ == "__main__":
    cli.run(main, "python -m stages.finder rates.png --high 0.1")
