"""Experiments side by side: what is read from git, how they are ranked, what is said, drawn and written."""

import json
import subprocess

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from stages.comparison import records as exp_records
from stages.comparison.figure import SHADES, comparison
from stages.comparison.records import Experiment, flat, history, read_experiments
from stages.comparison.report import report
from stages.comparison.table import alike, common, differing, make_table, readable, standard_error, summarise
from stages.project.dvc import Task

PATHS = {
    "model": "models/model.npz",
    "processed": "data",
    "training": "reports/train",
    "metrics": "reports/metrics.json",
    "times": "reports/times",
    "experiments": "reports/experiments",
}
BASE = {"model": {"hidden_layers": [8]}, "train": {"epochs": 2, "learning_rate": 0.1, "optimizer_options": {}}}


def experiment(name, accuracy=None, status="done", params=None, split="s", **results):
    known = {} if accuracy is None else {"val_accuracy": accuracy, "val_loss": 1 - accuracy, "val_images": 1000}
    return Experiment(name, f"{name}-rev", "abc1234", status, params or {}, known | results, split)


class Repository:
    """A git repository with commits as DVC makes them of experiments."""

    def __init__(self, folder):
        self.folder = folder
        self.git("init", "--quiet")
        self.git("config", "user.name", "tester")
        self.git("config", "user.email", "tester@example.org")
        self.write("dvc.yaml", json.dumps({"vars": [{"path": PATHS}]}))
        self.write("params.yaml", json.dumps(BASE))
        self.baseline = self.commit()

    def git(self, *words):
        done = subprocess.run(["git", *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self):
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "state")
        return self.git("rev-parse", "HEAD")

    def add(self, name, accuracies, rate="0.1", evaluated="m1", members=1):
        """An experiment whose model has the hash m1, and metrics.json is of the model `evaluated`."""
        best = {"val_accuracy": max(accuracies), "val_loss": 0.25}
        member = {"best": best, "parameters": 90, "epochs": len(accuracies) // members}
        params = BASE | {"train": BASE["train"] | {"learning_rate": rate}}
        split = {"path": "data/val.npz", "md5": "v1"}
        stages = {
            "train": {"deps": [split], "outs": [{"path": PATHS["model"], "md5": "m1"}]},
            "evaluate": {"deps": [{"path": PATHS["model"], "md5": evaluated}]},
        }
        metrics = {
            "val": {"accuracy": 0.9, "loss": 0.3},
            "test": {"accuracy": 0.88},
            "parameters": 90,
            "epochs": 2,
            "images": {"val": 50},
        }
        curve = "".join(f"{step}\t{value}\n" for step, value in enumerate(accuracies))
        self.write("params.yaml", json.dumps(params))
        self.write("dvc.lock", json.dumps({"stages": stages}))
        self.write(PATHS["metrics"], json.dumps(metrics))
        self.write("reports/train/statistics.json", json.dumps({"members": [member] * members}))
        self.write("reports/train/plots/metrics/validation/accuracy.tsv", f"step\taccuracy\n{curve}")
        revision = self.commit()
        self.git("update-ref", f"refs/exps/{self.baseline[:2]}/{self.baseline[2:]}/{name}", revision)
        self.git("reset", "--quiet", "--hard", self.baseline)
        return revision


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(exp_records, "tasks", list)
    return Repository(tmp_path)


def test_the_standard_error_is_that_of_the_binomial_distribution():
    assert standard_error(0.9, 10_000) == pytest.approx(binom.std(10_000, 0.9) / 10_000, rel=1e-3)
    assert 0 < standard_error(1.0, 100) < 0.02


def test_two_networks_that_are_the_same_are_rarely_told_apart(rng):
    first, second = rng.binomial(5000, 0.98, (2, 4000)) / 5000
    told = np.mean([not alike(a, b, 5000) for a, b in zip(first, second, strict=True)])
    assert 0.02 < told < 0.07  # two standard errors: 4.6 %


def test_the_best_validation_accuracy_comes_first_whatever_the_test_says():
    rows = [
        experiment("failed", status="failed"),
        experiment("waiting", status="queued"),
        experiment("worse", 0.90, test_accuracy=0.99),
        experiment("better", 0.95, test_accuracy=0.80),
    ]
    assert list(make_table(rows)["experiment"]) == ["better", "worse", "waiting", "failed"]


def test_parameters_differ_by_what_they_mean():
    rows = [
        experiment("a", params={"rotation": 10, "layers": [8], "rate": 1e-5, "same": 1}),
        experiment("b", params={"rotation": 10.0, "layers": [8, 4], "rate": 1e-4, "same": 1, "new": True}),
    ]
    assert differing(rows) == ["layers", "rate", "new"]
    assert common(rows) == {"rotation": 10, "same": 1}
    assert flat({"train": {"rate": "5e-05", "options": {}, "name": "e5"}}) == {"train.rate": 5e-5, "train.name": "e5"}


def test_the_summary_says_what_chance_can_do():
    close = [experiment("a", 0.960, parameters=900, seconds=9), experiment("b", 0.955, parameters=500, seconds=4)]
    said = summarise(make_table(close), close)
    assert "all, which these images cannot tell apart" in said
    assert "smallest of them is b with 500" in said
    assert "fastest of them is b with 4.0 s" in said
    apart = [experiment("a", 0.99), experiment("b", 0.90), experiment("c", status="running")]
    said = summarise(make_table(apart), apart)
    assert "Every other is worse" in said
    assert "9.00 points" in said
    assert "Not in this: 1 running." in said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "No experiment has a result yet."),
        ([experiment("a", status="queued")], "No experiment has a result yet. Not in this: 1 queued."),
        ([experiment("a", 0.9)], "nothing to compare it with"),
        ([experiment("a", 0.9), experiment("b", 0.8, split="other")], "different validation images"),
        ([experiment("a", 0.9), experiment("b", 0.8, val_images=float("nan"))], "not known for all"),
    ],
)
def test_the_summary_of_little(rows, said):
    assert said in summarise(make_table(rows), rows)


def test_the_table_for_people_leaves_out_what_says_nothing():
    rows = [experiment("a", 0.91234), experiment("b", 0.8)]
    assert list(readable(make_table(rows))) == ["experiment", "validation accuracy", "validation loss"]
    assert readable(make_table(rows))["validation accuracy"][0] == "91.23%"
    assert "status" in readable(make_table([*rows, experiment("c", status="failed")]))


def test_experiments_are_read_from_git(repository):
    repository.add("slow", [0.5, 0.9], rate="5e-05")
    (repository.folder / "reports/times").mkdir(parents=True)
    (repository.folder / "reports/times/m1.json").write_text('{"seconds": 12.5}')
    (read,) = read_experiments()
    assert (read.name, read.status, read.baseline, read.split) == ("slow", "done", repository.baseline[:7], "v1")
    assert read.params["train.learning_rate"] == 5e-5
    assert (read.results["val_accuracy"], read.results["test_accuracy"], read.results["seconds"]) == (0.9, 0.88, 12.5)
    assert history(read)["val_accuracy"].tolist() == [0.5, 0.9]
    assert history(read)["epoch"].tolist() == [1, 2]


def test_the_curve_of_an_ensemble_is_that_of_its_first_member(repository):
    repository.add("three", [0.5, 0.9, 0.4, 0.8, 0.3, 0.7], members=3)
    (read,) = read_experiments()
    assert history(read)["val_accuracy"].tolist() == [0.5, 0.9]


def test_metrics_of_another_model_are_not_taken_for_the_experiments_own(repository):
    """Where only the train stage ran, metrics.json in the commit is the baseline's."""
    repository.add("trained-only", [0.5, 0.7], evaluated="m0")
    (read,) = read_experiments()
    assert read.results["val_accuracy"] == 0.7
    assert "test_accuracy" not in read.results


def test_what_is_not_done_is_read_from_the_queue(repository, monkeypatch):
    revision = repository.add("done", [0.9])
    listed = [Task(revision, "later", "queued"), Task(revision, "bad", "failed"), Task(revision, "done", "done")]
    monkeypatch.setattr(exp_records, "tasks", lambda: listed)
    read = read_experiments()
    assert [(e.name, e.status) for e in read] == [("bad", "failed"), ("done", "done"), ("later", "queued")]
    assert read[0].baseline == repository.baseline[:7]
    assert not read[0].results


def test_the_files_are_written(repository, capsys):
    repository.add("first", [0.5, 0.9])
    repository.add("second<", [0.4, 0.6], rate=0.2, evaluated="m0")
    report(read_experiments(), "pair", "Which rate?", "Because.")
    folder = repository.folder / "reports/experiments/pair"
    table = pd.read_csv(folder / "table.csv")
    assert table["experiment"].tolist() == ["first", "second<"]
    assert table["train.learning_rate"].tolist() == [0.1, 0.2]
    page = (folder / "index.html").read_text()
    assert "second&lt;" in page
    assert "http" not in page
    assert "data:image/png;base64," in page
    assert (folder / "comparison.png").read_bytes()[:4] == b"\x89PNG"
    assert "first is best" in capsys.readouterr().out


def test_nothing_and_half_of_it_are_no_errors(repository, capsys):
    report([], "all", "Experiments", "")
    assert "no experiments yet" in capsys.readouterr().out
    report([experiment("a", status="queued")], "all", "Experiments", "")
    assert "No experiment has a result yet" in capsys.readouterr().out
    assert not (repository.folder / "reports/experiments/all/comparison.png").exists()


def test_the_figure_shows_every_experiment_and_names_the_best():
    count = len(SHADES) + 2
    rows = [experiment(f"e{i:02}", 1 - 0.01 * i, parameters=100 * (i + 1)) for i in range(count)]
    table = make_table(rows)
    curves = {row.revision: pd.DataFrame({"epoch": [1], "val_accuracy": [0.5]}) for row in rows}
    figure = comparison(table, curves, "caption")
    time, size, epochs = figure.axes
    assert len(size.containers) == len(epochs.lines) == count
    assert any(text.get_text() == "not known" for text in time.texts)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[0] == "e00"
    assert names[-1] == "2 more"
    low, high = size.get_ylim()
    assert low > high  # errors, upside down
    assert size.yaxis.get_major_formatter()(2) == "98"
