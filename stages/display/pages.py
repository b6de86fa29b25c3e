"""Pages from templates: HTML, each one file that needs no network, as pictures are part of it, and Markdown."""

import base64
import re
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError
from dnn.base.files import write_text


def write_page(path: Path, template: str, **values: Any) -> None:
    """Fill in one of the templates, escape what is filled in, and write the page. The values have the names that the
    template has for them, all of them; pictures are the bytes of PNG files.
    """
    import jinja2  # takes longer to import than a command takes to tell its --help

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=template.endswith(".html"),
        finalize=None if template.endswith(".html") else in_markdown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["data_uri"] = lambda picture: f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    write_text(path, environment.get_template(template).render(values))


def in_markdown(value: Any) -> Any:
    """A text of people's own, such as the name of a class, so that it stands in a table as it is."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(value.split())) if isinstance(value, str) else value


def read_picture(path: Path) -> dict[str, Any]:
    """Of a PNG file that `stages.figures.style` wrote its content, width and height in pixels, and title.

    Raises:
        InputError: it is no such file.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=["PNG"]) as picture:
            told = str(picture.info.get("Title", path.stem.replace("_", " ")))
            return {"picture": path.read_bytes(), "width": picture.width, "height": picture.height, "finding": told}
    except (OSError, ValueError, SyntaxError):
        raise InputError(f"{path} is no PNG file; `dvc repro -f plots` draws it anew") from None
