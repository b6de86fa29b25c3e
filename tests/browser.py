"""A headless Chromium, driven over its DevTools protocol: https://chromedevtools.github.io/devtools-protocol.

The messages go through two pipes, so that neither a driver, nor a port, nor a package is needed.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = "no chromium here: apt-get install chromium"
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
)
SECONDS = 60  # for one answer
BUTTON = {"button": "left", "buttons": 1, "clickCount": 1}


class Page:
    """One page of a browser that runs.

    Args:
        write, read: file descriptors of the pipes to and from it.
    """

    def __init__(self, write, read):
        self.write, self.read = write, read
        self.sent, self.received, self.events, self.session = 0, b"", [], {}
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.session = {"sessionId": session}
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method, **params):
        """One command; its result."""
        self.sent += 1
        message = {"id": self.sent, "method": method, "params": params, **self.session}
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while (answer := self.receive()).get("id") != self.sent:
            self.events.append(answer)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def receive(self):
        """The next answer or event."""
        end = time.monotonic() + SECONDS
        while b"\0" not in self.received:
            ready, _, _ = select.select([self.read], [], [], max(0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            piece = os.read(self.read, 1 << 20)
            assert piece, "the browser has ended"
            self.received += piece
        message, _, self.received = self.received.partition(b"\0")
        return json.loads(message)

    def open(self, path):
        """A file, loaded."""
        self.events.clear()
        self.send("Page.navigate", url=path.resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())

    def run(self, script):
        """The value of a JavaScript expression, as JSON can hold it; promises are awaited."""
        done = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def errors(self):
        """The complaints of the page."""
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if (
                method == "Runtime.exceptionThrown"
                or (method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"))
                or (method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"))
            ):
                found.append(params)
        return found

    def size(self, width, height, scale=1, dark=False):
        """The window, in CSS pixels, of a telephone where it is narrow, and the colour scheme."""
        window = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500}
        self.send("Emulation.setDeviceMetricsOverride", **window)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def box(self, selector):
        """Left, top, width and height of an element in the window."""
        place = (
            f"(b => [b.left, b.top, b.width, b.height])(document.querySelector('{selector}').getBoundingClientRect())"
        )
        return self.run(place)

    def stroke(self, selector, points):
        """Draw with the mouse over an element; the points are in the unit square."""
        left, top, width, height = self.box(selector)
        ways = ["mousePressed", *["mouseMoved"] * (len(points) - 1), "mouseReleased"]
        for way, (x, y) in zip(ways, [*points, points[-1]], strict=True):
            self.send("Input.dispatchMouseEvent", type=way, x=left + x * width, y=top + y * height, **BUTTON)

    def touch(self, selector, points):
        """The same with a finger."""
        left, top, width, height = self.box(selector)
        for way, (x, y) in zip(["touchStart", *["touchMove"] * (len(points) - 1)], points, strict=True):
            finger = {"x": left + x * width, "y": top + y * height}
            self.send("Input.dispatchTouchEvent", type=way, touchPoints=[finger])
        self.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def press(self, key, **options):
        """A key, by the name that JavaScript has for it."""
        for way in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=way, key=key, **options)

    def picture(self, whole=False):
        """The PNG of what is seen, or of the whole page."""
        return base64.b64decode(self.send("Page.captureScreenshot", captureBeyondViewport=whole)["data"])


@contextmanager
def browser():
    """A page of a new browser with a profile of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        theirs, write = os.pipe()
        read, answers = os.pipe()
        command = [CHROMIUM, *OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(  # it reads from 3 and writes to 4
            ["bash", "-c", f'exec "$@" 3<&{theirs} 4>&{answers}', "bash", *command],
            pass_fds=(theirs, answers),
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        os.close(answers)
        try:
            yield Page(write, read)
        finally:
            os.close(write)  # by which it ends
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(read)
