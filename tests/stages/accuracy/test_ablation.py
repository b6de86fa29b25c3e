"""The default preset with one thing changed at a time."""

from pathlib import Path

import pandas as pd
import pytest

from dnn.base.errors import InputError
from stages.accuracy import ablation
from stages.accuracy.declared import BASE, digest, find_preset
from stages.accuracy.seeds import name_of
from stages.accuracy.table import COLUMNS, write
from stages.training.options import sections_of

CHANGES = ablation.load_changes()


def rows_of(change, errors, **other):
    """Rows as `repeat` writes them, of the seeds 0, 1, ..."""
    sections = sections_of(find_preset(BASE).values | CHANGES[change])
    row = dict.fromkeys(COLUMNS, "") | {
        "kept_epoch": 1,
        "epochs": 3,
        "parameters": 1,
        "seconds": 1.0,
        "val_accuracy": 0.9,
    }
    row |= {"preset": name_of(sections, BASE), "settings": digest(sections), "val_loss": 0.1} | other
    return [
        row | {"seed": seed, "test_accuracy": 1 - count / 10_000, "test_accuracy_shifted": 1 - count / 20_000}
        for seed, count in enumerate(errors)
    ]


def save(path, rows):
    write(path, pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS))
    return path


def test_every_change_changes_something_of_the_default():
    names = [name_of(sections_of(find_preset(BASE).values | change), BASE) for change in CHANGES.values()]
    assert names[0] == BASE
    assert len(set(names)) == len(names)
    assert all(
        name.count("=") == len(change) for name, change in zip(names[1:], list(CHANGES.values())[1:], strict=True)
    )


def test_page_and_figure(tmp_path, capsys):
    table = save(
        tmp_path / "ablation.csv",
        [
            *rows_of("no rotation", [90, 102, 94]),
            *rows_of(ablation.WHOLE, [80, 90, 82, 88]),
            *rows_of("no scale", [1, 2, 3, 4], code="other"),
        ],
    )
    ablation.show(table)
    page = table.with_suffix(".md").read_text()
    lines = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert lines == [
        "| --- | --- | --- | --- | --- | --- |",
        "| as it is | 4 | 85.0 ± 4.8 |  | 42.5 ± 2.4 | 0.1000 |",
        "| no rotation | 3 | 95.3 ± 6.1 | +11.3 ± 1.2 | 47.7 ± 3.1 | 0.1000 |",
    ]
    assert "\n".join(lines) in capsys.readouterr().out
    assert table.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_without_the_recipe_itself_there_is_nothing_to_compare_with(tmp_path):
    table = save(tmp_path / "ablation.csv", rows_of("no rotation", [90]))
    with pytest.raises(InputError, match="has no rows of the preset default"):
        ablation.results(table)


@pytest.mark.parametrize("text", ["a: 5", "a: {}", "a: [train.ema]"])
def test_a_file_of_another_form(text, tmp_path):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(InputError, match=r"a\.yaml: a is .*, it should map parameters to values"):
        ablation.load_changes(Path(tmp_path / "a.yaml"))


def test_rows_are_trained_with_what_is_changed(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(ablation, "repeat", asked.append)
    monkeypatch.setattr(ablation, "show", asked.append)
    ablation.run(2, tmp_path / "t.csv", "workers")
    assert asked.pop() == tmp_path / "t.csv", "which is shown at the end"
    assert [(each.seeds, each.preset, each.workers, each.replaces) for each in asked] == [
        (2, BASE, "workers", True)
    ] * len(CHANGES)
    assert (asked[0].settings, asked[0].table) == ([], tmp_path / "t.csv")
    assert ["train.ema=0.999"] in [each.settings for each in asked]


def test_a_change_that_fails_leaves_the_others(monkeypatch, tmp_path):
    asked, shown = [], []

    def repeat(each):
        asked.append(each.settings)
        if "augment.shear=0" in each.settings:
            raise InputError("it broke")

    monkeypatch.setattr(ablation, "repeat", repeat)
    monkeypatch.setattr(ablation, "show", shown.append)
    with pytest.raises(InputError, match=r"2 of the changes failed, all .*; no distortion at all: it broke"):
        ablation.run(2, tmp_path / "t.csv", "workers")
    assert len(asked) == len(CHANGES)
    assert shown == [tmp_path / "t.csv"]
