"""The pipeline's figures in the order of the report: `stages.plots` draws them, `stages.report` shows them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dnn.base.types import Array
from stages.datasets.splits import Split
from stages.figures import curves, dynamics, learning_order, results, tiles
from stages.figures.style import Figure


@dataclass(frozen=True)
class Material:
    """All that the figures are drawn from.

    Args:
        caption: what stands under each, the data set above all.
        history: as `curves.learning_curves` takes it.
        predictions: as `results.load_predictions` gives them.
        bins: confidence, accuracy and counts, as `dnn.calibration.reliability` gives them.
        names: of the classes, as `style.short_names` gives them.
        word: for a class, digit where they are digits.
        found: which other things are doubted, as `curves.doubt` takes it, None where there is no measure of doubt.
        W: weights of the first layer, as `tiles.first_layer` takes them.
        watched: the arrays of dynamics.npz, None where the training was not watched.
    """

    caption: str
    train: Split
    val: Split
    test: Split
    history: Mapping[str, Array]
    predictions: results.Table
    bins: tuple[Array, Array, Array]
    names: Sequence[str]
    word: str
    found: Mapping[str, Any] | None
    W: Array
    watched: dynamics.Watched | None


@dataclass(frozen=True)
class Entry:
    """A figure's caption in the report, and the function that draws it, or gives None where there is none to draw.

    In the caption {one} and {many} stand for the words for a class and for several.
    """

    caption: str
    draw: Callable[[Material], Figure | None]


CATALOGUE = {
    "mistakes": Entry(
        "Wrong answers, the most confident first: what the network says, what the label says, how sure it is.",
        lambda of: results.mistakes(of.test.images, of.predictions, of.names, of.caption),
    ),
    "confusion": Entry(
        "Which {one} was taken for which. Right answers are blue, mistakes are shaded.",
        lambda of: results.confusion(of.predictions, of.names, of.word, of.caption),
    ),
    "reliability": Entry(
        "On the dashed line, of the answers given with 90 % confidence 90 % are right. Few images tell little.",
        lambda of: results.reliability(*of.bins, of.caption),
    ),
    "doubt": Entry(
        "Letters, scribbles and the like, drawn at random: how many of them `predict` doubts, against the {many} that "
        "it doubts, too: those of the validation and training images from which it has not learned to doubt.",
        lambda of: curves.doubt(of.found, of.caption) if of.found else None,
    ),
    "learning_curves": Entry(
        "Epoch by epoch, dotted the one whose weights were kept. While augmentation is on, training means distorted "
        "images, which are harder.",
        lambda of: curves.learning_curves(of.history, of.caption),
    ),
    "learned_first": Entry(
        "Which {many} and which validation images come early, and which late and not without relapse.",
        lambda of: (
            learning_order.learned_first(of.watched, of.val.images, of.val.digits, of.names, of.word, of.caption)
            if of.watched
            else None
        ),
    ),
    "norms": Entry(
        "After each epoch, a copy takes one more step on a fixed batch of validation images. As a rule of thumb, "
        "learning goes well where the update is near a thousandth of the weights (dashed).",
        lambda of: dynamics.norms(of.watched, of.caption) if of.watched else None,
    ),
    "activations": Entry(
        "Of the hidden layers, for the same images. A dead unit is 0 for all of them.",
        lambda of: dynamics.activations(of.watched, of.caption) if of.watched else None,
    ),
    "landscape": Entry(
        "The loss of these images at multiples of that step. It is flat where the learning rate is near 0.",
        lambda of: dynamics.landscape(of.watched, of.caption) if of.watched else None,
    ),
    "probabilities": Entry(
        "For each {one} a typical right answer, and the one of which the network was the least sure.",
        lambda of: results.probabilities(of.test.images, of.predictions, of.names, of.caption),
    ),
    "first_layer": Entry("What the units of the first layer look for.", lambda of: tiles.first_layer(of.W, of.caption)),
    "samples": Entry(
        "What it learns from.",
        lambda of: tiles.samples(of.train.images, of.train.digits, of.names, of.caption),
    ),
}
