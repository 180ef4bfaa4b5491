"""The seam: a host knows the processes, containers or services of a stack, and has their logs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from l9stack.errors import InputError, Problem
from l9stack.local.client import RuntimeStatus, SupervisorClient
from l9stack.local.host import AgentStatus
from l9stack.project import Project
from l9stack.running.part_status import HostedPart, PartKind

FOLLOW_SECONDS = 0.2


class PartHost(Protocol):
    """Where the parts of one stack run."""

    def hosted(self) -> Mapping[tuple[PartKind, str], HostedPart]:
        """What it knows, by kind and name; what it does not run is not there.

        Raises:
            ServiceError: the host does not answer.
        """

    def logs(self, agent: str, lines: int, follow: bool) -> Iterator[str]:
        """The last lines of an agent's log, then what comes, without end, where `follow` says so.

        Raises:
            InputError: there is no log of that agent; the hint says of whom there is one.
        """


@dataclass(frozen=True)
class LocalHost:
    """The project's supervisor."""

    project: Project
    stack: str

    def status(self) -> RuntimeStatus:
        """Everything that the supervisor runs; nothing where it does not run itself."""
        daemon = SupervisorClient.find(self.project.run) if self.project.run.is_dir() else None
        return daemon.status() if daemon else RuntimeStatus(0, (), ())

    def agents(self) -> dict[str, AgentStatus]:
        """The stack's agents, by name."""
        return {agent.agent: agent for agent in self.status().agents if agent.stack == self.stack}

    def hosted(self) -> dict[tuple[PartKind, str], HostedPart]:
        """Processes as the supervisor sees them."""
        status = self.status()
        found: dict[tuple[PartKind, str], HostedPart] = {}
        for service in status.services:
            running = service.state == "running"
            lines = service.detail.strip().splitlines()
            told = f"{service.product} {service.version}".strip() if running else ""
            found["backend", service.name] = HostedPart(
                "running" if running else "stopped", told, lines[-1] if lines and not running else ""
            )
        for agent in status.agents:
            if agent.stack == self.stack:
                found["agent", agent.agent] = _process(agent)
        return found

    def logs(self, agent: str, lines: int, follow: bool) -> Iterator[str]:
        """Of the file to which the process writes."""
        path = SupervisorClient(self.project.run).log_path(self.stack, agent)
        if not path.is_file():
            known = sorted(file.stem for file in path.parent.glob("*.log")) if path.parent.is_dir() else []
            raise InputError([no_log(agent, self.stack, known)])
        return _lines(path, lines, follow)


@dataclass(frozen=True)
class NoHost:
    """Agents that somebody else runs: there is nobody to ask but themselves."""

    stack: str

    def hosted(self) -> dict[tuple[PartKind, str], HostedPart]:
        """Nothing."""
        return {}

    def logs(self, agent: str, lines: int, follow: bool) -> Iterator[str]:
        """There are none here."""
        message = f"stack {self.stack} does not run {agent}: its log is where it runs"
        raise InputError([Problem("no-log", message, hint=f"l9 health --stack {self.stack} asks it how it is")])


def no_log(agent: str, stack: str, known: list[str]) -> Problem:
    """What is said where an agent has no log."""
    hint = f"agents with a log: {', '.join(known)}" if known else f"stack {stack} was never up; `l9 up` deploys it"
    return Problem("no-log", f"no log of {agent} on stack {stack}", hint=hint)


def _process(agent: AgentStatus) -> HostedPart:
    lines = agent.detail.strip().splitlines()
    match agent.state:
        case "running" | "starting":
            return HostedPart(agent.state)
        case "failed":
            return HostedPart("stopped", "did not become healthy", lines[-1] if lines else "")
        case _:
            return HostedPart("stopped", lines[0] if lines else "", lines[-1] if len(lines) > 1 else "")


def _lines(path: Path, lines: int, follow: bool) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        yield from file.read().splitlines()[-lines:]
        partial = ""
        while follow:
            *whole, partial = (partial + file.read()).split("\n")
            yield from whole
            time.sleep(FOLLOW_SECONDS)
