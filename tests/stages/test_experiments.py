"""Ready-made comparisons: what they declare, what is missing of them, and how the queue is dealt with."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser

from dnn.base.errors import InputError
from stages import experiments
from stages.comparison import plan as exp_plan
from stages.comparison import wait as exp_wait
from stages.comparison.declared import Comparison, find_comparison, load_comparisons
from stages.comparison.plan import Planned, make_plan
from stages.comparison.records import Experiment, flat
from stages.project import dvc as exp_queue
from stages.project import params
from stages.project.dvc import Task, literal, queue_status, reason
from stages.training.options import parse_settings
from stages.workers.parallel import Workers
from tests.networks import mlp

SHIPPED = load_comparisons()
PARAMS = yaml.safe_load(Path("params.yaml").read_text())
RUNS = [(name, run) for name, comparison in SHIPPED.items() for run in comparison.runs]


@pytest.mark.parametrize(("name", "run"), RUNS)
def test_every_run_is_a_valid_training_with_a_valid_name(name, run):
    values = {section: dict(PARAMS[section]) for section in ("model", "train", "augment")}
    for key, value in SHIPPED[name].overrides({})[run].items():
        section, parameter = key.split(".")
        assert parameter in values[section]
        values[section][parameter] = value
    for section in (params.Model, params.Train, params.Augment):
        section.model_validate(values[section.__name__.lower()])
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", f"{name}-{run}")
    assert ".." not in run


def test_the_comparisons_that_are_asked_for():
    assert [run["model.hidden_layers"] for run in SHIPPED["architectures"].runs.values()] == [
        [64], [128, 64], [128, 64, 32], [256, 128, 64]
    ]  # fmt: skip
    rates = [run["train.learning_rate"] for run in SHIPPED["learning-rates"].runs.values()]
    assert rates == [0.001, 0.01, 0.05, 0.1, 0.2]
    assert len(SHIPPED) == 8


@pytest.mark.parametrize("name", SHIPPED)
def test_the_runs_of_a_comparison_differ_from_each_other(name):
    runs = list(map(repr, SHIPPED[name].overrides({}).values()))
    assert len(set(runs)) == len(runs)
    assert not any(other.startswith(f"{name}-") for other in SHIPPED)  # `compare NAME` goes by the start of names


def test_depth_against_width_holds_the_number_of_weights():
    layers = [run["model.hidden_layers"] for run in SHIPPED["depth-against-width"].runs.values()]
    counts = [mlp([784, *hidden, 10]).params.size for hidden in layers]
    assert all(abs(count / 111_146 - 1) < 0.01 for count in counts)


def test_settings_are_for_all_runs_but_not_for_what_varies():
    comparison = find_comparison("learning-rates")
    runs = comparison.overrides({"train.epochs": 3})
    assert {run["train.epochs"] for run in runs.values()} == {3}
    with pytest.raises(InputError, match=r"train\.learning_rate is what this comparison varies"):
        comparison.overrides({"train.learning_rate": 1.0})
    with pytest.raises(InputError, match="there is no comparison nothing; there are architectures"):
        find_comparison("nothing")


def test_settings_are_read_as_dvc_reads_them():
    assert parse_settings(["train.learning_rate=5e-5", "model.hidden_layers=[8, 4]", "train.optimizer=sgd"]) == {
        "train.learning_rate": 5e-5, "model.hidden_layers": [8, 4], "train.optimizer": "sgd"
    }  # fmt: skip
    for wrong in ("train.epochs", "data.dataset=digits", "=3", "train.x=[1"):
        with pytest.raises(InputError, match=re.escape(f"-S {wrong}: ")):
            parse_settings([wrong])


def test_a_damaged_file_is_one_line(tmp_path):
    (tmp_path / "c.yaml").write_text("a: {question: what}")
    with pytest.raises(InputError, match=r"c\.yaml is no list of comparisons"):
        load_comparisons(tmp_path / "c.yaml")


@pytest.mark.parametrize(
    "value", [0.1, 5e-5, 1e-12, 1e16, 3, True, "he_normal", "", "it's", "a b", [8, 4], [], {}, {"momentum": 5e-5}]
)
def test_values_pass_through_dvcs_parser(value):
    """DVC hands --set-param to Hydra."""
    text = literal(value)
    parsed = OverridesParser.create().parse_override(f"train.x={text}").value()
    assert str(parsed).strip("'") == value if isinstance(value, str) else parsed == value
    assert "e" not in text or not isinstance(value, float)  # DVC would write a text


def test_the_queue_is_read(monkeypatch):
    text = (
        "Task     Name           Created       Status\n7367d0e  lr-bad         04:52 AM      Failed\n"
        "6b256b9  Running-away   Nov 25, 2025  Queued\n\nWorker status: 1 active, 2 idle\n"
    )
    monkeypatch.setattr(exp_queue, "dvc", lambda *_: text)
    assert queue_status() == ([Task("7367d0e", "lr-bad", "failed"), Task("6b256b9", "Running-away", "queued")], 3)
    monkeypatch.setattr(
        exp_queue, "dvc", lambda *_: "No experiment tasks in the queue.\n\nWorker status: 0 active, 0 idle"
    )
    assert queue_status() == ([], 0)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("> python -m stages.train\nerror: no longer finite\nERROR: failed to run: python\n", "no longer finite"),
        ("Traceback\nERROR: failed to run: python\n", "ERROR: failed to run: python"),
        ("killed\n\n", "killed"),
        ("", "its log is empty"),
    ],
)
def test_the_reason_of_a_failure(monkeypatch, log, said):
    monkeypatch.setattr(exp_queue, "dvc", lambda *_: log)
    assert reason("some") == said


class Queue:
    """Stands for git and DVC: each look takes the next state from a list, the last one stays."""

    def __init__(self, monkeypatch, *states):
        self.states, self.calls = list(states), []
        monkeypatch.setattr(exp_wait, "POLL", 0)
        monkeypatch.setattr(exp_wait, "CHECK", -1)
        monkeypatch.setattr(
            exp_wait, "finished_names", lambda: {n for n, s in self.states[0][0].items() if s == "done"}
        )
        monkeypatch.setattr(exp_wait, "queue_status", self.status)
        monkeypatch.setattr(exp_wait, "start", lambda: self.calls.append("start"))
        monkeypatch.setattr(exp_wait, "dvc", lambda *words: self.calls.append(" ".join(words)))

    def status(self):
        tasks, workers = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return [Task("0", name, status) for name, status in tasks.items()], workers


def test_waiting_ends_with_the_last_experiment(monkeypatch):
    queue = Queue(
        monkeypatch,
        ({"a": "running", "b": "queued", "c": "queued"}, 1),
        ({"a": "running", "b": "queued", "c": "queued"}, 1),
        ({"a": "done", "b": "failed"}, 1),
    )
    assert dict(exp_wait.wait(["a", "b", "c"])) == {"a": "done", "b": "failed", "c": "gone"}
    assert queue.calls == []


def test_a_worker_that_stopped_is_started_again(monkeypatch):
    queue = Queue(monkeypatch, ({"a": "queued"}, 0), ({"a": "queued"}, 1), ({"a": "done"}, 1))
    assert list(exp_wait.wait(["a"])) == [("a", "done")]
    assert queue.calls == ["start"]


def test_what_a_dead_worker_ran_is_lost_but_not_at_once(monkeypatch):
    """Under load a living worker does not always answer in time."""
    queue = Queue(monkeypatch, *[({"a": "running"}, 0)] * 2, *[({"a": "running"}, 1)], *[({"a": "running"}, 0)] * 3)
    assert list(exp_wait.wait(["a"])) == [("a", "lost")]
    assert queue.calls == ["queue kill a", "start"]


def test_workers_that_keep_stopping_are_given_up(monkeypatch):
    Queue(monkeypatch, ({"a": "queued"}, 0))
    with pytest.raises(InputError, match="keeps stopping"):
        list(exp_wait.wait(["a"]))


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder with parameters, and experiments that are all current."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("train: {epochs: 2, learning_rate: 0.1}\naugment: {rotation: 10}\n")
    monkeypatch.setattr(exp_plan, "is_current", lambda _: True)


def existing(name, status, **train):
    values = {"train": {"epochs": 2, "learning_rate": 0.1} | train, "augment": {"rotation": 10.0}}
    return Experiment(name, "0" * 40, "abc1234", status, flat(values))


def test_what_is_there_is_not_planned_again(workspace):
    there = [
        existing("c-low", "done", learning_rate=0.01),
        existing("c-middle", "failed", learning_rate=0.1),
        existing("c-high", "done", learning_rate=0.5, epochs=9),
        existing("c-high-v2", "queued", learning_rate=0.5, epochs=8),
    ]
    runs = {name: {"train.learning_rate": rate} for name, rate in (("low", 0.01), ("middle", 0.1), ("high", 0.5))}
    plan = make_plan("c", runs, there)
    assert [(planned.name, planned.status) for planned in plan] == [
        ("c-low", "done"), ("c-middle", "failed"), ("c-high-v3", "new")
    ]  # fmt: skip
    later = make_plan("c", runs, [*there, existing("c-high-v3", "running", learning_rate=0.5)])
    assert [(planned.name, planned.status) for planned in later][-1] == ("c-high-v3", "running")


def test_what_other_code_made_is_planned_anew(workspace, monkeypatch):
    monkeypatch.setattr(exp_plan, "is_current", lambda _: False)
    (planned,) = make_plan("c", {"low": {"train.learning_rate": 0.01}}, [existing("c-low", "done", learning_rate=0.01)])
    assert (planned.name, planned.status) == ("c-low-v2", "new")


def test_an_experiment_of_other_code_is_not_current(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@e.org", *words], check=True, capture_output=True
        )

    stage = "{deps: [code.py, '${path.x}']}"
    (tmp_path / "dvc.yaml").write_text(
        f"vars: [{{path: {{processed: d}}}}]\nstages: {{train: {stage}, evaluate: {stage}}}\n"
    )
    (tmp_path / "code.py").write_text("a = 1\n")
    (tmp_path / "other.py").write_text("b = 1\n")
    entry = "{path: d/train.npz, md5: aa}, {path: d/val.npz, md5: bb}"
    (tmp_path / "dvc.lock").write_text(f"stages: {{preprocess: {{outs: [{entry}]}}, train: {{deps: [{entry}]}}}}\n")
    git("init")
    git("add", "--all")
    git("commit", "--message", "state")
    revision = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    made = Experiment("a", revision, revision[:7], "done", {})
    (tmp_path / "other.py").write_text("b = 2\n")
    assert exp_plan.is_current(made)
    (tmp_path / "code.py").write_text("a = 2\n")
    assert not exp_plan.is_current(made)
    (tmp_path / "code.py").write_text("a = 1\n")
    (tmp_path / "dvc.lock").write_text(f"stages: {{preprocess: {{outs: [{entry.replace('bb', 'cc')}]}}}}\n")
    assert not exp_plan.is_current(made)


def test_only_what_is_missing_is_trained_and_queued(monkeypatch, capsys):
    calls = []
    for name in ("train_ahead", "remove", "enqueue", "start"):
        monkeypatch.setattr(
            experiments, name, lambda *words, name=name: calls.append((name, words[0] if words else None))
        )
    monkeypatch.setattr(experiments, "wait", lambda names: ((name, "done") for name in names))
    plan = [
        Planned(status, {"train.seed": seed}, status) for seed, status in enumerate(("done", "new", "failed", "queued"))
    ]
    assert experiments.go(plan, Workers()) == {"new": "done", "failed": "done", "queued": "done"}
    assert calls == [
        ("train_ahead", [{"train.seed": 1}, {"train.seed": 2}, {"train.seed": 3}]),
        ("remove", ["failed"]),
        ("enqueue", "new"),
        ("enqueue", "failed"),
        ("start", None),
    ]
    assert "done: done already" in capsys.readouterr().out
    calls.clear()
    assert experiments.go(plan[:1], Workers()) == {}
    assert calls == []


def test_words_choose_experiments():
    known = [existing(name, "done") for name in ("optimizers-sgd", "optimizers-adam", "mine")]
    assert [e.name for e in experiments.select("mine", known)] == ["mine"]
    assert [e.name for e in experiments.select("optimizers", known)] == ["optimizers-sgd", "optimizers-adam"]
    assert experiments.select("architectures", []) == []
    with pytest.raises(InputError, match=r"architectures has no experiments yet; .* run architectures` makes them"):
        experiments.select("architectures", known)
    assert len(experiments.select("00000", known)) == 3
    with pytest.raises(InputError, match="there is no experiment other; there are mine, optimizers-adam"):
        experiments.select("other", known)


def test_a_comparison_is_frozen_and_knows_its_keys():
    with pytest.raises(ValueError, match="Extra inputs"):
        Comparison.model_validate({"question": "?", "why": ".", "fixed": {}, "runs": {}, "more": 1})


def test_options_are_set_one_by_one_where_params_yaml_has_none():
    overrides = {
        "train.optimizer_options": {"beta1": 0.8, "beta2": 0.9},
        "train.schedule_options": {},
        "train.epochs": 2,
    }
    assert exp_queue.settings(overrides) == [
        "--set-param=++train.optimizer_options.beta1=0.8",
        "--set-param=++train.optimizer_options.beta2=0.9",
        "--set-param=++train.schedule_options={}",
        "--set-param=++train.epochs=2",
    ]
