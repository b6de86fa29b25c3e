from xml.etree import ElementTree

import pytest

from dnn.base.notebook import learning_curves, table

SPACE = "{http://www.w3.org/2000/svg}"


def history(epochs, validated=True):
    more = {"val_loss": 0.5, "val_accuracy": 0.5} if validated else {}
    return [{"epoch": e, "train_loss": 1 / e, "train_accuracy": 1 - 1 / e, **more} for e in range(1, epochs + 1)]


def test_a_table_is_escaped():
    root = ElementTree.fromstring(table(("<b>", "&"), [("a", "<script>")]))
    assert [cell.text for cell in root.iter() if cell.text] == ["<b>", "&", "a", "<script>"]


@pytest.mark.parametrize(("epochs", "validated"), [(1, True), (2, False), (1000, True)])
def test_curves_are_well_formed_and_stay_in_their_field(epochs, validated):
    root = ElementTree.fromstring(learning_curves(history(epochs, validated)))
    lines = [line.get("points").split() for line in root.iter(f"{SPACE}polyline")]
    assert len(lines) == (4 if validated else 2)
    for line in lines:
        assert len(line) <= 301
        points = [tuple(map(float, point.split(","))) for point in line]
        assert all(0 <= x <= 300 and 0 <= y <= 150 for x, y in points)
    assert lines[0][-1] == ("0.0,0.0" if epochs == 1 else "300.0,150.0")
    words = "".join(root.itertext())
    assert f"training {1 / epochs:.4g}" in words
    assert ("validation" in words) == validated


def test_what_was_measured_in_some_epochs_only_is_drawn_for_those():
    rows = history(3)
    del rows[-1]["val_loss"], rows[-1]["val_accuracy"]
    root = ElementTree.fromstring(learning_curves(rows))
    assert [len(line.get("points").split()) for line in root.iter(f"{SPACE}polyline")] == [3, 2, 3, 2]


def test_without_an_epoch_there_is_no_drawing():
    assert learning_curves([]) == ""
