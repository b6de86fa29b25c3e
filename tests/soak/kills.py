"""SIGKILL at every change of a file, and at random moments: the same command then goes on to the same bytes."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.soak.events import counting, killing
from tests.soak.process import Process
from tests.soak.project import EXTRA, HALFWAY, PATHS, STAGES, copied, difference, outputs, remove, state, warm
from tests.test_every_network import COMMANDS
from tests.test_pipeline import Project

TRAIN = COMMANDS["stages"]["train"]["cmd"]
REPRO = "dvc", "repro", "evaluate"  # without the figures and the measure of doubt, which take longer
GROWING = ("out/seeds.csv",)  # row by row
TOLD = "is being written by"  # by a stage that outlived its dvc
TORN = "'./dvc.lock' validation failed", "'./dvc.lock' is invalid"  # DVC writes it in place, which none here can mend


def at_every_change(project: Path) -> Iterator[str]:
    """Every stage and command, killed before each change of a file: in each write, before and after each rename."""
    warm()
    wanted, rng, left = state(project), random.Random(0), {ways: [] for ways in all_ways()}
    while left:
        command, kept = rng.choice(list(left))
        numbers = left[command, kept] or list(range(1, changes(project, command, kept) + 1))
        number = numbers.pop(rng.randrange(len(numbers)))
        left[command, kept] = numbers
        if not numbers:
            del left[command, kept]
        with copied(project) as folder:
            if not kept:
                remove(folder, command)
            killed = Process(folder, command, killing(folder, number)).end()
            broken = spoilt(state(folder), wanted)
            trouble = Process(folder, command).end().trouble() or difference(state(folder), wanted)
            what = f"{command} killed at change {number} with{'' if kept else 'out'} outputs"
            if killed.status not in (0, -signal.SIGKILL):
                yield f"{what}: {killed.trouble()}"
            else:
                yield f"{what}: {broken or trouble}" if broken or trouble else ""


def all_ways() -> list[tuple[str, bool]]:
    """Each command without what it writes, and again with what it has written, which DVC removes for `train` alone."""
    kept = [(command, True) for command in (*STAGES, *EXTRA) if outputs(command) and command != "train"]
    return [*((command, False) for command in (*STAGES, *EXTRA)), *kept]


def changes(project: Path, command: str, kept: bool) -> int:
    """How many there are in the life of the command, at least 1."""
    with copied(project) as folder:
        if not kept:
            remove(folder, command)
        prepare, count = counting(folder)
        Process(folder, command, prepare).end()
        return max(count(), 1)


def spoilt(found: dict[str, bytes], wanted: dict[str, bytes]) -> str:
    """Files that are neither what they should be nor missing, and no one's temporaries or unfinished work."""
    there = {
        name: content for name, content in found.items() if name in wanted and not name.startswith((*HALFWAY, *GROWING))
    }
    return difference(there, {name: wanted[name] for name in there})


def training(project: Path) -> Iterator[str]:
    """The training as its own process, killed at random moments, some of them twice."""
    wanted, rng = state(project), random.Random(1)
    command = [word.replace("${path.", "{").format(**PATHS) for word in TRAIN.split()]
    command[0] = sys.executable
    with copied(project) as folder:
        remove(folder, "train")
        started = time.monotonic()
        process = start(command, folder)
        process.communicate()
        whole = time.monotonic() - started
    while True:
        moments = [rng.uniform(0, whole) for _ in range(rng.choice([1, 1, 2]))]
        with copied(project) as folder:
            remove(folder, "train")
            for moment in moments:
                process = start(command, folder)
                time.sleep(moment)
                process.kill()
                process.communicate()
            process = start(command, folder)
            said, _ = process.communicate()
            trouble = said[-400:] if process.returncode else difference(state(folder), wanted)
            yield f"train killed after {', '.join(f'{m:.2f} s' for m in moments)}: {trouble}" if trouble else ""


def start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(Path.cwd()), "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    environment |= {"DVC_ROOT": str(folder)}
    return subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def repro(_: Path) -> Iterator[str]:
    """`dvc repro`, killed at random moments: with all that it started, or alone."""
    rng = random.Random(2)
    with TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        whole = Project(place / "whole")
        shutil.copytree(whole.folder, place / "fresh", symlinks=True)
        started = time.monotonic()
        whole.run(*REPRO)
        seconds, wanted = time.monotonic() - started, files(whole.folder)
        while True:
            moment, alone = rng.uniform(0.2, 1) * seconds, rng.random() < 0.4
            again = Path(shutil.copytree(place / "fresh", place / "again", symlinks=True))
            dvc = subprocess.Popen(
                REPRO,
                cwd=again,
                env=whole.environment,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(moment)
            if alone:
                dvc.kill()
            else:
                os.killpg(dvc.pid, signal.SIGKILL)
            dvc.wait()
            trouble = finished(again, whole.environment) or difference(files(again), wanted)
            shutil.rmtree(again)
            yield f"repro killed {'alone ' if alone else ''}after {moment:.1f} s: {trouble}" if trouble else ""


def finished(folder: Path, environment: dict[str, str]) -> str:
    """Repeat the command until nothing that outlived the other is in its way; what went wrong, empty if nothing."""
    end = time.monotonic() + 120
    while True:
        done = subprocess.run(REPRO, cwd=folder, env=environment, capture_output=True, text=True)
        if any(each in done.stderr for each in TORN):  # what SECURITY.md says to do then
            (folder / "dvc.lock").unlink()
            continue
        if TOLD not in done.stderr or time.monotonic() > end:
            return (done.stdout + done.stderr)[-600:] if done.returncode else ""
        time.sleep(1)


def files(folder: Path) -> dict[str, bytes]:
    """`state` without git's files, Python's caches, and the folder of checkpoints, which may stay empty."""
    passed_by = ".git/", "__pycache__"
    return {
        name: content
        for name, content in state(folder).items()
        if name != ".checkpoints/" and not any(each in name for each in passed_by)
    }
