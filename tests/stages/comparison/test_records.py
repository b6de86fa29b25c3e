"""Experiments as they are known, by what DVC says and by what lies in their commits."""

from stages.comparison.records import flat, history, read_experiments
from tests.experiments import data


def test_an_experiment_that_is_done(repository):
    repository.add("slow", [0.5, 0.9], rate=5e-05)
    repository.write("reports/runs/m1.json", '{"seconds": 12.5, "commit": null}')
    here, (read,) = read_experiments()
    assert (read.name, read.status, read.baseline) == ("slow", "done", repository.baseline[:7])
    assert here.params["train.learning_rate"] == 0.1
    assert read.params == here.params | {"train.learning_rate": 5e-5}
    assert read.data == here.data == ("t1", "v1", "s1")
    assert read.results == {
        "val_accuracy": 0.9,
        "val_loss": 0.3,
        "test_accuracy": 0.88,
        "parameters": 90,
        "epochs": 2,
        "seconds": 12.5,
        "val_images": 50,
    }
    assert history(read)["val_accuracy"].tolist() == [0.5, 0.9]
    assert history(read)["epoch"].tolist() == [1, 2]


def test_an_ensemble(repository):
    repository.add("three", [0.5, 0.9, 0.4, 0.8, 0.3, 0.7], members=3)
    repository.add("only trained", [0.5, 0.9, 0.4, 0.8], members=2, evaluated="m0")
    _, (trained, read) = read_experiments()
    assert history(read)["val_accuracy"].tolist() == [0.5, 0.9], "of its first member"
    assert read.results["parameters"] == 270
    assert "val_accuracy" not in trained.results, "as that of its members is another"


def test_metrics_of_another_model_are_not_taken_for_the_experiments_own(repository):
    """Where only the train stage ran, metrics.json in the commit is the baseline's."""
    repository.add("trained-only", [0.5, 0.7], evaluated="m0")
    _, (read,) = read_experiments()
    assert (read.results["val_accuracy"], read.results["val_loss"]) == (0.7, 0.25)
    assert "test_accuracy" not in read.results


def test_what_is_not_done_has_no_results(repository):
    revision = repository.add("done", [0.9])
    for name, state in (("later", "queued"), ("bad", "failed"), ("done", "running")):
        repository.list(name, revision, state, data(0.3))
    repository.list("damaged", revision)
    _, read = read_experiments()
    assert [(e.name, e.status) for e in read] == [
        ("bad", "failed"), ("damaged", "done"), ("done", "done"), ("later", "queued")
    ]  # fmt: skip
    assert not read[0].results
    assert read[0].params["train.learning_rate"] == 0.3
    assert not read[1].params


def test_nested_parameters_get_dotted_names():
    assert flat({"train": {"rate": 5e-5, "options": {}, "name": "e5"}}) == {"train.rate": 5e-5, "train.name": "e5"}
