"""The templates of DVC's plots: its own, but for a scale on which few mistakes are seen beside many right answers."""

import json
from pathlib import Path

import pytest
import yaml
from dvc_render.vega_templates import ConfusionTemplate, NormalizedConfusionTemplate

PLOTS = {
    name: plot
    for entry in yaml.safe_load(Path("dvc.yaml").read_text())["plots"]
    if isinstance(entry, dict)
    for name, plot in entry.items()
}


@pytest.mark.parametrize("known", [ConfusionTemplate, NormalizedConfusionTemplate])
def test_a_template_is_dvcs_own_but_for_its_scale(known):
    name = known.DEFAULT_NAME
    own = json.loads(Path(f".dvc/plots/{PLOTS[name]['template']}.json").read_text())
    scale = own["spec"]["layer"][0]["encoding"]["color"]["scale"]
    assert scale.pop("type") == "symlog"
    assert scale.pop("constant") <= 1
    for parameter in own.get("params", []):
        assert parameter.pop("value") is True
    assert own == known.DEFAULT_CONTENT


def test_rows_are_the_actual_classes_as_in_the_report():
    for name in ("confusion", "confusion_normalized"):
        assert PLOTS[name]["x"] == "prediction"
        assert list(PLOTS[name]["y"].values()) == ["label"]
        assert (PLOTS[name]["x_label"], PLOTS[name]["y_label"]) == ("predicted", "actual")
