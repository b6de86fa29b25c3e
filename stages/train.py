"""Train the network that params.yaml describes."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from dvclive.live import Live

from dnn.augment import Augmentation
from dnn.classifier import DeepNeuralNetwork
from dnn.files import write_text
from stages import cli, params
from stages.data import caption, load_split
from stages.live import LiveMetrics, LivePage, ProgressBar


def main(
    processed: Annotated[Path, typer.Argument(help="folder with train.npz and val.npz")],
    model: Annotated[Path, typer.Argument(help="file to write the trained model to")],
    training: Annotated[Path, typer.Argument(help="folder for DVCLive's metrics and the statistics")],
    times: Annotated[Path, typer.Argument(help="JSON file for how long it took")],
    page: Annotated[Path, typer.Argument(help="HTML file that shows the learning curves while they grow")],
) -> None:
    """Train on the training set, measure each epoch on the validation set, keep the best weights."""
    architecture, recipe, augment = params.load(params.Model), params.load(params.Train), params.load(params.Augment)
    train, val = load_split(processed / "train.npz"), load_split(processed / "val.npz")
    classifier = DeepNeuralNetwork(
        layer_sizes=[train.images.shape[1], *architecture.hidden_layers, train.labels.shape[1]],
        activation=architecture.activation,
        initializer=architecture.initializer,
        dropout=architecture.dropout,
        augmentation=Augmentation(**augment.model_dump()),
        random_state=recipe.seed,
        **recipe.model_dump(exclude={"seed"}),
    )
    print(classifier.summary())
    with (
        ProgressBar(recipe.epochs) as bar,
        Live(str(training), dvcyaml=None, save_dvc_exp=False, report=None) as live,
    ):
        started = time.perf_counter()
        classifier.train(
            train.images,
            train.digits,
            validation_data=(val.images, val.digits),
            callbacks=[bar, LiveMetrics(live), LivePage(page, caption(train.dataset))],
        )
        seconds = time.perf_counter() - started
    best = classifier.history_[classifier.best_epoch_ - 1]
    epochs = len(classifier.history_)
    statistics = {
        "epochs": epochs,
        "best_epoch": classifier.best_epoch_,
        "parameters": classifier.network_.params.size,
        "steps": epochs * -(-len(train.images) // (recipe.batch_size or len(train.images))),
        "best": {name: value for name, value in best.items() if name != "epoch"},
    }
    classifier.save_model(model, about={"dataset": train.dataset, "training": statistics})
    write_text(training / "statistics.json", json.dumps(statistics, indent=2) + "\n")
    write_text(times, json.dumps({"seconds": seconds, "seconds_per_epoch": seconds / epochs}) + "\n")
    print(f"data: {caption(train.dataset)}")
    print(
        f"{epochs} epochs in {seconds:.1f} s; kept epoch {classifier.best_epoch_} "
        f"with validation accuracy {best['val_accuracy']:.2%}"
    )


if __name__ == "__main__":
    cli.run(main)
