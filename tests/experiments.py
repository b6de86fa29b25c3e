"""Experiments for tests: as records, and as commits with what `dvc exp show --json` says of them."""

import json
import subprocess

from stages.comparison.records import Experiment

PATHS = {
    "checked": "checked",
    "model": "models/model.npz",
    "processed": "data",
    "training": "reports/train",
    "metrics": "reports/metrics.json",
    "runs": "reports/runs",
    "experiments": "reports/experiments",
}
BASE = {"model": {"hidden_layers": [8]}, "train": {"epochs": 2, "learning_rate": 0.1, "optimizer_options": {}}}
METRICS = {"epochs": 2, "val_accuracy": 0.9, "val_loss": 0.3, "test_accuracy": 0.88}


def experiment(name, accuracy=None, status="done", params=None, data=("t", "v"), **results):
    known = {} if accuracy is None else {"val_accuracy": accuracy, "val_loss": 1 - accuracy, "val_images": 1000}
    return Experiment(name, f"{name}-rev", "abc1234", status, params or {}, known | results, data)


class Repository:
    """A git repository with commits as DVC makes them of experiments; its models have the MD5 m1."""

    def __init__(self, folder):
        self.folder, self.listed = folder, []
        self.git("init", "--quiet")
        self.git("config", "user.name", "tester")
        self.git("config", "user.email", "tester@example.org")
        self.write("dvc.yaml", json.dumps({"vars": [{"path": PATHS}]}))
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

    def show(self):
        """The answer of `stages.project.dvc.show_experiments`."""
        commits = [{"rev": self.baseline, "experiments": self.listed}, {"rev": "0" * 40, "experiments": None}]
        return [{"rev": "workspace", "data": data(0.1)}, *commits]

    def list(self, name, revision, state=None, shown=None):
        """Have DVC list an experiment, which without a state is done."""
        executor = {"state": state, "name": "dvc-task"} if state else None
        entry = {"rev": revision, "data": shown}
        self.listed.append({"name": name, "revs": [entry], "executor": executor})

    def add(self, name, accuracies, rate=0.1, evaluated="m1", members=1):
        """Add an experiment that is done; the metrics are of the model with the MD5 `evaluated`."""
        kept = {"val_accuracy": max(accuracies), "val_loss": 0.25, "train_loss": 0.2}
        member = {"kept": kept, "parameters": 90, "epochs": len(accuracies) // members}
        deps = [{"path": "data/val.npz", "md5": "v1"}, {"path": PATHS["model"], "md5": evaluated}]
        curve = "".join(f"{step}\t{value}\n" for step, value in enumerate(accuracies))
        self.write("dvc.lock", json.dumps({"stages": {"evaluate": {"deps": deps}}}))
        self.write("reports/train/statistics.json", json.dumps({"members": [member] * members, "val_images": 50}))
        self.write("reports/train/plots/metrics/val_accuracy.tsv", f"step\tval_accuracy\n{curve}")
        revision = self.commit()
        self.git("reset", "--quiet", "--hard", self.baseline)
        self.list(name, revision, shown=data(rate))
        return revision


def data(rate):
    """The part of an entry that says what its commit holds."""
    params = BASE | {"train": BASE["train"] | {"learning_rate": rate}}
    outs = {
        "data/train.npz": {"hash": "t1", "size": 10**6},
        "data/val.npz": {"hash": "v1", "size": 10**5},
        "checked/start_from.txt": {"hash": "s1", "size": 5},
        PATHS["model"]: {"hash": "m1", "size": 9},
    }
    metrics = {PATHS["metrics"]: {"data": METRICS}}
    return {"params": {"params.yaml": {"data": params}}, "outs": outs, "metrics": metrics}
