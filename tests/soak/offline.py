"""Commands that must not need a network: none of them asks for one."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.soak.process import Process
from tests.soak.project import EXTRA, STAGES, copied, difference, remove, state, warm

ASKED = 77  # the exit status of who did
CALLS = ("connect", "bind", "sendto", "sendmsg", "getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo")


def end_at_a_socket() -> None:
    """From now on, the first use of a network by this process is its end."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith("socket.") and event.removeprefix("socket.") in CALLS:
            os.write(2, f"{event} {arguments[1:]}\n".encode())
            os._exit(ASKED)

    sys.addaudithook(hook)


def every_command(project: Path) -> Iterator[str]:
    """Every stage but fetch, and the commands around them."""
    warm()
    wanted = state(project)
    for command in (*(stage for stage in STAGES if stage != "fetch"), *EXTRA):
        with copied(project) as folder:
            remove(folder, command)
            trouble = Process(folder, command, end_at_a_socket).end().trouble() or difference(state(folder), wanted)
            yield f"{command} without sockets: {trouble}" if trouble else ""
