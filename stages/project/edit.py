"""Writes values into params.yaml and leaves every other byte as it is: comments, order, columns, list style."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dnn.base.errors import InputError
from dnn.base.files import read_text, write_text


def apply(values: Mapping[str, Any], path: str | Path = "params.yaml") -> None:
    """Set parameters such as "train.learning_rate" in the file.

    Raises:
        InputError: the file lacks one of them, or is written in a way that keeps a value from being replaced.
    """
    before = text = read_text(path)
    wanted = yaml.safe_load(text)
    for name, value in values.items():
        *sections, key = name.split(".")
        try:
            section = wanted
            for part in sections:
                section = section[part]
            old = section[key]
        except (KeyError, TypeError):
            raise InputError(
                f"{path} has no {name}; add it, or `git checkout {path}` brings the shipped one back"
            ) from None
        if old != value:
            section[key] = value
            text = replace(text, name.split("."), value)
    if yaml.safe_load(text) != wanted:
        raise InputError(f"{path} cannot be changed without harm; set by hand {dict(values)}")
    if text != before:
        write_text(path, text)


def replace(text: str, path: list[str], value: Any) -> str:
    """The YAML text with another value at the path; a comment behind it keeps its column where there is room."""
    key: Any
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for part in path:
        key, node = next((key, value) for key, value in node.value if key.value == part)
    start, end = node.start_mark.index, node.end_mark.index
    new = yaml.safe_dump([value], default_flow_style=True, width=float("inf")).strip()[1:-1]
    rest, old = text[end:], end - start
    if (
        not isinstance(node, yaml.ScalarNode) and not node.flow_style
    ):  # a block of lines, up to where the next key begins
        colon = key.end_mark.index + 1
        block = text[colon:start].rstrip(), text[start:end].rstrip()
        rest = block[0] + text[start + len(block[1]) :]
        start, new, old = colon, f" {new}", 0
    if comment := re.match(r"( +)#", rest):
        gap = len(comment[1])
        rest = " " * max(min(gap, 2), gap - (len(new) - old)) + rest[gap:]
    return text[:start] + new + rest
