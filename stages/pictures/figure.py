"""A figure of pictures and the answers to them."""

from pathlib import Path

from dnn.base.errors import InputError
from dnn.base.files import replacing
from stages.datasets.centring import SIDE
from stages.figures.style import BLUE, GREY, ORANGE, house_style, new_figure
from stages.pictures.answers import Answer


@house_style()
def draw(path: Path, answers: list[Answer], caption: str) -> None:
    """Write a figure: each picture as the network sees it, beside its probabilities.
    InputError where the path's suffix is none that matplotlib writes.
    """
    columns = max(1, round((len(answers) / 3) ** 0.5))
    rows = -(-len(answers) // columns)
    figure = new_figure(5.2 * columns, 2.1 * rows + 0.3, caption)
    figure.set_layout_engine("constrained", h_pad=0.1, w_pad=0.1)
    grid = figure.subplots(rows, 2 * columns, squeeze=False, width_ratios=[1, 1.9] * columns)
    for ax in grid.flat:
        ax.axis("off")
    for (image, bars), answer in zip(grid.reshape(-1, 2), answers, strict=False):
        name, truth = answer.picture.name, answer.picture.truth
        image.imshow(answer.picture.pixels.reshape(SIDE, SIDE), cmap="gray", vmin=0, vmax=1)
        image.set_title(name if len(name) <= 24 else f"…{name[-23:]}", fontsize=9, parse_math=False)
        colour = BLUE if truth in (None, answer.digit) else ORANGE
        bars.axis("on")
        bars.bar(
            answer.labels, answer.probabilities, color=[colour if k == answer.digit else GREY for k in answer.labels]
        )
        said = f"{answer.digit}, {answer.confidence:.2%} sure"
        bars.set_title(said + (f", truth {truth}" if truth is not None else ""), fontsize=9, color=colour)
        bars.set(ylim=(0, 1), yticks=[0, 0.5, 1], yticklabels=["0", "50 %", "100 %"])
        bars.tick_params(length=0, labelsize=8)
        bars.grid(visible=False, axis="x")
    if path.suffix[1:].lower() not in figure.canvas.get_supported_filetypes():
        raise InputError(f"--figure {path}: matplotlib cannot write this kind; name it .png, .pdf or .svg")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
