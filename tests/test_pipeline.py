"""The pipeline as people use it: DVC's commands in a temporary repository, on the small digits."""

import hashlib
import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.copies import copy_project, environment_without

ROOT = Path(__file__).parent.parent
PLACES = ("dnn/", "stages/", "models/", "data/idx", "data/examples", ".dvc")
FILES = ("dvc.yaml", "params.yaml", ".gitignore", "Makefile", "requirements.txt", "pyproject.toml")
STAGES = ("check", "fetch", "preprocess", "doubt", "train", "deliver", "evaluate", "plots", "report")
KEPT = (
    *("models/model.npz", "models/doubt.npz", "reports/metrics.json", "reports/scores/confusion.csv"),
    *("reports/figures/confusion.png", "reports/train/provenance.json", "reports/report.html"),
)


class Project:
    """A copy of the project with a short training, in a git repository of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = environment_without("DVC_", "GIT_", "MNIST_")
        copy_project(folder, lambda name: name.startswith(PLACES) or name in FILES)
        for old, new in (
            ("dataset: mnist ", "dataset: digits "),
            ("[128, 64, 32]", "[16]"),
            ("epochs: 80", "epochs: 3"),
        ):
            self.replace("params.yaml", old, new)
        self.pretend_setup(folder)
        self.run("git", "init", "--quiet")
        self.run("git", "config", "user.name", "tester")
        self.run("git", "config", "user.email", "tester@example.org")
        self.commit()

    def run(self, *command: str, status: int = 0) -> str:
        """Standard output and error of a command that must end with `status`."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def pretend_setup(self, folder: Path) -> None:
        """Have make take the environment of the tests for the folder's own."""
        (folder / ".venv/bin").mkdir(parents=True)
        for name in ("bin/activate", "installed"):
            (folder / ".venv" / name).touch()

    def shell(self, *lines: str) -> str:
        """Lines of a page, run until one fails, which none may."""
        return self.run("bash", "-ec", "\n".join(lines))

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def commit(self) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "--message", "state")

    def experiments(self) -> pd.DataFrame:
        (self.folder / "experiments.txt").write_text(self.run("dvc", "exp", "show", "--csv"))
        table = pd.read_csv(self.folder / "experiments.txt", index_col="Experiment")
        (self.folder / "experiments.txt").unlink()
        return table

    def provenance(self) -> dict:
        return json.loads((self.folder / "reports/train/provenance.json").read_text())

    def content(self) -> dict[str, bytes]:
        """What a mistake must not cost."""
        return {name: (self.folder / name).read_bytes() for name in KEPT}

    def metrics(self) -> dict:
        return json.loads((self.folder / "reports/metrics.json").read_text())


def block(page: str, after: str) -> list[str]:
    """The lines of the first block of commands after this text."""
    rest = (ROOT / page).read_text().partition(after)[2]
    return [line.strip() for line in rest[rest.index("\n    ") + 1 :].partition("\n\n")[0].splitlines()]


def ran(output: str) -> set[str]:
    return {stage for stage in STAGES if f"Running stage '{stage}'" in output}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project after its first `dvc repro`, committed; tests leave it as they found it."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.first_run = project.run("make", "repro")
    project.commit()
    return project


@pytest.fixture(autouse=True)
def restored(project):
    yield
    if project.run("git", "status", "--short"):
        # quick, and safe as all that is committed is in the cache
        project.run("git", "stash", "push", "--quiet", "--include-untracked", "params.yaml", "dvc.lock", "reports")
        project.run("dvc", "checkout", "--quiet", "--force")
        project.run("git", "checkout", "--quiet", "dnn", "stages")
        project.run("git", "clean", "-fdq", "models")
        assert project.run("git", "status", "--short") == ""


def test_repro_runs_every_stage_and_leaves_nothing_untracked(project):
    assert ran(project.first_run) == set(STAGES)
    assert project.run("git", "status", "--short") == ""
    assert project.provenance()["dataset"]["name"] != "MNIST"
    report = (project.folder / "reports/report.html").read_text()
    assert "not MNIST" in report
    assert "http" not in report.replace("https://ossci", "").split("<pre>")[0]


def test_make_repro_says_how_long_it_takes_and_what_to_do_next(project):
    first, _, rest = project.first_run.partition("Running stage")
    assert "minutes" in first
    assert "predict data/examples/42.png" in rest.rpartition("report.html")[2]


def test_the_start_in_readme_and_the_way_back_lose_no_model(project):
    """Also where the committed bytes are others, as those of another processor: DVC's cache does not have them."""
    committed = project.run("git", "rev-parse", "HEAD").strip()
    lock = yaml.safe_load((project.folder / "dvc.lock").read_text())
    text = (project.folder / "dvc.lock").read_text()
    for stage in ("train", "deliver"):
        text = text.replace(lock["stages"][stage]["outs"][0]["md5"].partition(".")[0], "f" * 32)
    (project.folder / "dvc.lock").write_text(text)
    project.commit()
    assert "The results differ from the committed ones" in project.run("make", "repro")
    before = project.content() | {"dvc.lock": (project.folder / "dvc.lock").read_bytes()}
    assert b"f" * 32 not in before["dvc.lock"]

    clone, make, *first, _, keep, _, back = block("README.md", "## Get started")
    assert (clone.split()[:2], make.split()[:2]) == (["git", "clone"], ["make", "repro"])
    said = project.shell(*first)
    assert "42.png: " in said
    assert "test_accuracy" in said.rpartition("Experiment results")[2]
    project.shell(keep)
    assert project.run("git", "status", "--short") == project.run("dvc", "metrics", "diff") == ""
    assert project.metrics()["epochs"] == 10
    project.run("git", "reset", "--quiet", "HEAD~1")
    assert ran(project.shell(back)) == {"check", "deliver", "evaluate", "plots", "report"}
    assert before == project.content() | {"dvc.lock": (project.folder / "dvc.lock").read_bytes()}
    assert "epochs: 10" in project.run("git", "stash", "show", "--patch")
    project.run("git", "stash", "drop", "--quiet")
    project.run("git", "reset", "--quiet", "--hard", committed)
    assert project.run("git", "status", "--short") == project.run("git", "stash", "list") == ""


def test_a_clone_with_a_remote_needs_no_training(project, tmp_path):
    here, there = (block("stages/README.md", text) for text in ("### On another machine", "Who clones"))
    committed = project.run("git", "rev-parse", "HEAD").strip()
    project.shell(*(line.replace("/path/to/storage", str(tmp_path / "storage")) for line in here))
    project.run("git", "clone", "--quiet", ".", str(tmp_path / "clone"))
    project.run("git", "reset", "--quiet", "--hard", committed)
    folder, project.folder = project.folder, tmp_path / "clone"
    try:
        project.pretend_setup(project.folder)
        assert "42.png: " in project.shell(*there)
        assert ran(project.run("dvc", "repro")) == set()
    finally:
        project.folder = folder


def test_data_that_was_here_comes_out_of_the_cache(project):
    """After a fallback, without any mirror."""
    before = project.content()
    labels = project.folder / "data/raw/t10k-labels-idx1-ubyte"
    labels.write_bytes(bytes(reversed(labels.read_bytes())))
    project.run("dvc", "commit", "--force", "fetch")
    assert "dvc.lock" in project.run("git", "status", "--short")
    (line,) = re.findall(r"`(git stash push dvc\.lock .*)` brings it", (ROOT / "stages/README.md").read_text())
    project.shell(line)
    assert project.run("git", "status", "--short") == ""
    assert project.content() == before
    project.run("git", "stash", "drop", "--quiet")


def test_repro_again_does_nothing(project):
    output = project.run("dvc", "repro")
    assert ran(output) == set()
    assert "up to date" in output


def test_a_clone_without_cache_gives_the_same_bytes(project, tmp_path):
    project.run("git", "clone", "--quiet", ".", str(tmp_path / "clone"))
    folder, project.folder = project.folder, tmp_path / "clone"
    try:
        assert ran(project.run("dvc", "repro", "evaluate")) == {*STAGES} - {"doubt", "plots", "report"}
        assert project.run("git", "status", "--short", "--untracked-files=no") == ""
    finally:
        project.folder = folder


def test_a_change_in_the_figures_reruns_only_the_figures(project):
    project.replace("stages/figures/tiles.py", "training images, ", "images to train on, ")
    assert ran(project.run("dvc", "repro", "--dry")) == {"plots", "report"}


@pytest.mark.parametrize(
    ("name", "old", "new", "changed"),
    [
        ("params.yaml", "learning_rate: 0.004", "learning_rate: 0.005", {"check", "train", "report"}),
        ("params.yaml", "seed: 0\n\nmodel", "seed: 1\n\nmodel", {"check", "preprocess", "report"}),
        ("params.yaml", "shifts: 0 ", "shifts: 1 ", {"check", "evaluate", "report"}),
        ("params.yaml", "fallback: digits", "fallback: none", {"check", "fetch", "report"}),
        (
            "dnn/losses.py",
            "import numpy as np",
            "import numpy as np  # a change",
            {"check", "doubt", "train", "deliver", "evaluate", "plots", "report"},
        ),
        ("stages/datasets/idx.py", "import struct", "import struct  # a change", {"fetch", "preprocess", "doubt"}),
        ("stages/project/cli.py", "import sys", "import sys  # a change", set()),
        ("stages/display/live_page.py", "epoch is not over", "epoch is still going on", {"report"}),
    ],
)
def test_a_change_touches_the_stages_that_use_it(project, name, old, new, changed):
    """A dry run names the stages whose own inputs changed; what follows from their outputs is not known yet."""
    project.replace(name, old, new)
    assert ran(project.run("dvc", "repro", "--dry")) == changed


def test_a_wrong_parameter_is_one_line_and_costs_nothing(project):
    before = project.content()
    output = project.run("dvc", "exp", "run", "--set-param", "train.epochs=0", status=255)
    assert "error: params.yaml: train.epochs is 0, it should be a whole number at least 1; params.yaml keeps" in output
    assert "Traceback" not in output
    assert ran(output) == {"check"}
    assert project.content() == before
    project.replace("params.yaml", "\n  epochs: 0", "\n  epochs: 3")
    assert project.run("dvc", "params", "diff") == "", "nothing else was changed"
    assert project.run("git", "status", "--short") == " M params.yaml\n", "whose lists DVC writes in its own way"
    with (project.folder / "params.yaml").open("a") as file:
        file.write("augmnt: {rotation: 5}\n")
    output = project.run("dvc", "repro", status=255)
    assert "unknown section augmnt; known are data, preprocess, model, train, augment, evaluate" in output
    assert project.content() == before


def test_a_training_that_fails_or_is_killed_costs_nothing(project):
    before = project.content()
    settings = "train.learning_rate=1e30", "train.optimizer=sgd"
    output = project.run("dvc", "exp", "run", *(f"-S{setting}" for setting in settings), status=255)
    assert "no longer finite" in output
    assert project.content() == before
    project.replace("stages/train.py", '"""Train the network', 'import os\nos.kill(os.getpid(), 9)\n"""Train')
    assert ran(project.run("dvc", "repro", status=255)) == {"train"}
    assert project.content() == before
    assert "test image 1: " in project.run("python", "-m", "stages.predict", "--index", "1")


def test_a_training_is_taken_from_the_run_cache(project):
    before = project.content()
    shutil.rmtree(project.folder / "data/trained")
    (project.folder / "models/model.npz").unlink()
    output = project.run("dvc", "repro")
    assert "Stage 'train' is cached" in output
    assert ran(output) == {"deliver"}
    assert project.content() == before


def test_the_model_to_start_from_is_a_dependency_also_where_git_does_not_know_it(project):
    start = "models/start_from/start.npz"
    shutil.copy(project.folder / "models/model.npz", project.folder / start)
    assert ran(project.run("dvc", "repro")) == {"check"}, "not what starts from nothing"
    run = "dvc", "exp", "run", "-S", f"model.start_from={start}"
    assert ran(project.run(*run, "--temp", "--name", "aside", "deliver")) == {"check", "train", "deliver"}
    assert "Stage 'train' is cached" in project.run(*run, "deliver"), "the temporary one has trained the same"
    digest = hashlib.sha256((project.folder / start).read_bytes()).hexdigest()
    assert project.provenance()["data"]["start_from"] == digest
    assert "up to date" in project.run("dvc", "status", "--with-deps", "deliver")
    shutil.copy(project.folder / "models/model.npz", project.folder / start)
    assert start.rpartition("/")[0] in project.run("dvc", "status", "--with-deps", "deliver")
    project.run("dvc", "repro", "check")
    assert "start_from.txt" in project.run("dvc", "status", "train"), "to be trained anew"


def test_experiments_are_run_shown_compared_and_applied(project):
    output = project.run("dvc", "exp", "run", "--name", "slow", "-S", "train.learning_rate=5e-5", "evaluate")
    assert ran(output) == {"check", "train", "deliver", "evaluate"}
    table = project.run("dvc", "metrics", "diff")
    assert "test_accuracy" in table
    assert len(table.splitlines()) <= 16, "a screen: a head and at most 15 rows"
    assert "5e-05" in project.run("dvc", "params", "diff")
    assert {"loss", "accuracy", "confusion", "reliability"} <= set(
        json.loads(project.run("dvc", "plots", "diff", "--json"))["data"]
    )
    slow = project.metrics()
    project.run("git", "checkout", "--quiet", ".")
    assert project.experiments().loc["slow", "train.learning_rate"] == 5e-5
    project.run("dvc", "exp", "apply", "slow")
    assert project.metrics() == slow


def test_a_preset_is_run_in_the_workspace_up_to_the_report(project):
    preset = project.folder / "stages/accuracy/presets/tiny.yaml"
    preset.write_text(
        "about: tiny\nbudget: 1\nmodel: {hidden_layers: [{maxpool: 2}, flatten, 8]}\ntrain: {epochs: 2}\n"
    )
    command = "python", "-m", "stages.presets"
    output = project.run(*command, "run", "tiny")
    assert ran(output) == {"check", "train", "deliver", "evaluate", "plots", "report"}
    assert project.provenance()["parameters"]["model"]["hidden_layers"] == [{"maxpool": 2}, "flatten", 8]
    assert "up to date" in project.run("dvc", "status")
    assert ran(project.run(*command, "run", "tiny")) == set(), "which is done"
    assert project.experiments().loc["tiny", "train.epochs"] == 2
    assert "maxpool: 2" in (project.folder / "reports/report.html").read_text()
    project.replace("params.yaml", "epochs: 2", "epochs: 4")
    before = (project.folder / "params.yaml").read_text()
    assert "train.epochs is 4, which is not committed" in project.run(*command, "run", "tiny", status=1)
    assert (project.folder / "params.yaml").read_text() == before
    preset.unlink()


def test_the_queue_runs_the_code_of_its_snapshot(project):
    project.run("dvc", "exp", "run", "--queue", "--name", "queued", "-S", "train.learning_rate=0.01", "evaluate")
    project.replace("stages/train.py", '"""Train the network', 'raise SystemExit("the live workspace")\n"""Train')
    project.run("dvc", "queue", "start")
    for _ in range(30):
        time.sleep(4)  # asking takes a second of what the experiment needs
        status = project.run("dvc", "queue", "status")
        if "Queued" not in status and "Running" not in status:
            break
    assert status.count("Success") == 1, status
    project.run("git", "checkout", "--quiet", ".")
    assert project.experiments().loc["queued", "val_accuracy"] != project.metrics()["val_accuracy"]
