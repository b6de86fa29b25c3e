"""The same training over seeds, on few small images."""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import log_loss

from dnn.base.errors import InputError
from dnn.classifier import DeepNeuralNetwork
from dnn.ensemble import Ensemble
from dnn.formats.model_file import load_model
from dnn.model import Model
from dnn.shifts import Shifted
from stages.accuracy import declared, ensembles, histories, seeds, table
from stages.accuracy.seeds import Asked
from stages.project.edit import apply
from stages.training import checkpoints, provenance
from stages.training.options import options_of, parse_settings, sections_of
from stages.workers.parallel import Workers
from tests.splits import save, small_digits

TABLE = Path("reports/accuracy/seeds.csv")
HEADER = (
    "preset,seed,test_accuracy,test_accuracy_shifted,val_accuracy,val_loss,kept_epoch,epochs,parameters,seconds,workers,"
    "ended,dataset,machine,kernels,commit,code,software,settings,data"
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a tiny training, the preset `default`, and another one, `wide`; the splits by their names."""
    shutil.copy("params.yaml", tmp_path)
    shutil.copytree(declared.FOLDER, tmp_path / "presets")
    monkeypatch.setattr(declared, "FOLDER", tmp_path / "presets")
    monkeypatch.chdir(tmp_path)
    for path in Path("presets").glob("[!d]*"):
        path.unlink()
    tiny = {"train.epochs": 2, "model.hidden_layers": [8]}
    apply(tiny, "presets/default.yaml")
    apply({**tiny, "train.seed": 3})
    Path("presets/wide.yaml").write_text("about: wider\nbudget: 1\nmodel: {hidden_layers: [9]}\n")
    paths = "{processed: data/processed, model: models/model.npz, seeds: reports/accuracy/seeds.csv}"
    Path("dvc.yaml").write_text(f"vars: [{{path: {paths}}}]")
    places = {"train": slice(0, 250), "val": slice(250, 350), "test": slice(350, 450)}
    return save(**{name: small_digits(rows) for name, rows in places.items()})


def run(count, *settings, workers=1, preset="", table=None, replaces=False):
    seeds.repeat(Asked(count, table or TABLE, Workers(count=workers), settings, preset, replaces))
    return pd.read_csv(table or TABLE)


def same(table):
    """All that is not of the moment."""
    return table.drop(columns=["seconds", "workers", "ended"])


def records(name):
    return [row for row in table.read(TABLE).to_dict("records") if row["preset"] == name]


def forbidden(*arguments):
    raise AssertionError


def test_a_row_says_what_the_classifier_says(project):
    row = run(1).iloc[0]
    assert TABLE.read_text().splitlines()[0] == HEADER
    train, val, test = project["train"], project["val"], project["test"]
    classifier = DeepNeuralNetwork(**options_of(), random_state=3)
    classifier.train(train.images, train.digits, validation_data=(val.images, val.digits))
    assert row["test_accuracy"] == pytest.approx(classifier.score(test.images, test.digits), abs=1e-6)
    model = Model(classifier.network_, np.arange(10))
    assert row["test_accuracy_shifted"] == pytest.approx(
        (Shifted(model, 1).predict(test.images) == test.digits).mean(), abs=1e-6
    )
    assert row["val_accuracy"] == pytest.approx(classifier.score(val.images, val.digits), abs=1e-6)
    assert (row["preset"], row["seed"], row["epochs"]) == ("default", 3, 2)
    assert row["parameters"] == 784 * 8 + 8 + 8 * 10 + 10


def test_models_are_kept_on_demand(project):
    seeds.repeat(Asked(1, TABLE, Workers(count=1), [], "wide", keep=Path("kept")))
    (row,) = table.read(TABLE).to_dict("records")
    model = load_model(seeds.kept_at(Path("kept"), row))
    accuracy = (model.predict(project["test"].images) == project["test"].digits).mean()
    assert accuracy == pytest.approx(row["test_accuracy"], abs=1e-6)


def test_models_that_were_not_kept_are_made_again_and_their_rows_with_them(project, capsys, monkeypatch):
    before = run(2, preset="wide")
    again = Asked(2, TABLE, Workers(count=1), [], "wide", keep=Path("kept"))
    seeds.repeat(again)
    assert "wide: 2 to train (2 that have rows, but no models in kept), 0 there already" in capsys.readouterr().out
    pd.testing.assert_frame_equal(same(pd.read_csv(TABLE)), same(before))
    assert all(seeds.kept_at(Path("kept"), row).exists() for row in table.read(TABLE).to_dict("records"))
    monkeypatch.setattr(seeds, "attempt", forbidden)
    seeds.repeat(again)


def test_models_of_other_code_or_names_that_are_no_files_get_files_of_their_own(project, monkeypatch):
    long = [f"train.optimizer_options={{beta1: 0.9{'0' * 300}}}", "train.optimizer=adam"]
    for settings in ([], long):
        seeds.repeat(Asked(1, TABLE, Workers(count=1), settings, "wide", keep=Path("kept")))
    monkeypatch.setattr(provenance, "code", lambda: "other")
    seeds.repeat(Asked(1, TABLE, Workers(count=1), [], "wide", keep=Path("kept")))
    names = [path.name for path in Path("kept").iterdir()]
    assert len(names) == 3
    assert all(name.startswith("wide-3-") and len(name) < 30 for name in names)
    monkeypatch.setattr(seeds, "attempt", forbidden)
    with pytest.raises(InputError, match=r"params\.yaml is a file, so that params.yaml/wide-3-\w+\.npz cannot be"):
        seeds.repeat(Asked(2, Path("new.csv"), Workers(count=1), [], "wide", keep=Path("params.yaml")))


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


def test_a_killed_training_goes_on_at_its_epoch(project, monkeypatch):
    whole = run(1, table=Path("whole.csv"))
    assert not list(Path(".checkpoints").iterdir()), "which is done"
    note, noted = checkpoints.note_seconds, []

    def killed(checkpoint, seconds):
        note(checkpoint, 1000.0)
        noted.append(checkpoint)
        if len(noted) == 2:  # in the second epoch, before its checkpoint
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "note_seconds", killed)
    with pytest.raises(KeyboardInterrupt):
        run(1)
    assert not TABLE.exists()
    monkeypatch.setattr(checkpoints, "note_seconds", lambda checkpoint, seconds: noted.append(checkpoint))
    again = run(1)
    assert len(noted) == 3, "of two epochs one was left"
    pd.testing.assert_frame_equal(same(again), same(whole))
    assert again["seconds"][0] > 1000, "with those before"


@pytest.mark.parametrize("gone", ["", "*.npz"], ids=["whole", "half forgotten"])
def test_a_checkpoint_that_was_not_forgotten_goes_with_the_next_run(project, monkeypatch, gone):
    def killed(checkpoint):
        raise KeyboardInterrupt

    forget = seeds.forget
    monkeypatch.setattr(seeds, "forget", killed)
    with pytest.raises(KeyboardInterrupt):
        run(1)
    for path in Path(".checkpoints").glob(gone) if gone else []:
        path.unlink()
    assert list(Path(".checkpoints").iterdir())
    monkeypatch.setattr(seeds, "forget", forget)
    run(1)
    assert not list(Path(".checkpoints").iterdir())


def test_rows_are_in_order_whatever_order_they_end_in(project, monkeypatch):
    run_all = seeds.run_all
    monkeypatch.setattr(seeds, "run_all", lambda *given: reversed(list(run_all(*given))))
    run(2, "train.learning_rate=1e-4")
    rows = run(2, preset="wide")
    named = [("train.learning_rate=0.0001", 3), ("train.learning_rate=0.0001", 4), ("wide", 3), ("wide", 4)]
    assert list(rows[["preset", "seed"]].itertuples(index=False, name=None)) == named
    assert rows["settings"].nunique() == 2


def test_rows_are_named_by_what_they_are(project):
    def name(preset, *settings):
        values = declared.find_preset(preset).values if preset else {}
        return seeds.name_of(sections_of(values | parse_settings(settings)), preset)

    assert name("") == "default"
    assert name("wide") == name("", "model.hidden_layers=[9]") == "wide"
    assert name("wide", "train.epochs=3") == "wide train.epochs=3"
    assert name("", "train.epochs=3", "train.ema=0.9") == "train.ema=0.9 train.epochs=3"
    assert name("", "train.seed=7", "train.dynamics=true") == "default", "which change nothing that is learned"
    apply({"train.epochs": 1, "train.optimizer": "momentum", "train.optimizer_options": {"momentum": 0.5}})
    assert name("wide") == "wide", "whatever params.yaml says"


def test_what_is_of_another_origin_is_not_counted(project, monkeypatch, capsys):
    run(1)
    first = TABLE.read_text().splitlines()[1]
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "code", lambda: "other")
        assert len(run(1)) == 2
        told = capsys.readouterr().out
        assert re.search(
            r"rows of default that are of other code \(code \w+, now \w+\) and so not counted: 1; --rep", told
        )
        assert "default: 1 to train, 0 there already" in told
        assert "one seed does not tell" in told, "the other is not in the mean"
        patch.setattr(seeds, "software", lambda: "other")
        run(1)
        assert "of other code and versions of NumPy and the like or kernels (" in capsys.readouterr().out
    monkeypatch.setattr(seeds, "attempt", forbidden)
    assert first in TABLE.read_text().splitlines(), "nothing was lost"
    assert len(run(1)) == 3, "and it counts again"


def test_other_parameters_and_data_under_the_same_name_are_not_counted_either(project, capsys):
    run(1, preset="wide")
    apply({"model.hidden_layers": [10]}, "presets/wide.yaml")
    assert run(1, preset="wide")["parameters"].tolist() == [785 * 9 + 100, 785 * 10 + 110]
    assert "of other parameters (settings" in capsys.readouterr().out
    save(test=small_digits(slice(400, 500)))
    assert len(run(1, preset="wide")) == 3
    assert "of other parameters and data (" in capsys.readouterr().out


def test_rows_that_are_not_counted_are_removed_on_demand_when_all_is_done(project, monkeypatch):
    run(1)
    run(1, preset="wide")
    monkeypatch.setattr(provenance, "code", lambda: "other")
    with monkeypatch.context() as patch:
        patch.setattr(seeds, "attempt", lambda task, data: "it broke")
        with pytest.raises(InputError, match="it broke"):
            run(1, replaces=True)
    assert len(pd.read_csv(TABLE)) == 2
    rows = run(1, replaces=True)
    assert rows["preset"].tolist() == ["default", "wide"]
    assert rows["code"].nunique() == 2, "only those of the name are removed"


def test_as_many_processes_as_there_are_cores_for(monkeypatch):
    monkeypatch.setattr(seeds, "cpu_count", lambda: 4)
    assert seeds.by_threads(Workers(), "auto", 9).count == 4
    assert seeds.by_threads(Workers(), 2, 9).count == 2
    assert seeds.by_threads(Workers(), 8, 9).count == 1
    assert seeds.by_threads(Workers(count=3), 8, 9).count == 3
    assert seeds.by_threads(Workers(), 1, 0).count == 1


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
    columns = {name: np.ones(5) for name in table.SHOWN}
    text = table.summary(pd.DataFrame(columns | {"test_accuracy": accuracies}))
    assert max(map(len, text.splitlines())) <= 80
    (line,) = [line for line in text.splitlines() if line.startswith("test_accuracy,")]
    mean, deviation, low, high = line.removeprefix("test_accuracy, %").split()
    interval = stats.ttest_1samp(100 * accuracies, 0).confidence_interval(0.95)
    expected = [100 * accuracies.mean(), 100 * accuracies.std(ddof=1), *interval]
    assert [float(word) for word in (mean, deviation, low, high)] == pytest.approx(expected, abs=1e-4)


def test_a_pipe_is_no_table(tmp_path):
    os.mkfifo(tmp_path / "seeds.csv")
    with pytest.raises(InputError, match=r"seeds\.csv is a pipe or a device"):
        table.read(tmp_path / "seeds.csv")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "preset,seed\na,1\n",
        f"{HEADER}\na,x,1,1,1,1,1,1,1,1,w,e,d,m,k,c,c,s,s,d\n",
        f"{HEADER}\na,{10**30},1,1,1,1,1,1,1,1,w,e,d,m,k,c,c,s,s,d\n",
        f"{HEADER}\na,1,5,1,1,1,1,1,1,1,w,e,d,m,k,c,c,s,s,d\n",
        f"{HEADER}\na,1,1,1,1,nan,1,1,1,1,w,e,d,m,k,c,c,s,s,d\n",
        f"{HEADER}\na,1,1,1,1,1,1,1,1,1e999,w,e,d,m,k,c,c,s,s,d\n",
        f"{HEADER}\na,-1,1,1,1,1,1,1,1,1,w,e,d,m,k,c,c,s,s,d\n",
        ",".join("a" * 200_000),
    ],
    ids=["empty", "two columns", "text", "too long", "above 1", "no number", "infinite", "negative", "wide"],
)
def test_a_file_that_is_no_such_table_is_left_alone(project, text):
    Path("notes.csv").write_text(text)
    told = r"notes\.csv(: line 2 has \w+ \S+, it should be 0 to| is damaged, or another CSV file| lacks the columns)"
    with pytest.raises(InputError, match=told):
        run(1, table=Path("notes.csv"))
    assert Path("notes.csv").read_text() == text


@pytest.mark.parametrize(
    ("setting", "said"),
    [("train.epochs", "NAME=VALUE"), ("train.epochs=0", r"train\.epochs"), ("train.members=2", "train.members=1")],
)
def test_settings_that_cannot_be(project, setting, said):
    with pytest.raises(InputError, match=said):
        run(1, setting)


def test_an_ensemble_is_its_members_and_they_have_rows_of_their_own(project, monkeypatch):
    ensembles.repeat(Asked(2, TABLE, Workers(count=1), ["train.members=2"], "wide", keep=Path("kept")))
    rows = pd.read_csv(TABLE).set_index(["preset", "seed"])
    name = "wide train.members=2"
    assert sorted(rows.index) == [("wide", 3), ("wide", 4), ("wide", 5), ("wide", 6), (name, 3), (name, 5)]
    members = [load_model(seeds.kept_at(Path("kept"), row)) for row in records("wide")[-2:]]
    ensemble, test, val = Ensemble(members), project["test"], project["val"]
    row = rows.loc[name, 5]
    assert row["test_accuracy"] == pytest.approx((ensemble.predict(test.images) == test.digits).mean(), abs=1e-6)
    assert row["val_loss"] == pytest.approx(log_loss(val.digits, ensemble.predict_proba(val.images)), abs=1e-5)
    assert row["parameters"] == 2 * rows.loc["wide", 5]["parameters"]
    assert row["seconds"] == pytest.approx(rows.loc["wide", 5]["seconds"] + rows.loc["wide", 6]["seconds"])
    kept = load_model(seeds.kept_at(Path("kept"), records(name)[1]))
    np.testing.assert_array_equal(kept.logits(test.images), ensemble.logits(test.images))
    before = TABLE.read_bytes()
    monkeypatch.setattr(seeds, "train", forbidden)
    ensembles.repeat(Asked(2, TABLE, Workers(count=1), ["train.members=2"], "wide", keep=Path("kept")))
    assert TABLE.read_bytes() == before, "all is there"
    shutil.rmtree("kept")
    ensembles.repeat(Asked(2, TABLE, Workers(count=1), ["train.members=2"], "wide"))
    assert TABLE.read_bytes() == before, "and who asks for no models gets by without"


def test_members_whose_models_were_not_kept_are_trained_again(project):
    run(2, preset="wide")
    ensembles.repeat(Asked(1, TABLE, Workers(count=1), ["train.members=2"], "wide"))
    assert [(row["preset"], row["seed"]) for row in table.read(TABLE).to_dict("records")] == [
        ("wide", 3),
        ("wide", 4),
        ("wide train.members=2", 3),
    ]
    assert len(list(Path("models/presets").iterdir())) == 3


def test_ensembles_of_another_origin_are_removed_on_demand_but_not_their_members(project, monkeypatch):
    asked = Asked(1, TABLE, Workers(count=1), ["train.members=2"], "wide")
    ensembles.repeat(asked)
    monkeypatch.setattr(provenance, "code", lambda: "other")
    ensembles.repeat(replace(asked, replaces=True))
    rows = table.read(TABLE)
    assert rows["preset"].tolist() == ["wide"] * 4 + ["wide train.members=2"]
    assert rows["code"].nunique() == 2


def test_the_history_of_a_presets_training_is_kept_as_long_as_its_row(project):
    train, val = project["train"], project["val"]
    first = run(2, preset="wide")
    classifier = DeepNeuralNetwork(**options_of({"model.hidden_layers": [9]}), random_state=3)
    classifier.train(train.images, train.digits, validation_data=(val.images, val.digits))
    assert len(first) == 2
    files = {histories.history_at(TABLE, row) for row in table.read(TABLE).to_dict("records")}
    folder = Path("reports/accuracy/seeds")
    assert set(folder.iterdir()) == files
    read = pd.read_csv(next(path for path in files if path.name.startswith("wide-3-")))
    pd.testing.assert_frame_equal(read, pd.DataFrame(classifier.history_), rtol=1e-5)
    run(1, preset="wide", table=TABLE.with_name("other.csv"))
    apply({"train.epochs": 1}, "presets/default.yaml")
    run(1, "model.activation=relu")  # of no preset
    run(1, preset="wide")
    assert files < set(folder.iterdir())
    run(1, preset="wide", replaces=True)
    last = table.read(TABLE).to_dict("records")[-1]
    assert list(folder.iterdir()) == [histories.history_at(TABLE, last)]
    assert len(list(TABLE.with_name("other").iterdir())) == 1, "another table has its own"
