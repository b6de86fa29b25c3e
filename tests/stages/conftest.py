"""Four made-up files in place of MNIST's, and mirrors that misbehave: no network, no MNIST needed."""

import gzip
import hashlib
import struct
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stages.datasets import download, mirrors, published


def idx(magic, *shape):
    size = shape[0] * (784 if len(shape) == 3 else 1)
    return struct.pack(f">{1 + len(shape)}I", magic, *shape) + bytes(size)


@pytest.fixture
def contents(monkeypatch):
    """The made-up files; see `made_up`."""
    return made_up(monkeypatch)


def made_up(monkeypatch):
    """The made-up files, unpacked, by name, 7 training and 3 test images: they are the right ones of MNIST, and their
    gzipped forms those of Fashion-MNIST; nothing waits for long.
    """
    files = {
        "train-images-idx3-ubyte": idx(0x803, 7, 28, 28),
        "train-labels-idx1-ubyte": idx(0x801, 7),
        "t10k-images-idx3-ubyte": idx(0x803, 3, 28, 28),
        "t10k-labels-idx1-ubyte": idx(0x801, 3),
    }
    known = {
        name: (len(c), hashlib.sha256(c).hexdigest(), hashlib.md5(packed(c)).hexdigest()) for name, c in files.items()
    }
    mnist = {name: published.File(size, sha256=sha256) for name, (size, sha256, _) in known.items()}
    fashion = {name: published.File(size, md5=md5) for name, (size, _, md5) in known.items()}
    for key, described in ("mnist", mnist), ("fashion_mnist", fashion):
        monkeypatch.setitem(published.PUBLISHED, key, replace(published.PUBLISHED[key], files=described))
    for name, value in {"ANSWER_SECONDS": 0.5, "PAUSES": (0.0,)}.items():
        monkeypatch.setattr(download, name, value)
    monkeypatch.setattr(mirrors, "SLACK", 1000)
    for variable in ("MNIST_MIRROR", "DVC_ROOT", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    return files


def packed(content):
    """As its authors packed it."""
    return gzip.compress(content, mtime=0)


@pytest.fixture
def serve(contents):
    """Start a web server that has the .gz files and give its URL. `faults` names what a handler does instead."""
    with ExitStack() as running:

        def start(faults=None, seen=None):
            return running.enter_context(serving(contents, faults, seen))

        yield start


@contextmanager
def serving(contents, faults=None, seen=None, wrap=lambda socket: socket, scheme="http"):
    """The server and its URL; `wrap` makes of its socket one that speaks another language."""
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.rpartition("/")[2]
            if seen is not None:
                seen.append((name, self.headers["User-Agent"]))
            right = packed(contents[name[:-3]]) if name[:-3] in contents else b""
            fault = (faults or {}).get(name, "none" if right else "missing")
            (FAULTS.get(fault) or fault)(self, right, done)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # a client that breaks off is no one's fault here
    server.socket = wrap(server.socket)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}/mnist/"
    finally:
        done.set()
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler, content, length=None, status=200):
    handler.send_response(status)
    if length is not False:
        handler.send_header("Content-Length", str(length or len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def silent(handler, content, done):
    done.wait(5)


def stalling(handler, content, done):
    send(handler, content[:5], length=len(content))
    done.wait(5)


def dripping(handler, content, done):
    send(handler, b"", length=len(content))
    for byte in content[:40]:
        if done.wait(0.05):
            return
        handler.wfile.write(bytes([byte]))


FAULTS = {
    "none": lambda handler, content, done: send(handler, content),
    "truncated": lambda handler, content, done: send(handler, content[:-5]),
    "cut off": lambda handler, content, done: send(handler, content[:-5], length=len(content)),
    "oversized": lambda handler, content, done: send(handler, content + b"\0" * 100_000, length=False),
    "wrong": lambda handler, content, done: send(handler, content[:-1] + b"?"),
    "html": lambda handler, content, done: send(handler, b"\n<!DOCTYPE html><title>Please log in</title>"),
    "missing": lambda handler, content, done: send(handler, b"<html>gone</html>", status=404),
    "broken": lambda handler, content, done: send(handler, b"", status=503),
    "silent": silent,
    "stalling": stalling,
    "dripping": dripping,
}
