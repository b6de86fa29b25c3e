"""The tutorial's figures."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dnn.base.files import replacing
from dnn.base.types import Array
from dnn.batches.augmentation import Augmentation, Distorter
from stages.figures.style import BLUE, GREY, ORANGE, Axes, Figure, bare, house_style, new_figure, png
from tests.tutorial.measure import DISTORTION, Record

DATA = "MNIST, 55,000 training images"
LOOKS = {  # of lines, told apart without colour, too
    "gradient descent": {"color": GREY, "marker": "s", "linestyle": ":"},
    "momentum": {"color": ORANGE, "marker": "^", "linestyle": "--"},
    "Adam": {"color": BLUE, "marker": "o"},
}


def draw(record: Record, weights: Array, images: Array, folder: Path) -> None:
    """All of them, as PNG files in the folder.

    Args:
        record: what was measured.
        weights: (784, 128), the lesson's first layer.
        images: (n, 784), of which the first is distorted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "units": units(weights),
        "pixels": pixels(record["pixels"]),
        "depth": depth(record["depths"]),
        "distortions": distortions(images[0]),
        "settling": settling(record["steps"]),
        "steps": steps(record["steps"]),
    }
    for name, figure in figures.items():
        write(figure, folder / f"{name}.png")


def write(figure: Figure, path: Path) -> None:
    """The figure with as many colours as it needs, which makes a third of the bytes."""
    few = Image.open(io.BytesIO(png(figure))).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    with replacing(path) as temporary:
        few.save(temporary, "PNG", optimize=True)


@house_style()
def units(weights: Array) -> Figure:
    """The weights into the first hidden units, as images."""
    about = f"784-128-10: weights into 16 of the 128 units; black: below 0, white: above; {DATA}"
    figure = new_figure(6.4, 2.2, about, "The lesson's hidden units have learned strokes")
    for ax, w in zip(figure.subplots(2, 8).ravel(), weights.T, strict=False):
        ax.imshow(w.reshape(28, 28), cmap="gray", vmin=-abs(w).max(), vmax=abs(w).max())
        ax.set_axis_off()
    return figure


@house_style()
def pixels(found: Record) -> Figure:
    """Accuracy after an epoch against the largest value of a pixel."""
    figure = new_figure(6.4, 3.2, f"784-128-10 after one epoch, rates 0.2, 0.02 and 0.002; {DATA}")
    ax = figure.subplots()
    for (label, look), name in zip(LOOKS.items(), ("sgd", "momentum", "adam"), strict=True):
        ax.plot(found["largest"], percents(found[name]), label=label, **look)
    adam, plain = (percents(found[name])[-1] for name in ("adam", "sgd"))
    ax.set_title(f"Pixels of 0 to 255: Adam answers {adam:.0f} % rightly, gradient descent {plain:.0f} %")
    ax.set_xscale("log")
    ax.set_xticks(found["largest"], [f"{x:g}" for x in found["largest"]])
    ax.set_xticks([], minor=True)
    of_accuracy(ax, "largest value of a pixel")
    return figure


@house_style()
def depth(found: Record) -> Figure:
    """Accuracy after an epoch against the number of hidden layers."""
    figure = new_figure(6.4, 3.2, f"hidden layers of 128 ReLU units, the lesson's settings, one epoch; {DATA}")
    ax = figure.subplots()
    looks = {"with": {"color": BLUE, "marker": "o"}, "without": {"color": ORANGE, "marker": "s", "linestyle": "--"}}
    for name, look in looks.items():
        ax.plot(found["layers"], percents(found[name]), label=f"{name} batch norm", **look)
    lowest = 10 * (np.nanmin([percents(found[name]) for name in looks]) // 10)
    for layers in (n for n, accuracy in zip(found["layers"], found["without"], strict=True) if accuracy is None):
        ax.plot(layers, lowest, "x", color=ORANGE, markersize=9, markeredgewidth=2, clip_on=False)
        ax.annotate("diverges", (layers, lowest), (-8, 4), textcoords="offset points", ha="right")
    plain, normalised = (found[name][-1] for name in ("without", "with"))
    end = "diverge" if plain is None else f"answer {100 * plain:.0f} % rightly"
    ax.set_title(
        f"{found['layers'][-1]} hidden layers {end}; with batch norm they answer {100 * normalised:.0f} % rightly"
    )
    ax.set_xscale("log")
    ax.set_xticks(found["layers"], found["layers"])
    ax.set_xticks([], minor=True)
    of_accuracy(ax, "hidden layers", lowest)
    return figure


@house_style()
def distortions(image: Array) -> Figure:
    """One image, and what augmentation makes of it."""
    distort = Distorter(Augmentation(**DISTORTION), 28, np.random.default_rng(0))
    made = [image, *(distort(image[None])[0] for _ in range(15))]
    about = "the first training image of MNIST, framed, and 15 random distortions of it"
    figure = new_figure(6.4, 2.1, about, "Augmentation makes many digits of one")
    for number, (ax, x) in enumerate(zip(figure.subplots(2, 8).ravel(), made, strict=True)):
        ax.imshow(x.reshape(28, 28))
        bare(ax)
        ax.set_xticks([])
        ax.set_yticks([])
        if not number:
            ax.spines[:].set(visible=True, color=ORANGE, linewidth=2)
    return figure


@house_style()
def settling(found: Record) -> Figure:
    """Errors by epoch with a constant rate, a falling one, and the average."""
    figure = new_figure(6.4, 3.2, f"the convolutional network with augmentation, mean and range of 3 seeds; {DATA}")
    ax = figure.subplots()
    looks: dict[str, dict[str, Any]] = {
        "augmentation": {"label": "constant rate", "color": GREY, "marker": "s", "linestyle": ":"},
        "schedule": {"label": "falling rate", "color": ORANGE, "marker": "^", "linestyle": "--"},
        "moving average": {"label": "falling rate, average of the weights", "color": BLUE, "marker": "o"},
    }
    for name, look in looks.items():
        wrong = 100 * (1 - np.array(found[name]))
        epochs = np.arange(1, wrong.shape[1] + 1)
        ax.plot(epochs, wrong.mean(axis=0), **look)
        ax.fill_between(epochs, wrong.min(axis=0), wrong.max(axis=0), color=look["color"], alpha=0.15, linewidth=0)
    constant, falling, average = (100 * (1 - np.mean(found[name], axis=0)[1]) for name in looks)
    ax.set_title(
        f"After two epochs {constant:.1f} % errors, with a falling rate {falling:.1f} %, averaged {average:.1f} %"
    )
    ax.set_xticks(epochs)
    ax.set(xlabel="epoch", ylabel="validation errors, %", ylim=(0, None))
    ax.legend()
    return figure


@house_style()
def steps(found: Record) -> Figure:
    """The errors after each step, seed by seed, and their mean."""
    figure = new_figure(6.4, 3.4, f"five epochs on MNIST; lines: 3 seeds, dots: their mean; {DATA}")
    ax = figure.subplots()
    names = list(found)
    for place, name in enumerate(names):
        wrong = [100 * (1 - accuracies[-1]) for accuracies in found[name]]
        ax.plot(wrong, [place] * len(wrong), "|", color=GREY, markersize=12)
        ax.plot(np.mean(wrong), place, "o", color=BLUE, markersize=7)
        ax.annotate(f"{np.mean(wrong):.2f}", (max(wrong), place), (8, 0), textcoords="offset points", va="center")
    first, final = mean_error(found[names[0]]), mean_error(found[names[-1]])
    ax.set_title(f"Seven steps bring the lesson's {first:.2f} % errors down to {final:.2f} %")
    ax.set_yticks(range(len(names)), [names[0], *(f"+ {name}" for name in names[1:])])
    ax.invert_yaxis()
    ax.set(xlabel="errors among 5,000 validation images, %", xlim=(0, None))
    return figure


def mean_error(of_seeds: list[list[float]]) -> float:
    """The mean over the seeds after the last epoch, in percent."""
    return 100 * (1 - float(np.mean([accuracies[-1] for accuracies in of_seeds])))


def percents(values: list[float | None]) -> list[float]:
    """NaN where there is no value."""
    return [np.nan if value is None else 100 * value for value in values]


def of_accuracy(ax: Axes, below: str, lowest: float = 0) -> None:
    """Labels of the axes, up to 100 %."""
    ax.set(xlabel=below, ylabel="right validation images, %", ylim=(lowest, 100))
    ax.legend(loc="lower left")
