"""A figure of pictures and the answers to them."""

from math import isqrt
from pathlib import Path
from tempfile import TemporaryFile

from dnn.base.errors import InputError
from stages.figures.style import (
    BLUE,
    GREY,
    ORANGE,
    are_long,
    check_kind,
    drawable,
    house_style,
    name_ticks,
    new_figure,
    save,
    short_names,
)
from stages.pictures.answers import UNLIKE, Answer, by_picture, number
from stages.project.paths import need_writable


def need_drawable(path: Path) -> None:
    """Raise InputError where `draw` could not write there, before the work whose result it shows."""
    need_writable(path)
    check_kind(path, "--figure ")
    place = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        with TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise InputError(f"--figure {path} cannot be written ({error.strerror}); name another place") from None


@house_style()
def draw(path: Path, answers: list[Answer], caption: str) -> None:
    """Write a figure: each picture, or digit of one, as the network sees it, beside its probabilities."""
    numbers = [number(group) for group in by_picture(answers) for _ in group]
    columns = max(1, round((len(answers) / 3) ** 0.5))
    rows = -(-len(answers) // columns)
    height = 2.9 if are_long(answers[0].labels) else 2.1  # inches
    figure = new_figure(5.2 * columns, height * rows + 0.3, caption)
    figure.set_layout_engine("constrained", h_pad=0.1, w_pad=0.1)
    grid = figure.subplots(rows, 2 * columns, squeeze=False, width_ratios=[1, 1.9] * columns)
    for ax in grid.flat:
        ax.axis("off")
    for (image, bars), answer, whole in zip(grid.reshape(-1, 2), answers, numbers, strict=False):
        name, truth = answer.picture.name, answer.picture.truth
        pixels, labels = answer.picture.pixels, short_names(answer.labels)
        image.imshow(pixels.reshape(isqrt(pixels.size), -1), vmin=0, vmax=1)
        image.set_title(name if len(name) <= 24 else f"…{name[-23:]}", fontsize=9, parse_math=False)
        colour = BLUE if truth in (None, answer.told) and not answer.doubtful else ORANGE
        bars.axis("on")
        places, best = range(len(labels)), answer.labels.index(answer.told)
        bars.bar(places, answer.probabilities, color=[colour if place == best else GREY for place in places])
        name_ticks(bars, places, labels)
        told = labels[best] if answer.picture.of == 1 else f"{labels[best]} of {whole}"
        said = f"{told}, {answer.confidence:.2%} sure"
        if truth is not None:
            said += f", truth {labels[answer.labels.index(truth)] if truth in answer.labels else drawable(truth)}"
        if answer.doubtful:
            said += f",\n{UNLIKE}"
        bars.set_title(said, fontsize=9, color=colour)
        bars.set(ylim=(0, 1), yticks=[0, 0.5, 1], yticklabels=["0", "50%", "100%"])
        bars.tick_params(length=0, labelsize=8)
        bars.grid(visible=False, axis="x")
    save(figure, path)
