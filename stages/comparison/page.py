"""A comparison as one HTML page that needs nothing else."""

import base64
import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 74rem; margin: 2rem auto; padding: 0 1rem }}
h1, h2 {{ line-height: 1.2 }} h2 {{ margin-top: 2.5rem }}
p {{ max-width: 62rem }}
img {{ max-width: 100%; height: auto }} figure {{ margin: 1rem 0 }} figcaption {{ color: #555 }}
.wide {{ overflow-x: auto }}
table {{ border-collapse: collapse; white-space: nowrap }}
th, td {{ padding: .25rem .8rem; text-align: right; border-bottom: 1px solid #ddd }}
th {{ white-space: normal; vertical-align: bottom }}
td:first-child, th:first-child {{ text-align: left }}
pre {{ background: #f5f5f5; padding: 1rem; overflow-x: auto }}
</style></head><body>
<h1>{title}</h1>
{introduction}
<h2>What it shows</h2>
<p>{summary}</p>
{figure}
<h2>Table</h2>
<div class="wide">{table}</div>
<p>Best first, by validation accuracy. <code>dvc exp apply NAME</code> takes one over.</p>
<h2>What all have in common</h2>
<pre>{common}</pre>
</body></html>
"""
CAPTION = (
    "Upwards is better. Bars are one binomial standard error of the validation accuracy. The scale is logarithmic in "
    "the errors. Seconds are those of the training alone, on whatever machine it ran."
)


def render(
    title: str, introduction: str, summary: str, picture: Path | None, table: pd.DataFrame, common: Mapping[str, Any]
) -> str:
    """The page.

    Args:
        title: headline.
        introduction: the question and its reason, "" for none.
        summary: what the numbers show.
        picture: PNG file to put in, None for none.
        table: texts, a row for each experiment.
        common: parameters that all share.
    """
    return PAGE.format(
        title=html.escape(title),
        introduction="".join(f"<p>{html.escape(part)}</p>" for part in introduction.splitlines()),
        summary=html.escape(summary),
        figure=figure(picture) if picture else "",
        table=table.to_html(index=False, border=0),
        common=html.escape("\n".join(f"{name}: {value}" for name, value in common.items())),
    )


def figure(path: Path) -> str:
    encoded = base64.b64encode(path.read_bytes()).decode()
    image = f'<img alt="Accuracy against time and size" src="data:image/png;base64,{encoded}">'
    return f"<figure>{image}<figcaption>{CAPTION}</figcaption></figure>"
