"""Find a learning rate: train with every rate for a step, draw the loss."""

from itertools import chain, repeat
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from dnn.architecture import build_network
from dnn.batches import batches
from dnn.finder import find_learning_rate
from dnn.optimizers import make_optimizer
from dnn.recipe import Recipe
from dnn.trainer import Trainer
from stages import cli, figures, params
from stages.data import caption, load_split
from stages.paths import pipeline_path
from stages.plots import save


def main(
    figure: Annotated[Path, typer.Argument(help="PNG file to draw")],
    low: Annotated[float, typer.Option(help="the first rate")] = 1e-5,
    high: Annotated[float, typer.Option(help="the last rate")] = 1.0,
    steps: Annotated[int, typer.Option(help="how many rates to try, spaced evenly on a log scale")] = 300,
) -> None:
    """Draw the training loss against the learning rate, for the network and optimizer of params.yaml."""
    architecture, recipe = params.load(params.Model), params.load(params.Train)
    train = load_split(pipeline_path("processed") / "train.npz")
    rng = np.random.default_rng(recipe.seed)
    network = build_network(
        *(train.images.shape[1], architecture.hidden_layers, train.labels.shape[1]),
        *(architecture.activation, architecture.initializer, architecture.dropout),
    )
    network.initialize(rng)
    optimizer = make_optimizer(recipe.optimizer, **recipe.optimizer_options)
    trainer = Trainer(network, optimizer, Recipe(epochs=1, batch_size=recipe.batch_size), rng)
    size = recipe.batch_size or len(train.images)
    epochs = (batches(train.images, train.labels, batch_size=size, rng=rng) for _ in repeat(None))
    pairs = ((X, Y) for X, Y in chain.from_iterable(epochs))
    rates, losses = find_learning_rate(trainer, pairs, np.geomspace(low, high, steps))
    steepest = rates[np.gradient(losses, np.log(rates)).argmin()]
    save(figures.finder(rates, losses, steepest, caption(train.dataset)), figure)
    print(f"{figure}: the loss falls fastest near {steepest:.2g} and is least near {rates[losses.argmin()]:.2g}")


if __name__ == "__main__":
    cli.run(main)
