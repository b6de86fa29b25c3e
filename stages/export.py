"""Write the trained model in the forms that other programs read."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.export`")


import json
from math import isqrt, prod
from pathlib import Path
from typing import Annotated, Any

import typer

from dnn.base.errors import InputError
from dnn.formats.model_file import load_model
from dnn.formats.onnx import export_onnx
from dnn.formats.safetensors import export_safetensors
from dnn.model import Predictor
from stages.datasets.centring import BOX, CENTRE, SIDE
from stages.project import cli
from stages.project.paths import need_writable, pipeline_path


def main(
    onnx: Annotated[Path | None, typer.Option(help="ONNX file to write, from images to probabilities")] = None,
    safetensors: Annotated[Path | None, typer.Option(help="Safetensors file to write, the numbers")] = None,
    model: Annotated[Path | None, typer.Option(help="Model file, by default the one of dvc.yaml")] = None,
    with_preparation: Annotated[
        bool, typer.Option("--preparation", help="Say in the ONNX file's metadata how a picture must be prepared")
    ] = False,
) -> None:
    """Write the trained model in the forms that other programs read.

    The ONNX graph maps `images` to `probabilities`, in the order of the classes. A picture of a digit must be prepared
    as `predict` does it: grey levels in float32 from 0, the background, to 1, the strongest ink, so that dark ink on
    white paper is inverted; cut to the ink; its longer side brought to 20 pixels, bicubic, the other in proportion; put
    into 28 x 28 pixels so that the ink's centre of mass lies in row and column 14, counted from 0; the rows one after
    the other, 784 numbers.

    The packages for it: pip install -e '.[export]'
    """
    if not (onnx or safetensors):
        raise InputError("nothing to write; give --onnx FILE, --safetensors FILE or both")
    if with_preparation and not onnx:
        raise InputError("--preparation is for an ONNX file; give --onnx FILE, too")
    need_writable(*filter(None, (onnx, safetensors)))
    trained = load_model(model or pipeline_path("model"))
    if onnx:
        more = {"preparation": json.dumps(preparation(trained))} if with_preparation else {}
        export_onnx(onnx, trained, more)
    if safetensors:
        export_safetensors(safetensors, trained)
    for path in filter(None, (onnx, safetensors)):
        print(f"{path}: {path.stat().st_size:,} bytes, {trained.parameter_count:,} parameters")


def preparation(model: Predictor) -> dict[str, Any]:
    """Size, scaling and place that a picture must have, by `stages.datasets.centring`; of other things than digits, by
    `stages.pictures.square`.
    """
    dataset, side = model.about.get("dataset"), isqrt(prod(model.input_shape))
    levels = {"dtype": "float32", "background": 0, "foreground": 1}
    if isinstance(dataset, dict) and "classes" in dataset:
        return {"height": side, "width": side, "longest_side": side, "place": "middle", **levels}
    place = {"longest_side": BOX, "resampling": "bicubic", "centre_of_mass": [CENTRE, CENTRE]}
    return {"height": SIDE, "width": SIDE, **place, **levels}


if __name__ == "__main__":
    cli.run(main, "python -m stages.export --onnx model.onnx")
