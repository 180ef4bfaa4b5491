"""A second engine on this machine, in a network and with storage of its own: with it a swarm has two nodes."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.images.commands import FailedError, docker, run

PROGRAMS = ("dockerd", "ip", "nsenter", "unshare")
_START_SECONDS = 60
_STOP_SECONDS = 60


@dataclass(frozen=True)
class Node:
    """Another engine, as if on a machine of its own that one cable joins to this one."""

    name: str
    """Its host name, by which the swarm knows it."""
    namespace: str
    cable: str
    """This machine's end."""
    here: str
    """The address of this machine's end, which the swarm is to advertise."""
    socket: Path

    def docker(self, *arguments: str) -> str:
        """What its engine's command line prints."""
        return docker("--host", f"unix://{self.socket}", *arguments)

    def cut(self) -> None:
        """Pull the cable: it runs on, and nobody reaches it."""
        _ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        """Put the cable back."""
        _ip("link", "set", self.cable, "up")


def lacking() -> list[str]:
    """What such a node needs and this machine has not."""
    found = [f"{program} is not on PATH" for program in PROGRAMS if shutil.which(program) is None]
    return found if os.geteuid() == 0 else [*found, "network namespaces are root's"]


@contextmanager
def a_node() -> Iterator[Node]:
    """Start it; afterwards nothing of it is there: no process, network or file."""
    number, third = secrets.token_hex(2), secrets.randbelow(250) + 1
    namespace, cable, far = f"l9-node-{number}", f"l9v{number}a", f"l9v{number}b"
    here, there = f"10.201.{third}.1", f"10.201.{third}.2"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="l9-node-", ignore_cleanup_errors=True)))
        _ip("netns", "add", namespace)
        stack.callback(_ip, "netns", "delete", namespace)
        _ip("link", "add", cable, "type", "veth", "peer", "name", far, "netns", namespace)
        stack.callback(_ip, "link", "delete", cable)
        _ip("address", "add", f"{here}/24", "dev", cable)
        _ip("link", "set", cable, "up")
        _ip("-netns", namespace, "address", "add", f"{there}/24", "dev", far)
        for device in (far, "lo"):
            _ip("-netns", namespace, "link", "set", device, "up")
        node = Node(f"node-{number}", namespace, cable, here, folder / "docker.sock")
        process = _engine(node, folder)
        stack.callback(_end, process)
        _wait(node, process, folder / "log")
        yield node


def inside(node: Node, command: list[str]) -> list[str]:
    """A command as it runs in the node's network."""
    return ["nsenter", f"--net=/run/netns/{node.namespace}", *command]


def _engine(node: Node, folder: Path) -> subprocess.Popen[bytes]:
    places = {"data-root": "data", "exec-root": "run", "pidfile": "pid"}
    options = [f"--{name}={folder / path}" for name, path in places.items()]
    engine = ["dockerd", "--host", f"unix://{node.socket}", *options]
    named = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', node.name, *engine]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(inside(node, named), stdout=log, stderr=log, start_new_session=True)


def _wait(node: Node, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + _START_SECONDS
    while True:
        try:
            node.docker("info")
            return
        except FailedError:
            told = log.read_text(errors="replace")[-2000:]
            assert process.poll() is None and time.monotonic() < ends, f"no second engine:\n{told}"
            time.sleep(0.2)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Told to end, an engine ends its containers."""
    process.terminate()
    process.wait(_STOP_SECONDS)


def _ip(*words: str) -> None:
    run("ip", *words)
