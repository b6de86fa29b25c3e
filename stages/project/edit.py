"""Edits params.yaml by a round trip: comments, order, columns and the style of lists stay."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from dnn.base import yaml12
from dnn.base.errors import InputError
from dnn.base.files import write_text
from stages.project.paths import top

COLUMN = 32  # where the comment of a changed line begins at most, or else behind it: a long value had moved it far off


def apply(values: Mapping[str, Any], path: str | Path | None = None) -> None:
    """Set parameters such as "train.learning_rate" in the project's params.yaml, or another file.

    Raises:
        InputError: the file lacks one of them, or cannot be read.
    """
    path = path or top() / "params.yaml"
    editor = YAML()  # for round trips
    editor.preserve_quotes = True
    editor.width = 10**6
    document = yaml12.parse(yaml12.text_of(path), path, editor)
    changed = False
    for name, value in values.items():
        *sections, key = name.split(".")
        try:
            section = document
            for part in sections:
                section = section[part]
            old = section[key]
        except (KeyError, TypeError):
            raise InputError(f"{path} has no {name}; `git show HEAD:./{path}` prints what it may lack") from None
        if old != value:
            changed = True
            section[key] = YAML().load(json.dumps(value))  # which keeps lists and mappings in one line
            if key in section.ca.items:
                section.ca.items[key][3] = None  # left by a list of lines, it would join lines further down
                if comment := section.ca.items[key][2]:
                    comment.column = min(comment.column, COLUMN)
    if changed:
        text = io.StringIO()
        editor.dump(document, text)
        write_text(path, text.getvalue())
