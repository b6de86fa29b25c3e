"""The pipeline's figures in the order of the report: `stages.plots` draws them, `stages.report` shows them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dnn.base.types import Array
from dnn.model import Predictor
from stages.datasets.splits import Split
from stages.figures import certainty, curves, dynamics, evidence, first_layer, hidden, learning_order, results, tiles
from stages.figures.doubt import doubt
from stages.figures.findings import Table
from stages.figures.style import Figure


@dataclass(frozen=True)
class Material:
    """All that the figures are drawn from.

    Args:
        data: what stands under a figure of the data set.
        caption: what stands under a figure of the network: the data set, and the network.
        history, kept: as `curves.learning_curves` takes them.
        predictions: as `results.load_predictions` gives them.
        names: of the classes, as `style.short_names` gives them.
        word: for a class, digit where they are digits.
        found: which other things are doubted, as `doubt.doubt` takes it, None where there is no measure of doubt.
        model: the network; of an ensemble, the first stands for all where a figure looks inside.
        seen: what the output layer sees, of `hidden.look`.
        watched: the arrays of dynamics.npz, None where the training was not watched.
    """

    data: str
    caption: str
    train: Split
    val: Split
    test: Split
    history: Mapping[str, Array]
    kept: Sequence[int]
    predictions: Table
    names: Sequence[str]
    word: str
    found: Mapping[str, Any] | None
    model: Predictor
    seen: hidden.Hidden
    watched: dynamics.Watched | None

    @property
    def inside(self) -> str:
        """The caption under a figure that looks inside of one network."""
        return self.caption + ("; of the networks the first" if len(self.model.networks) > 1 else "")


@dataclass(frozen=True)
class Entry:
    """A figure's caption in the report, and the function that draws it, or gives None where there is none to draw.

    In the caption {one} and {many} stand for the words for a class and for several.
    """

    caption: str
    draw: Callable[[Material], Figure | None]


@dataclass(frozen=True)
class Question:
    """A section of the report: its heading, and the figures that answer it."""

    heading: str
    figures: Mapping[str, Entry]


QUESTIONS = {
    "confuses": Question(
        "Which {many} does it confuse, and which images are they?",
        {
            "confusion": Entry(
                "Which {one} was taken for which, in numbers of images. Right answers are blue, mistakes are shaded.",
                lambda of: results.confusion(of.predictions, of.names, of.caption),
            ),
            "mix_ups": Entry(
                "The images behind the most frequent mix-ups, the surest first, and how sure the network was.",
                lambda of: results.mix_ups(of.test.images, of.predictions, of.names, of.caption),
            ),
            "mistakes": Entry(
                "Wrong answers, the most confident first: what the network says, what the label says, how sure it is.",
                lambda of: results.mistakes(of.test.images, of.predictions, of.names, of.caption),
            ),
        },
    ),
    "calibrated": Question(
        "Is it as sure as it is right?",
        {
            "reliability": Entry(
                "On the dashed line, of the answers given with 90% confidence 90% are right. The bars are Wilson's "
                "95% intervals: few images tell little.",
                lambda of: certainty.reliability(of.predictions, of.caption),
            ),
            "probabilities": Entry(
                "For each {one} a typical right answer, and the one of which the network was the least sure.",
                lambda of: certainty.probabilities(of.test.images, of.predictions, of.names, of.caption),
            ),
        },
    ),
    "stops": Question(
        "When does it stop making errors?",
        {
            "risk_coverage": Entry(
                "A bound on the confidence leaves the images below it to a person. The bounds are read off the test "
                "images themselves: on others they may let an error pass.",
                lambda of: certainty.risk_coverage(of.predictions, of.caption),
            ),
            "doubt": Entry(
                "Letters, scribbles and the like, drawn at random: how many of them predict doubts, against the "
                "{many} that it doubts, too: those of the validation and training images from which it has not "
                "learned to doubt.",
                lambda of: doubt(of.found, of.data) if of.found else None,
            ),
        },
    ),
    "overfits": Question(
        "Does it overfit?",
        {
            "learning_curves": Entry(
                "Epoch by epoch, dotted those whose weights were kept. While augmentation is on, training means "
                "distorted images, which are harder.",
                lambda of: curves.learning_curves(of.history, of.caption, of.kept),
            ),
        },
    ),
    "learned": Question(
        "What has it learned?",
        {
            "first_layer": Entry(
                "The weights of the first layer, each unit or kernel on a scale of its own: yellow adds, blue "
                "subtracts, grey is 0. Left out are the dead: those whose answers to the validation images range "
                "over less than a quarter of what the median one's do.",
                lambda of: first_layer.first_layer(of.model.networks[0], of.val.images, of.inside),
            ),
            "hidden_map": Entry(
                "Where the hidden layers put the test images: alike is what lies near. A wrong answer is drawn "
                "before others in its place.",
                lambda of: hidden.hidden_map(of.seen, of.test.images, of.predictions, of.word, of.inside),
            ),
            "neighbours": Entry(
                "On the left the most confident errors, beside each the training images that the hidden layers put "
                f"next to it, with their labels. The shares above are of the {hidden.ERRORS} most confident errors, "
                "or of all if they are fewer.",
                lambda of: hidden.neighbours(of.seen, of.train, of.test.images, of.predictions, of.names, of.inside),
            ),
        },
    ),
    "decided": Question(
        "Which pixels decided?",
        {
            "evidence": Entry(
                "Below each image how much the lead of the answer over the second falls where a square is covered, "
                "each on a scale of its own: yellow spoke for the answer, blue against it. Above typical right "
                "answers, below errors.",
                lambda of: evidence.evidence(
                    of.model, of.test.images, of.train.images.mean(axis=0), of.predictions, of.names, of.caption
                ),
            ),
        },
    ),
    "dynamics": Question(
        "How did it learn?",
        {
            "learned_first": Entry(
                "Which {many} and which validation images come early, and which late and not without relapse.",
                lambda of: (
                    learning_order.learned_first(
                        of.watched, of.val.images, of.val.digits, of.names, of.word, of.caption
                    )
                    if of.watched
                    else None
                ),
            ),
            "norms": Entry(
                "After each epoch, a copy takes one more step on a fixed batch of validation images. As a rule of "
                "thumb, learning goes well where the update is near a thousandth of the weights (dashed).",
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
        },
    ),
    "data": Question(
        "What did it learn from?",
        {
            "samples": Entry(
                "The first training images of each {one}.",
                lambda of: tiles.samples(of.train.images, of.train.digits, of.names, of.data),
            ),
        },
    ),
}
CATALOGUE = {name: entry for question in QUESTIONS.values() for name, entry in question.figures.items()}
