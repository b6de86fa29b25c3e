"""Paths of the pipeline's files, for commands that people start: only dvc.yaml knows them."""

from pathlib import Path

import yaml

from dnn.base.errors import InputError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C, eight times as fast, where PyYAML has it


def pipeline_path(name: str) -> Path:
    """The path that has this name in dvc.yaml of the current folder, under `vars` and `path`; InputError without it."""
    try:
        pipeline = yaml.load(Path("dvc.yaml").read_bytes(), Loader=LOADER)  # noqa: S506
        return Path(pipeline["vars"][0]["path"][name])
    except FileNotFoundError:
        raise InputError("dvc.yaml is not in this folder; run the command from the top of the project") from None
    except (KeyError, IndexError, TypeError):
        raise InputError(f"dvc.yaml has no path named {name} under vars") from None
