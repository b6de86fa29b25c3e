"""One page that tells how good the network is and where it fails."""

import base64
import html
import json
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from dnn.base.errors import InputError
from dnn.base.files import write_text
from stages.datasets.splits import caption
from stages.project import cli

CAPTIONS = {
    "mistakes": "Wrong answers, the most confident first: what the network says, what the label says, how sure it is.",
    "confusion": "Which digit was taken for which. Right answers are blue, mistakes are shaded.",
    "reliability": "On the dashed line, of the answers given with 90 % confidence 90 % are right.",
    "learning_curves": "Epoch by epoch. While augmentation is on, training means distorted images, which are harder.",
    "learning_rate": "The schedule.",
    "learned_first": "Which digits and which validation images come early, and which late and not without relapse.",
    "norms": "After each epoch, a copy takes one more step on a fixed batch of validation images. As a rule of thumb, "
    "learning goes well where the update is near a thousandth of the weights (dashed).",
    "activations": "Of the hidden layers, for the same images. A dead unit is 0 for all of them.",
    "landscape": "The loss of these images at multiples of that step. It is flat where the learning rate is near 0.",
    "probabilities": "For each digit a typical right answer, and the one of which the network was the least sure.",
    "first_layer": "What the units of the first layer look for.",
    "transfer": "What its layers are worth to another task: scikit-learn's 8x8 digits with few labelled images.",
    "samples": "What it learns from.",
}

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Prediction report: {dataset}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }}
h1, h2 {{ line-height: 1.2 }} h2 {{ margin-top: 2.5rem }}
img {{ max-width: 100%; height: auto }} figure {{ margin: 1rem 0 }} figcaption {{ color: #555 }}
table {{ border-collapse: collapse }}
th, td {{ padding: .25rem .8rem; text-align: right; border-bottom: 1px solid #ddd }}
td:first-child, th:first-child {{ text-align: left }}
.facts td {{ text-align: left; overflow-wrap: anywhere }}
.cards {{ display: flex; flex-wrap: wrap; gap: 1rem }}
.card {{ border: 1px solid #ddd; border-radius: .5rem; padding: .6rem 1rem }}
.card b {{ display: block; font-size: 1.5rem }}
.side {{ display: flex; flex-wrap: wrap; gap: 3rem }}
pre {{ background: #f5f5f5; padding: 1rem; overflow-x: auto }}
</style></head><body>
<h1>Prediction report</h1>
<p>{caption}</p>
<div class="cards">{cards}</div>
<div class="side"><div><h2>Confusions that matter</h2>{confusions}</div><div><h2>Hardest digits</h2>{digits}</div></div>
{figures}
<h2>Metrics</h2>{metrics}
<h2>How this came about</h2>
<p><code>python -m stages.verify</code> repeats the training and tells whether the same model comes out.</p>{provenance}
<h2>Parameters</h2><pre>{params}</pre>
</body></html>
"""


def main(
    metrics: Annotated[Path, typer.Argument(help="JSON file with the metrics")],
    predictions: Annotated[Path, typer.Argument(help="CSV file with the prediction on every test image")],
    provenance: Annotated[Path, typer.Argument(help="JSON file with the model's origin")],
    figures: Annotated[Path, typer.Argument(help="Folder with the PNG files")],
    report: Annotated[Path, typer.Argument(help="HTML file to write")],
) -> None:
    """Write figures, metrics and parameters into one HTML file that needs nothing else."""
    values = read_json(metrics)
    table = pd.read_csv(predictions)
    page = PAGE.format(
        dataset=html.escape(values["dataset"]["name"]),
        caption=html.escape(caption(values["dataset"])),
        cards=cards(values),
        confusions=to_html(confusions(table)),
        digits=to_html(hardest(values)),
        figures="".join(
            figure(path, text) for name, text in CAPTIONS.items() if (path := figures / f"{name}.png").exists()
        ),
        metrics=to_html(pd.json_normalize(values).T.reset_index().set_axis(["metric", "value"], axis=1)),
        provenance=to_html(facts(read_json(provenance)), "facts"),
        params=html.escape(Path("params.yaml").read_text(encoding="utf-8")),
    )
    write_text(report, page)
    print(f"{report}: open it in a browser")


def read_json(path: Path) -> dict[str, Any]:
    """The content of a JSON file."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}); remove it and run `dvc repro`") from None
    return content


def cards(values: dict[str, Any]) -> str:
    """The figures to read first."""
    test = values["test"]
    shown = {
        "test accuracy": f"{test['accuracy']:.2%}",
        "errors": f"{test['errors']:,}",
        "second guess right": f"{test['top2_accuracy']:.2%}",
        "test loss": f"{test['loss']:.4f}",
        "calibration error": f"{test['calibration_error']:.4f}",
        "parameters": f"{values['parameters']:,}",
        "epochs": f"{values['epochs']}",
    }
    return "".join(f'<div class="card"><b>{value}</b>{name}</div>' for name, value in shown.items())


def confusions(table: pd.DataFrame, most: int = 10) -> pd.DataFrame:
    """The pairs of digits that are mixed up most often."""
    wrong = table[table["label"] != table["prediction"]]
    pairs = wrong.groupby(["label", "prediction"]).agg(images=("index", "size"), confidence=("confidence", "mean"))
    pairs = pairs.sort_values(["images", "confidence"], ascending=False, kind="stable").head(most).reset_index()
    pairs["confidence"] = pairs["confidence"].map("{:.1%}".format)
    return pairs.rename(columns={"label": "actual", "prediction": "taken for"})


def hardest(values: dict[str, Any]) -> pd.DataFrame:
    """Precision, recall and F1 of every digit, the hardest first."""
    table = pd.DataFrame(values["test_by_digit"]).T.sort_values("f1", kind="stable")
    return table.map("{:.2%}".format).rename_axis("digit").reset_index()


def facts(provenance: dict[str, Any]) -> pd.DataFrame:
    """Code, machine and data behind the model, a row for each; the parameters have a place of their own."""
    changed = " with uncommitted changes" if provenance["uncommitted_changes"] else ""
    machine: dict[Any, Any] = pd.json_normalize(provenance["environment"], sep=" ").iloc[0].to_dict()
    files = provenance["data"] | {"model": provenance["model"]}
    rows: dict[Any, Any] = {
        "commit": f"{provenance['commit']}{changed}",
        "experiment": provenance["experiment"],
        "seeds": ", ".join(map(str, provenance["seeds"])),
        **machine,
        **{f"SHA-256 of {name}": value for name, value in files.items()},
    }
    return pd.DataFrame([(name, str(value or "none")) for name, value in rows.items()], columns=["fact", "value"])


def figure(path: Path, text: str) -> str:
    picture = base64.b64encode(path.read_bytes()).decode()
    title = path.stem.replace("_", " ").capitalize()
    return (
        f'<h2>{title}</h2><figure><img alt="{title}" src="data:image/png;base64,{picture}">'
        f"<figcaption>{text}</figcaption></figure>"
    )


def to_html(table: pd.DataFrame, classes: str | None = None) -> str:
    return table.to_html(index=False, border=0, classes=classes, float_format=lambda value: f"{value:.6g}")


if __name__ == "__main__":
    cli.run(main, "python -m stages.report metrics.json predictions.csv provenance.json figures report.html")
