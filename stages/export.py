"""Write the trained model in the forms that other programs read."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.export`")


from pathlib import Path
from typing import Annotated

import typer

from dnn.base.errors import InputError
from dnn.formats.model_file import load_model
from dnn.formats.onnx import export_onnx
from dnn.formats.safetensors import export_safetensors
from stages.project import cli
from stages.project.paths import need_writable, pipeline_path


def main(
    onnx: Annotated[Path | None, typer.Option(help="ONNX file to write, from images to probabilities")] = None,
    safetensors: Annotated[Path | None, typer.Option(help="Safetensors file to write, the numbers")] = None,
    model: Annotated[Path | None, typer.Option(help="Model file, by default the one of dvc.yaml")] = None,
) -> None:
    """Write the trained model in the forms that other programs read.

    The packages for it: pip install -e '.[export]'
    """
    if not (onnx or safetensors):
        raise InputError("nothing to write; give --onnx FILE, --safetensors FILE or both")
    need_writable(*filter(None, (onnx, safetensors)))
    trained = load_model(model or pipeline_path("model"))
    for path, export in ((onnx, export_onnx), (safetensors, export_safetensors)):
        if path:
            export(path, trained)
            print(f"{path}: {path.stat().st_size:,} bytes, {trained.parameter_count:,} parameters")


if __name__ == "__main__":
    cli.run(main, "python -m stages.export --onnx model.onnx")
