"""Faults of params.yaml, made from the declarations of the options or from the text of the shipped file."""

import random
import re
from collections.abc import Callable
from dataclasses import Field
from typing import Any

import yaml

from dnn.base.options import declared
from stages.project.params import SECTIONS
from tests.test_every_network import PATHS

VALUES: dict[Any, list[Any]] = {  # that no option of the type takes
    int: ["x", "", 1.5, None, [], {}, [1], True, "1 2", float("nan"), float("inf"), -(10**30), "9" * 5000],
    float: ["x", "", None, [], {}, False, float("nan"), float("inf"), -float("inf"), 10**400, "0.1", "9" * 5000],
    bool: ["yes?", 2, 0.5, None, [], "", "x" * 100_000],
    str: [1, 0.5, None, [], {}, True, float("nan")],
}
OTHERS = [1, 0.5, True, {"x": {"y": 1}}, [{"x": [None]}], [[[[]]]]]  # for what has a kind of its own
NO_MODELS = [
    "x",
    "/dev/zero",
    "../x",
    "models/start_from",
    "x" * 100_000,
    *(f"{PATHS['start_from']}/{n}" for n in "pzx"),
]
LAYERS = [10**30, 10**12, -1, 0, 1.5, "x", None, {"conv": {"filters": 10**9, "kernel": 3}}, {"dense": 10**12}, {"x": 1}]
LINES = [  # that are no YAML wherever a line may begin
    *("[unclosed", "{unclosed", "@at: 1", "`tick: 1", "- item", "a: b: c", "*nothing", "x: *nothing", "\t- tab\n x"),
    *("<<<<<<< HEAD", "=======", ">>>>>>> other", "--- x", "!!python/object/apply:os.system [id]", "a: !!binary '?'"),
    *("nul: \0", "x: \x07", "x: " + "[" * 3000, "x: " + "{a: " * 3000, "? [a\n: b", "unknown: 1", "train: {}", "data:"),
    *("é" * 100_000, "x: &a [&b [&c [*a,*a],*b,*b],*c,*c]", "'quoted", '"quoted', "%TAG ! x", "x: ! [", "3: 3", "~: 1"),
]


Fault = Callable[[str, random.Random], tuple[str, bytes]]


def of_value(shipped: str, rng: random.Random) -> tuple[str, bytes]:
    """An option with a value of another kind, out of its range, or none of its choices."""
    values = yaml.safe_load(shipped)
    name = rng.choice(list(SECTIONS))
    option = rng.choice([f for f in declared(SECTIONS[name]) if f.name != "hidden_layers"])
    value = rng.choice(impossible(option))
    values[name][option.name] = value
    return f"{name}.{option.name} {value!r}", dumped(values)


def impossible(option: Field[Any]) -> list[Any]:
    """Values that the option cannot have."""
    kind, choices, bounds = (option.metadata[key] for key in ("kind", "choices", "bounds"))
    of_type = next((t for t in (int, float, bool, str) if not kind and option.type in (t, t.__name__)), None)
    values = VALUES.get(of_type, OTHERS)
    if option.name == "start_from":
        values = [*values, *NO_MODELS]
    if choices:
        values = [*values, "", "nothing", choices[0] + "\n", choices[0].upper(), "x" * 100_000]
    below = [bounds[key] - rest for key, rest in (("least", 1), ("above", 0)) if key in bounds]
    above = [bounds[key] + rest for key, rest in (("most", 1), ("below", 0)) if key in bounds]
    return [*values, *below, *above]


def of_network(shipped: str, rng: random.Random) -> tuple[str, bytes]:
    """A layer that there is not, or one larger than any memory."""
    values = yaml.safe_load(shipped)
    layers = [rng.choice([16, 32, "batchnorm"]) for _ in range(rng.randrange(3))]
    layers.insert(rng.randrange(len(layers) + 1), rng.choice(LAYERS))
    values["model"]["hidden_layers"] = layers
    return f"hidden_layers {layers!r}", dumped(values)


def of_name(shipped: str, rng: random.Random) -> tuple[str, bytes]:
    """A name that is unknown, twice there, or missing."""
    lines = shipped.splitlines()
    names = [number for number, line in enumerate(lines) if re.match(r"(  )?[a-z]\w*:", line)]
    number = rng.choice(names)
    name, _, rest = lines[number].partition(":")
    if rng.random() < 0.3:
        lines[number] = f"{name}{rng.choice(['s', '_', ' x', 'é', 'x' * 5000])}:{rest}"
    elif rng.random() < 0.5:
        lines.insert(number, lines[number])
    else:
        lines[number] = f"#{lines[number]}"
    return f"line {number + 1}: {lines[number]}", "\n".join(lines).encode()


def of_text(shipped: str, rng: random.Random) -> tuple[str, bytes]:
    """A line that is no YAML, bytes that are no text, or an end in the middle."""
    lines = shipped.splitlines(keepends=True)
    number, line = rng.randrange(len(lines)), rng.choice(LINES)
    if rng.random() < 0.2:
        content = bytearray(shipped.encode())
        content.insert(rng.randrange(len(content)), rng.choice(b"\xff\xfe\xc0\x00\x80"))
        return "a byte that is no text", bytes(content)
    if rng.random() < 0.1:
        return "a bomb", shipped.replace("rotation: ", f"rotation: {bomb()}  # ").encode()
    if rng.random() < 0.2:
        return f"cut before line {number + 1}", "".join(lines[:number]).encode()
    lines.insert(number, f"{line}\n")
    return f"line {number + 1} {line!r}", "".join(lines).encode()


def bomb() -> str:
    """A list of three lists of three, and so on, in few letters."""
    text = "[x]"
    for number in range(40):
        text = f"[&a{number} {text}, *a{number}, *a{number}]"
    return text


def dumped(values: Any) -> bytes:
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True).encode()


FAULTS: list[Fault] = [of_value, of_value, of_value, of_network, of_name, of_text]
