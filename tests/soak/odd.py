"""Pipes, devices, folders and links in place of files that a command reads: it says so in one line, at once."""

import os
import random
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path

from tests.soak.disks import kept
from tests.soak.process import Process
from tests.soak.project import FEW, PATHS, copied, difference, state, warm

SECONDS = 20  # after which a command hangs
MEMORY = 1 << 32  # bytes of addresses, so that an endless file ends here
PICTURE, TABLE = "out/digit.png", "out/seeds.csv"
RAW, PROCESSED = PATHS["raw"], PATHS["processed"]
READ = {  # by each command
    "check": ["params.yaml"],
    "fetch": ["params.yaml", f"{FEW}/train-images-idx3-ubyte.gz", f"{FEW}/t10k-labels-idx1-ubyte"],
    "preprocess": ["params.yaml", f"{RAW}/train-images-idx3-ubyte", f"{RAW}/dataset.json"],
    "train": ["params.yaml", f"{PROCESSED}/train.npz", f"{PROCESSED}/val.npz"],
    "deliver": [f"{PATHS['trained']}/model.npz"],
    "evaluate": [PATHS["model"], f"{PROCESSED}/test.npz"],
    "plots": [PATHS["model"], PATHS["predictions"]],
    "report": ["params.yaml", PATHS["metrics"], PATHS["predictions"], f"{PATHS['training']}/provenance.json"],
    f"predict {PICTURE}": [PICTURE, PATHS["model"]],
    "predict --index 1": [f"{PROCESSED}/test.npz", "dvc.yaml"],
    "export --onnx out/model.onnx": [PATHS["model"]],
    f"seeds --seeds 3 --workers 1 --table {TABLE}": ["params.yaml", TABLE],
}


def listening(path: Path) -> None:
    """A socket; its name must be short."""
    with chdir(path.parent), socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


KINDS: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a socket": listening,
    "/dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "/dev/full": lambda path: path.symlink_to("/dev/full"),
    "a folder": Path.mkdir,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
}
MISSING = [(TABLE, "a link to itself"), (TABLE, "a link to nothing")]  # so that it is written anew


def files(project: Path) -> Iterator[str]:
    """Each kind in place of each file."""
    warm()
    wanted = state(project)
    cases = [(command, name, kind) for command, names in READ.items() for name in names for kind in KINDS]
    random.Random(8).shuffle(cases)
    for command, name, kind in cases:
        with copied(project) as folder:
            path = folder / name
            path.unlink(missing_ok=True)
            KINDS[kind](path)
            process = Process(folder, command, bounded).end()
            fine = process.refused() or (not process.status and (name, kind) in MISSING)
            trouble = "" if fine else process.trouble() or "it is not refused"
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
            left = {key: content for key, content in kept(wanted).items() if key not in (name, f"{name}/")}
            trouble = trouble or difference(kept(state(folder)), left)
            yield f"{command} with {kind} as {name}: {trouble}" if trouble else ""


def bounded() -> None:
    """From now on, this process has little time and memory."""
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
