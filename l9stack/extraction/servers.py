"""What gates run on: servers in a namespace, and the fork server that test runs are forked from."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from l9stack.agent.backends import BackendUrls
from l9stack.gates.fork_server import fork_server_of_tests
from l9stack.local.client import SupervisorClient
from l9stack.local.fork_server import ForkServer
from l9stack.local.scratch import scratch_folder
from l9stack.local.temporary import SharedServers, temporary_servers
from l9stack.progress import Progress
from l9stack.project import Project

NAMESPACE = "gates"


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class ReadyServers:
    """Servers that answer, and the fork server."""

    backends: BackendUrls
    parent: ForkServer


class GateServers:
    """Prepares what gates run on when it is first asked for; `jobs` test runs may go on at a time.

    Trees under test are written below `scratch`, which is gone afterwards.
    """

    scratch: Path

    def __init__(self, project: Project, progress: Progress, jobs: int) -> None:
        self.jobs = jobs
        self._project = project
        self._progress = progress
        self._stack = ExitStack()
        self._coming: Future[ReadyServers] | None = None

    def __enter__(self) -> Self:
        self.scratch = self._stack.enter_context(scratch_folder("l9-gates-"))
        return self

    def __exit__(self, *_error: object) -> None:
        if self._coming is not None:
            # What is about to start is waited for, so that it can be ended; whether it did start matters no more.
            self._coming.exception()
        self._stack.close()

    def begin(self) -> None:
        """Start beside whatever the caller does next; with one job, one thing is done after the other."""
        if self.jobs > 1:
            self._begin()

    def ready(self) -> ReadyServers:
        """Wait until all is there; ServiceError where a server does not start."""
        return self._begin().result()

    def _begin(self) -> Future[ReadyServers]:
        if self._coming is None:
            pool = self._stack.enter_context(ThreadPoolExecutor(1, "l9-grounds"))
            self._coming = pool.submit(self._made)
        return self._coming

    def _made(self) -> ReadyServers:
        parent = self._stack.enter_context(fork_server_of_tests(self.scratch / "warm.log"))
        return ReadyServers(self._stack.enter_context(self._servers()), parent)

    @contextlib.contextmanager
    def _servers(self) -> Iterator[BackendUrls]:
        """Those of the project's local runtime where it runs, in a namespace of their own, else fresh ones."""
        running = SupervisorClient.find(self._project.run) if self._project.run.is_dir() else None
        if running is not None:
            yield running.namespace(NAMESPACE)
            return
        self._progress("starting servers for the gates")
        with temporary_servers() as (backends, _):
            yield backends


class SharedGateServers(GateServers):
    """A namespace in servers that others use, too; it is dropped afterwards."""

    def __init__(self, project: Project, jobs: int, shared: SharedServers, namespace: str) -> None:
        super().__init__(project, lambda _message: None, jobs)
        self._shared = shared
        self._namespace = namespace

    @contextlib.contextmanager
    def _servers(self) -> Iterator[BackendUrls]:
        yield self._shared.namespace(self._namespace)
        self._shared.drop(self._namespace)
