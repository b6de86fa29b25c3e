"""Mirrors over HTTPS that misbehave: no wrong byte comes in, and what the next one has comes whole."""

import contextlib
import gzip
import io
import json
import random
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from stages import fetch
from stages.datasets.published import FILES, PUBLISHED
from stages.project import cli
from tests.soak.certificates import make, speaking_tls
from tests.soak.project import ROOT
from tests.stages.conftest import FAULTS, made_up, packed, send, serving

SECONDS = 20  # that a fetch with one such mirror may take, where a mirror has half a second to answer
LONGEST = 1000  # characters of a line on it


def endless(handler, content, done):
    send(handler, content, length=False)
    with contextlib.suppress(OSError):
        while not done.is_set():
            handler.wfile.write(bytes(1 << 16))


def redirected(place):
    """A redirect; to itself it is a loop."""

    def answer(handler, content, done):
        handler.send_response(302)
        handler.send_header("Location", place or handler.path)
        handler.end_headers()

    return answer


def closed(handler, content, done):
    """A connection that ends as a crash ends it: with a reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def rude(handler, content, done):
    handler.wfile.write(b"HTTP/1.0 503 \x1b[2J\x9b31m\x07" + b"x" * 5000 + b"\r\n\r\n")


def no_http(handler, content, done):
    handler.wfile.write(random.Random(0).randbytes(3000))


MISBEHAVIOUR = {name: fault for name, fault in FAULTS.items() if name != "none"} | {
    "endless": endless,
    "redirected to itself": redirected(""),
    "redirected to ftp": redirected("ftp://127.0.0.1/file.gz"),
    "redirected to a file": redirected("file:///etc/passwd"),
    "closed": closed,
    "rude": rude,
    "no HTTP": no_http,
    "a bomb": lambda handler, content, done: send(handler, gzip.compress(bytes(10**8))),
    "too short a length": lambda handler, content, done: send(handler, content, length=len(content) // 2),
    "too great a length": lambda handler, content, done: send(handler, content, length=len(content) + 9),
    "another file": lambda handler, content, done: send(handler, packed(b"\0\0\x08\x01" + bytes(100))),
}
STRANGERS = {  # certificates that prove nothing
    "a certificate that no one trusts": {},
    "a certificate of another host": {"address": "127.0.0.2"},
    "a certificate that has ended": {"days": -1},
}


def misbehaving(_: Path) -> Iterator[str]:
    """A fetch with one mirror that misbehaves for one file or for all, and with or without a good one behind it."""
    rng = random.Random(6)
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(prefix="soak-") as name:
        folder, contents = Path(name), made_up(patch)
        patch.chdir(folder)
        (folder / "dvc.yaml").write_text((ROOT / "dvc.yaml").read_text())
        shown = {kind: make(folder / f"{number}.pem", **more) for number, (kind, more) in enumerate(STRANGERS.items())}
        trusted = make(folder / "trusted.pem")
        known = [path for kind, path in shown.items() if "no one" not in kind]
        (folder / "roots.pem").write_bytes(b"".join(path.read_bytes() for path in (trusted, *known)))
        patch.setenv("SSL_CERT_FILE", str(folder / "roots.pem"))
        for kind in endlessly([*MISBEHAVIOUR, *STRANGERS], rng):
            bad = FILES if kind in shown or rng.random() < 0.3 else [rng.choice(FILES)]
            faults = {f"{file}.gz": MISBEHAVIOUR.get(kind, "none") for file in bad}
            tls = speaking_tls(shown.get(kind, trusted))
            with serving(contents, faults, None, tls, "https") as first:
                trouble = fetched(first, contents, speaking_tls(trusted) if rng.random() < 0.5 else None)
                yield f"a mirror, {kind} for {', '.join(bad)}: {trouble}" if trouble else ""


def endlessly(kinds: list[str], rng: random.Random) -> Iterator[str]:
    """All of them in some order, then in another one, and so on."""
    while True:
        yield from rng.sample(kinds, len(kinds))


def fetched(first: str, contents: dict[str, bytes], other) -> str:
    """What was wrong about a fetch from that mirror, and another one if there is one; empty if nothing."""
    with contextlib.ExitStack() as running:
        urls = [first, *([running.enter_context(serving(contents, None, None, other, "https"))] if other else [])]
        mirrors = {name: urls if name == "mnist" else [] for name in PUBLISHED}
        data = {"dataset": "mnist", "fallback": "none", "mirrors": mirrors, "folder": "data/idx", "classes": []}
        Path("params.yaml").write_text(json.dumps({"data": data}))
        with TemporaryDirectory(dir=".") as place:
            said, started = io.StringIO(), time.monotonic()
            status = run(Path(place, "raw"), said)
            seconds = time.monotonic() - started
            found = {path.name: path.read_bytes() for path in Path(place).rglob("*") if path.is_file()}
    lines = said.getvalue().splitlines()
    found.pop("dataset.json", None)
    if found != (contents if not status else {}):
        return f"status {status}, files {sorted(found)}, of other bytes or not those"
    if other and status:
        return f"the other mirror was of no help: {lines}"
    if "Traceback" in said.getvalue() or any(len(line) > LONGEST or not line.isprintable() for line in lines):
        return f"{said.getvalue()[:1000]!r}"
    return f"it took {seconds:.1f} s" if seconds > SECONDS else ""


def run(raw: Path, said: io.StringIO) -> int:
    """The exit status of the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["stages.fetch", str(raw)])
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            try:
                cli.run(fetch.main)
            except SystemExit as left:
                return int(left.code or 0)
    raise AssertionError("a command leaves")
