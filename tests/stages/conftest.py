"""Four made-up files in place of MNIST's, and mirrors that misbehave: no network, no MNIST needed."""

import gzip
import hashlib
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stages.datasets import checksums, download


def idx(magic, *shape):
    size = shape[0] * (784 if len(shape) == 3 else 1)
    return gzip.compress(struct.pack(f">{1 + len(shape)}I", magic, *shape) + bytes(size))


@pytest.fixture
def contents(monkeypatch):
    """The made-up files by name, 7 training and 3 test images: they are the right ones, and nothing waits for long."""
    files = {
        "train-images-idx3-ubyte.gz": idx(0x803, 7, 28, 28),
        "train-labels-idx1-ubyte.gz": idx(0x801, 7),
        "t10k-images-idx3-ubyte.gz": idx(0x803, 3, 28, 28),
        "t10k-labels-idx1-ubyte.gz": idx(0x801, 3),
    }
    for name, content in files.items():
        file = checksums.File(len(content), hashlib.sha256(content).hexdigest())
        monkeypatch.setitem(checksums.FILES, name, file)
    for name, value in {"ANSWER_SECONDS": 0.5, "FILE_SECONDS": 0.6, "PAUSES": (0.0,)}.items():
        monkeypatch.setattr(download, name, value)
    for variable in ("MNIST_MIRROR", "DVC_ROOT", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    return files


@pytest.fixture
def serve(contents):
    """Start a web server and give its URL. `faults` names what a handler does instead of sending the right file."""
    servers, done = [], threading.Event()

    def start(faults=None, seen=None):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rpartition("/")[2]
                if seen is not None:
                    seen.append((name, self.headers["User-Agent"]))
                fault = (faults or {}).get(name, "none")
                (FAULTS.get(fault) or fault)(self, contents[name], done)

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}/mnist/"

    yield start
    done.set()
    for server, thread in servers:
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
