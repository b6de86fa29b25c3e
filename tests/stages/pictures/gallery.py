"""One picture of every condition, and beside it the image that the network is asked about.

python -m tests.stages.pictures.gallery reports/pictures/conditions.png
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from dnn.base.types import Array
from stages.datasets.splits import load_split
from stages.figures.style import Figure, house_style, new_figure, save
from stages.pictures.digits import digits_in
from stages.project.paths import pipeline_path
from tests.stages.pictures.conditions import CONDITIONS
from tests.stages.pictures.measure import FIRST

COLUMNS = 7


@house_style()
def gallery(inks: Array, note: str) -> Figure:
    """A row of tiles for each seven conditions; inks: (conditions, 28, 28), a digit for each."""
    rows = -(-len(CONDITIONS) // COLUMNS)
    figure = new_figure(11, 0.95 * rows, note)
    axes = figure.subplots(rows, 2 * COLUMNS)
    for ax in axes.flat:
        ax.axis("off")
    for k, (name, draw) in enumerate(CONDITIONS.items()):
        image = draw(inks[k], np.random.default_rng(k))
        seen = digits_in(image)[0][0].reshape(28, 28)
        left, right = axes[k // COLUMNS, 2 * (k % COLUMNS) : 2 * (k % COLUMNS) + 2]
        left.imshow(on_white(image))
        right.imshow(seen, cmap="gray", vmin=0, vmax=1)
        left.set_title(name, fontsize=7, loc="left")
    return figure


def on_white(image: Image.Image) -> Image.Image:
    """Small and square, as a page shows it."""
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image.convert("RGBA"))
    return ImageOps.pad(ground, (140, 140), color="white")


def main(path: str) -> None:
    """Draw digits of the test set."""
    test = load_split(pipeline_path("processed") / "test.npz")
    save(gallery(test.images[FIRST:].reshape(-1, 28, 28), "beside each picture what the network sees"), Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
