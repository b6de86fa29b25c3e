"""The screenshot of README, made with Chromium of the page that `python -m stages.draw` has written:
`python -m tests.stages.display.screenshot reports/draw.html reports/readme/draw.png`.
"""

import io
import sys
from math import cos, sin
from pathlib import Path

from PIL import Image

from tests.browser import browser


def arc(x, y, radius, start, end):
    """Points of part of a circle, in the unit square; angles in radians."""
    angles = [start + (end - start) * k / 24 for k in range(25)]
    return [(x + radius * cos(angle), y + radius * sin(angle)) for angle in angles]


def main(page, picture):
    with browser() as window:
        window.size(1120, 600)
        window.open(page)
        window.stroke("#sheet", [*arc(0.5, 0.33, 0.17, -1.9, -5.3), (0.68, 0.3), (0.64, 0.85)])  # a 4 that may be a 9
        window.run("new Promise(done => setTimeout(done, 500))")  # until the bars have come to rest
        with Image.open(io.BytesIO(window.picture())) as seen:
            seen.convert("RGB").quantize(256).save(picture, optimize=True)
    print(f"{picture}: {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
