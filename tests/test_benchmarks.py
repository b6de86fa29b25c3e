"""The benchmarks are run by hand; here they are imported, and a tiny form of the command runs."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dnn.batches.augmentation import Augmentation
from tests import splits
from tests.benchmarks import load, record, report, table
from tests.benchmarks.clock import Row

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(path.stem for path in Path("tests/benchmarks").glob("[!_]*.py"))
CPUS = {
    "intel-6-143": "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Intel(R) Xeon(R)\n",
    "amd-25-17": "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\n\nvendor_id\t: AuthenticAMD\n",
    "arm-0x41-0xd0c": "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\n",
}


def row(**changed):
    values = {"work": "a step", "ours": 2e-3, "peer": 1e-3, "peer_name": "peer", "ratio": 2.0, "goal": 1.0}
    return Row(**values | {"spread": [1.9, 2.2], "unit": "s"} | changed)


def a_record(family, *rows, date="2026-01-01"):
    return record.Record(family, "a processor", date, "software", 1.0, list(rows))


@pytest.mark.parametrize("name", MODULES)
def test_it_can_be_imported(name):
    pytest.importorskip("torch")
    importlib.import_module(f"tests.benchmarks.{name}")


def test_the_command_runs(tmp_path):
    """From the first row to the record, on a few images."""
    pytest.importorskip("torch")
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(name, tmp_path)
    (tmp_path / "data/processed").mkdir(parents=True)
    for name, seed in (("train", 0), ("test", 1)):
        splits.save_split(tmp_path / f"data/processed/{name}.npz", splits.noise(300, seed))
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--only", "late", "--only", "speedrun"]
    # PyTorch's threads wait without spinning, as other tests may run beside this one
    here = os.environ | {"PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run([*command, "--folder", "out"], cwd=tmp_path, env=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = record.load(tmp_path / "out")
    assert made.family == record.family()
    assert "numpy 2" in made.software
    works = [row.work for row in made.rows]
    assert [work.partition(" ")[0] for work in works] == ["epochs", "99", "99"]
    assert len(set(works)) == 3
    assert all(row.ours > 0 for row in made.rows)
    assert made.rows[-1].disturbed == made.rows[-2].disturbed
    assert set(made.rows[-1].reached) >= {"ours", "PyTorch"}


def test_what_it_was_measured_with_is_told():
    said = record.software()
    assert "2 threads" in said
    assert f"numpy {np.__version__}" in said


@pytest.mark.parametrize(("family", "cpuinfo"), CPUS.items(), ids=CPUS)
def test_a_family_is_called_by_its_numbers(family, cpuinfo):
    assert record.family(cpuinfo) == family


def test_a_record_is_read_as_it_was_written(tmp_path):
    one = a_record("intel-6-143", row(disturbed=0.4, reached={"ours": 0.99}))
    record.save(tmp_path, one)
    assert record.load(tmp_path) == [one]


def test_a_disturbed_row_says_so():
    assert load.remark(row(disturbed=0.41)) == "disturbed: 0.4 of a core was busy with something else"
    assert load.remark(row(disturbed=0.05)) == load.remark(row(disturbed=None)) == ""


def test_the_load_of_others_is_seen():
    if load.busy() is None:
        pytest.skip("the system does not tell")
    watch = load.Watch()
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:  # until it has ended it counts as somebody else's
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        assert watch.others() > 0.1
    finally:
        process.kill()
        process.wait()


def test_processes_of_its_own_are_no_load_of_others(monkeypatch):
    monkeypatch.setattr(load, "busy", load.own)
    watch = load.Watch()
    subprocess.run([sys.executable, "-c", "sum(range(10**6))"], check=True)
    assert watch.others() == 0


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, False),
        ({"ratio": 1.0}, True),
        ({"ratio": None, "ours": 0.5}, True),
        ({"ratio": 0.5, "target": 0.99, "reached": {"ours": 0.9899}}, False),
        ({"ratio": 0.5, "target": 0.99, "reached": {"ours": 0.99}}, True),
    ],
)
def test_a_goal_is_met_where_the_accuracy_is_reached_too(changed, met):
    assert row(**changed).met(1.0) == met


def test_processors_stand_side_by_side():
    old, new = a_record("old", row(goal=3.0), row(work="gone")), a_record("new", row(ratio=0.5), date="2026-02-01")
    lines = table.table([new, old]).splitlines()
    assert lines[0] == "| work | goal | new | ratio | old | ratio |"
    assert lines[2].startswith("| a step | 1 | 2 ms; peer 1 ms | 0.50 (1.90 - 2.20) met | 2 ms;")
    assert lines[2].endswith("**missed** |")  # by the newest goal
    assert lines[3].startswith("| gone | 1 |  |  | 2 ms;")


def test_the_page_has_the_records():
    text = report.folder().with_name("README.md").read_text(encoding="utf-8")
    assert report.filled(text, record.load(report.folder())) == text, "run python -m tests.benchmarks.report"


def test_a_record_names_each_work_once():
    for path in report.folder().glob("*.json"):
        works = [row["work"] for row in json.loads(path.read_text())["rows"]]
        assert len(works) == len(set(works))


def test_pytorch_has_the_same_network():
    torch = pytest.importorskip("torch")
    from tests.benchmarks import networks, recipes, with_torch

    X = np.random.default_rng(0).random((8, 784), dtype=np.float32)
    described = networks.described(recipes.options(recipes.speedrun())["hidden_layers"])
    for network in (networks.strided(), networks.bottleneck(), described):
        net = with_torch.torch_copy(network).eval()
        with torch.inference_mode():
            theirs = net(with_torch.as_input(torch.from_numpy(X), network)).numpy()
        np.testing.assert_allclose(theirs, network.logits(X), atol=1e-4)


def test_pytorch_distorts_as_far():
    """The largest shift moves a point by as many pixels; no ranges move nothing."""
    torch = pytest.importorskip("torch")
    from tests.benchmarks.with_torch import Distorter

    image = torch.zeros(1, 28, 28)
    image[0, 14, 14] = 1
    same = Distorter(Augmentation(), torch.Generator().manual_seed(0))(image.reshape(1, -1))
    np.testing.assert_allclose(same, image.reshape(1, -1), atol=1e-5)
    places = np.arange(28.0)
    distort = Distorter(Augmentation(shift=3), torch.Generator().manual_seed(0))
    moved = [distort(image.reshape(1, -1)).reshape(28, 28).numpy().sum(axis=0) @ places - 14 for _ in range(200)]
    assert 2.5 < np.abs(moved).max() <= 3.001
