"""Servers that live as long as a `with` block: for gates and tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from l9stack.agent.backends import BackendUrls
from l9stack.errors import ServiceError
from l9stack.local import processes, servers
from l9stack.local.namespaces import urls
from l9stack.local.processes import Server

NAMESPACE = "gates"
_TRIES = 3
"""Somebody else may take a port between the look at it and the server's start; the last failure is told."""


@contextlib.contextmanager
def temporary() -> Iterator[tuple[BackendUrls, tuple[Server, ...]]]:
    """All servers, fresh, started at the same time; they and their data are gone afterwards.

    The servers die with the thread that started them, so workers that live as long as the block start them.
    """
    # Not below a home folder: the database's user has to pass.
    folder = Path(tempfile.mkdtemp(prefix="l9-servers-", dir="/var/tmp" if os.geteuid() == 0 else None))  # noqa: S108
    folder.chmod(0o711)
    started: list[Server] = []
    with ThreadPoolExecutor(len(servers.NAMES)) as pool:
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
            ports = {server.name: server.port for server in started}
            yield urls(folder, ports, NAMESPACE), tuple(started)
        finally:
            list(pool.map(Server.stop, started))
            shutil.rmtree(folder, ignore_errors=True)


def _start(name: str, folder: Path) -> Server:
    secret = processes.password(folder, name)
    for _ in range(_TRIES - 1):
        port = processes.free_port()
        with contextlib.suppress(ServiceError):
            return servers.start(name, folder / "data" / name, port, secret, folder / f"{name}.log")
    return servers.start(name, folder / "data" / name, processes.free_port(), secret, folder / f"{name}.log")
