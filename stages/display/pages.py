"""HTML pages from templates. Each is one file that needs no network: pictures are part of it."""

import base64
from pathlib import Path
from typing import Any

from dnn.base.files import write_text


def write_page(path: Path, template: str, **values: Any) -> None:
    """Fill in one of the templates, escape what is filled in, and write the page. The values have the names that the
    template has for them, all of them; pictures are the bytes of PNG files.
    """
    import jinja2  # takes longer to import than a command takes to tell its --help

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = lambda picture: f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    write_text(path, environment.get_template(template).render(values))
