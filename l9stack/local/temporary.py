"""Servers that live as long as a `with` block: for gates and tests."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from l9stack.agent.backends import BackendUrls
from l9stack.errors import ServiceError
from l9stack.local import namespaces, processes, servers
from l9stack.local.processes import Server
from l9stack.local.scratch import scratch_folder

NAMESPACE = "gates"
_TRIES = 3
"""Somebody else may take a port between the look at it and the server's start; the last failure is told."""


@dataclass(frozen=True, slots=True)
class SharedServers:
    """Where running servers are, for whoever makes a namespace of its own in them; plain data, for other processes."""

    folder: str
    ports: dict[str, int]

    def namespace(self, name: str) -> BackendUrls:
        """The backends of a namespace, made where it is missing."""
        return namespaces.urls(Path(self.folder), self.ports, name)

    def drop(self, name: str) -> None:
        """Remove a namespace's database and graph."""
        namespaces.drop(Path(self.folder), self.ports, name)


@contextlib.contextmanager
def temporary_servers() -> Iterator[tuple[BackendUrls, tuple[Server, ...]]]:
    """All servers, fresh, with one namespace in them; they and their data are gone afterwards."""
    with _running() as (shared, started):
        yield shared.namespace(NAMESPACE), started


@contextlib.contextmanager
def shared_servers() -> Iterator[SharedServers]:
    """All servers, fresh; they and their data are gone afterwards."""
    with _running() as (shared, _):
        yield shared


@contextlib.contextmanager
def _running() -> Iterator[tuple[SharedServers, tuple[Server, ...]]]:
    """Servers that are started at the same time. They and their data are gone afterwards, also where we are killed.

    The servers die with the thread that started them, so workers that live as long as the block start them.
    """
    # Not below a home folder: the database's user has to pass.
    parent = Path("/var/tmp") if os.geteuid() == 0 else None  # noqa: S108
    with scratch_folder("l9-servers-", parent) as folder, ThreadPoolExecutor(len(servers.NAMES)) as pool:
        folder.chmod(0o711)
        started: list[Server] = []
        try:
            jobs = {name: pool.submit(_start, name, folder) for name in servers.NAMES}
            failures = []
            for job in jobs.values():
                try:
                    started.append(job.result())
                except Exception as error:
                    failures.append(error)
            if failures:
                raise failures[0]
            yield SharedServers(str(folder), {server.name: server.port for server in started}), tuple(started)
        finally:
            list(pool.map(Server.stop, started))


def _start(name: str, folder: Path) -> Server:
    secret = processes.password(folder, name)
    for _ in range(_TRIES - 1):
        port = processes.free_port()
        with contextlib.suppress(ServiceError):
            return servers.start(name, folder / "data" / name, port, secret, folder / f"{name}.log")
    return servers.start(name, folder / "data" / name, processes.free_port(), secret, folder / f"{name}.log")
