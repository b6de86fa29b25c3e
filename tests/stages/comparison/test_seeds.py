"""The same training over seeds, on few small images."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dnn.base.errors import InputError
from dnn.classifier import DeepNeuralNetwork
from stages.comparison import seeds
from stages.project.edit import apply
from stages.training import provenance
from stages.training.options import options_of
from stages.workers.parallel import Workers
from tests.splits import save, small_digits

TABLE = Path("reports/seeds/seeds.csv")
HEADER = (
    "preset,seed,test_accuracy,val_accuracy,val_loss,best_epoch,epochs,parameters,seconds,code,software,settings,data"
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a tiny training; the splits by their names."""
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    apply({"train.epochs": 2, "train.batch_size": 32, "model.hidden_layers": [8], "train.seed": 3})
    Path("dvc.yaml").write_text("vars: [{path: {processed: data/processed, seeds: reports/seeds/seeds.csv}}]")
    places = {"train": slice(0, 250), "val": slice(250, 350), "test": slice(350, 450)}
    return save(**{name: small_digits(rows) for name, rows in places.items()})


def run(count, *settings, workers=1, preset="", table=None):
    seeds.repeat(count, settings, preset, table, Workers(count=workers))
    return pd.read_csv(table or TABLE)


def same(table):
    """All that is not time."""
    return table.drop(columns="seconds")


def forbidden(*arguments):
    raise AssertionError


def test_a_row_says_what_the_classifier_says(project):
    row = run(1).iloc[0]
    assert TABLE.read_text().splitlines()[0] == HEADER
    train, val, test = project["train"], project["val"], project["test"]
    classifier = DeepNeuralNetwork(**options_of(), random_state=3)
    classifier.train(train.images, train.digits, validation_data=(val.images, val.digits))
    assert row["test_accuracy"] == pytest.approx(classifier.score(test.images, test.digits), abs=1e-6)
    assert row["val_accuracy"] == pytest.approx(classifier.score(val.images, val.digits), abs=1e-6)
    assert (row["preset"], row["seed"], row["epochs"]) == ("default", 3, 2)
    assert row["parameters"] == 784 * 8 + 8 + 8 * 10 + 10


def test_rows_depend_neither_on_workers_nor_on_stops(project, monkeypatch):
    whole = run(3)
    assert whole["seed"].tolist() == [3, 4, 5]
    assert whole["val_loss"].nunique() == 3
    pd.testing.assert_frame_equal(same(run(3, workers=2, table=Path("two.csv"))), same(whole))
    add = seeds.add

    def killed(table, row):
        add(table, row)
        raise KeyboardInterrupt

    monkeypatch.setattr(seeds, "add", killed)
    with pytest.raises(KeyboardInterrupt):
        run(3, table=Path("parts.csv"))
    monkeypatch.setattr(seeds, "add", add)
    begun = Path("parts.csv").read_text()
    assert len(begun.splitlines()) == 2
    pd.testing.assert_frame_equal(same(run(3, table=Path("parts.csv"))), same(whole))
    assert Path("parts.csv").read_text().startswith(begun)  # its seconds, too
    monkeypatch.setattr(seeds, "attempt", forbidden)
    text = TABLE.read_text()
    run(2)
    assert TABLE.read_text() == text


def test_rows_are_in_order_whatever_order_they_end_in(project, monkeypatch):
    run_all = seeds.run_all
    monkeypatch.setattr(seeds, "run_all", lambda *given: reversed(list(run_all(*given))))
    run(2, "train.learning_rate=1e-4")
    table = run(2, preset="NA")
    ends = [("NA", 3), ("NA", 4), ("train.learning_rate=0.0001", 3), ("train.learning_rate=0.0001", 4)]
    assert (
        list(pd.read_csv(TABLE, keep_default_na=False)[["preset", "seed"]].itertuples(index=False, name=None)) == ends
    )
    assert table["settings"].nunique() == 2


def test_what_is_of_another_origin_is_not_mixed_in(project, monkeypatch):
    run(1)
    text = TABLE.read_text()
    with pytest.raises(InputError, match=r"of other parameters \(settings \w+, now \w+\); .* another --preset, or re"):
        run(2, "train.epochs=1", preset="default")
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "code", lambda: "other")
        with pytest.raises(InputError, match=r"are of other code \(code"):
            run(2)
        patch.setattr(seeds, "software", lambda: "other")
        with pytest.raises(InputError, match="are of other code and versions of NumPy and the like or kernels"):
            run(2)
    assert len(run(2, "train.seed=4")) == 3  # another seed is the same preset
    TABLE.write_text(text)
    save(test=small_digits(slice(400, 500)))
    with pytest.raises(InputError, match=r"are of other data \(data"):
        run(2)
    assert TABLE.read_text() == text


def test_the_test_set_is_opened_after_the_training(project, monkeypatch):
    order = []
    load, attempt = seeds.load_split, seeds.attempt
    monkeypatch.setattr(seeds, "load_split", lambda path: order.append(path.name) or load(path))
    monkeypatch.setattr(seeds, "attempt", lambda task, data: order.append("trained") or attempt(task, data))
    run(1)
    assert order == ["trained", "test.npz"]


def test_a_training_that_fails_leaves_the_others(project, monkeypatch, capsys):
    attempt = seeds.attempt
    monkeypatch.setattr(seeds, "attempt", lambda task, data: "it broke" if task.seed == 3 else attempt(task, data))
    with pytest.raises(InputError, match="1 of 2 trainings failed; seed 3: it broke"):
        run(2)
    assert pd.read_csv(TABLE)["seed"].tolist() == [4]
    assert "one seed does not tell how far chance moves the result" in capsys.readouterr().out


def test_of_one_seed_there_is_no_spread(project, capsys):
    table = run(2)
    capsys.readouterr()
    run(1)  # of the two that are there
    text = capsys.readouterr().out
    assert "std. dev." not in text
    assert "nan" not in text.lower()
    (line,) = [line for line in text.splitlines() if line.startswith("val_accuracy, %")]
    assert float(line.split()[-1]) == pytest.approx(100 * table["val_accuracy"][0], abs=1e-4)
    assert "one seed does not tell how far chance moves the result" in text


def test_a_table_that_cannot_be_written_is_told_before_the_training(project, monkeypatch):
    monkeypatch.setattr(seeds, "attempt", forbidden)
    for place, said in (
        ("params.yaml/seeds.csv", "params.yaml is a file, so that .* cannot be written"),
        (".", "name a file"),
    ):
        with pytest.raises(InputError, match=said):
            run(1, table=Path(place))


def test_mean_and_confidence_interval_are_those_of_scipy(rng):
    accuracies = rng.normal(0.98, 0.002, 5)
    columns = {name: np.ones(5) for name in seeds.SHOWN}
    text = seeds.summary(pd.DataFrame(columns | {"test_accuracy": accuracies}))
    (line,) = [line for line in text.splitlines() if line.startswith("test_accuracy")]
    mean, deviation, low, high = line.removeprefix("test_accuracy, %").split()
    interval = stats.ttest_1samp(100 * accuracies, 0).confidence_interval(0.95)
    expected = [100 * accuracies.mean(), 100 * accuracies.std(ddof=1), *interval]
    assert [float(word) for word in (mean, deviation, low, high)] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("text", ["", "preset,seed\na,1\n", f"{HEADER}\na,x,1,1,1,1,1,1,1,c,s,s,d\n"])
def test_a_file_that_is_no_such_table_is_left_alone(project, text):
    Path("notes.csv").write_text(text)
    with pytest.raises(InputError, match=r"notes\.csv (is damaged, or another CSV file|lacks the columns)"):
        run(1, table=Path("notes.csv"))
    assert Path("notes.csv").read_text() == text


@pytest.mark.parametrize(
    ("setting", "said"),
    [("train.epochs", "NAME=VALUE"), ("train.epochs=0", r"train\.epochs"), ("train.members=2", "train.members=1")],
)
def test_settings_that_cannot_be(project, setting, said):
    with pytest.raises(InputError, match=said):
        run(1, setting)
