"""Speaks to a project's daemon, and starts it where it is not there."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l9stack.agent.backends import BackendUrls
from l9stack.errors import ServiceError
from l9stack.local import processes
from l9stack.local.host import AgentStatus
from l9stack.local.paths import socket_address, socket_path

START_SECONDS = 20.0
CALL_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A server as it is: `state` is running or stopped."""

    name: str
    state: str
    pid: int
    port: int
    product: str
    version: str
    detail: str


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """Everything that a project's daemon runs."""

    pid: int
    services: tuple[ServiceStatus, ...]
    agents: tuple[AgentStatus, ...]


class SupervisorClient:
    """The daemon of one project."""

    def __init__(self, run: Path) -> None:
        self._run = run

    @classmethod
    def find(cls, run: Path) -> SupervisorClient | None:
        """The daemon that runs, or None."""
        supervisor = cls(run.resolve())
        try:
            supervisor.status()
        except ServiceError:
            return None
        return supervisor

    @classmethod
    def connect(cls, run: Path) -> SupervisorClient:
        """The daemon, started where it does not run.

        Raises:
            ServiceError: it did not start; the message names its log.
        """
        if found := cls.find(run):
            return found
        run.mkdir(parents=True, exist_ok=True)
        # Below: a database's unprivileged user has to pass. Secrets are in files of mode 0600.
        run.chmod(0o711)
        log = run / "supervisor.log"
        with log.open("ab") as sink:
            subprocess.run(
                [sys.executable, "-m", "l9stack.local.supervisor", "--run", str(run.resolve())],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                check=False,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if found := cls.find(run):
                return found
            time.sleep(0.03)
        raise ServiceError(f"the local runtime did not start; its log is {log}:\n{processes.tail(log)}")

    def _call(self, method: str, **params: Any) -> Any:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(CALL_SECONDS)
                with socket_address(self._run) as address:
                    connection.connect(address)
                connection.sendall(json.dumps({"method": method, "params": params}).encode() + b"\n")
                with connection.makefile("rb") as reader:
                    line = reader.readline()
        except OSError as error:
            raise ServiceError(f"the local runtime does not answer: {error}") from error
        if not line:
            raise ServiceError("the local runtime ended while it was asked")
        answer = json.loads(line)
        if "error" in answer:
            raise ServiceError(answer["error"])
        return answer["result"]

    def ensure_service(self, name: str) -> ServiceStatus:
        """Start a server where it does not run."""
        return ServiceStatus(**self._call("ensure_service", name=name))

    def stop_service(self, name: str) -> ServiceStatus:
        """Stop a server; its data stays."""
        return ServiceStatus(**self._call("stop_service", name=name))

    def status(self) -> RuntimeStatus:
        """What runs."""
        answer = self._call("status")
        return RuntimeStatus(
            answer["pid"],
            tuple(ServiceStatus(**service) for service in answer["services"]),
            tuple(AgentStatus(**agent) for agent in answer["agents"]),
        )

    def namespace(self, stack: str) -> BackendUrls:
        """The backends of a stack; made and started where they are missing."""
        found = BackendUrls.from_environ(self._call("namespace", stack=stack))
        if found is None:
            raise ServiceError("the local runtime named no backends")
        return found

    def drop_namespace(self, stack: str) -> None:
        """Stop all agents of a stack."""
        self._call("drop_namespace", stack=stack)

    def start_agent(self, stack: str, agent: str, environ: Mapping[str, str], code_digest: str) -> AgentStatus:
        """Start an agent, or leave it alone where it runs with the same code and environment."""
        answer = self._call("start_agent", stack=stack, agent=agent, environ=dict(environ), code_digest=code_digest)
        return AgentStatus(**answer)

    def stop_agent(self, stack: str, agent: str) -> None:
        """Stop an agent."""
        self._call("stop_agent", stack=stack, agent=agent)

    def endpoint(self, stack: str, agent: str) -> str:
        """Where an agent answers, or will."""
        return str(self._call("endpoint", stack=stack, agent=agent))

    def log_path(self, stack: str, agent: str) -> Path:
        """An agent's log."""
        return self._run / "logs" / "agents" / stack / f"{agent}.log"

    def shutdown(self, progress: Callable[[str], None] | None = None, *, purge: bool = False) -> None:
        """Stop everything and wait until the daemon is gone."""
        if progress:
            progress("stopping agents and servers")
        self._call("shutdown", purge=purge)
        deadline = time.monotonic() + START_SECONDS
        while socket_path(self._run).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
