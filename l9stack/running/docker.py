"""Containers of a stack on one Docker engine, found by their labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from l9stack.errors import InputError
from l9stack.running.docker_engine import DockerEngine
from l9stack.running.hosts import no_log
from l9stack.running.part_status import HostedPart, PartKind

LABEL = "l9stack"
"""The prefix of the labels `collection`, `stack`, `agent` and `service`."""


@dataclass(frozen=True)
class DockerHost:
    """One engine, here or elsewhere."""

    engine: DockerEngine
    stack: str
    collection: str

    def hosted(self) -> dict[tuple[PartKind, str], HostedPart]:
        """The state of each container, with its health check's, and the last line of one that ended."""
        found: dict[tuple[PartKind, str], HostedPart] = {}
        for container in self._containers():
            if key := part_of(container["Config"]["Labels"] or {}):
                hosted = container_state(container["State"])
                if hosted.state in ("stopped", "failing") and not hosted.last_line:
                    last = list(self.engine.lines("logs", "--tail", "1", container["Id"]))
                    hosted = replace(hosted, last_line=last[-1] if last else "")
                found[key] = hosted
        return found

    def logs(self, agent: str, lines: int, follow: bool) -> Iterator[str]:
        """Of the container."""
        known = {
            key[1]: container["Id"]
            for container in self._containers()
            if (key := part_of(container["Config"]["Labels"] or {})) and key[0] == "agent"
        }
        if agent not in known:
            raise InputError([no_log(agent, self.stack, sorted(known))])
        return self.engine.lines("logs", "--tail", str(lines), *(("--follow",) if follow else ()), known[agent])

    def _containers(self) -> list[dict[str, Any]]:
        ids = self.engine.ask("ps", "--all", "--quiet", "--no-trunc", *filters(self.stack, self.collection)).split()
        return self.engine.rows("inspect", *ids) if ids else []


def filters(stack: str, collection: str) -> list[str]:
    """Options that choose what belongs to a stack of a collection."""
    labels = {"stack": stack, "collection": collection}
    return [word for name, value in labels.items() for word in ("--filter", f"label={LABEL}.{name}={value}")]


def part_of(labels: Mapping[str, str]) -> tuple[PartKind, str] | None:
    """Which agent or backend a container or service is; None for one that only brings files."""
    if agent := labels.get(f"{LABEL}.agent"):
        return "agent", agent
    if service := labels.get(f"{LABEL}.service"):
        return "backend", service
    return None


def container_state(state: Mapping[str, Any]) -> HostedPart:
    """What the engine's record of a container means."""
    ended = f"ended with code {state['ExitCode']}{', out of memory' if state.get('OOMKilled') else ''}"
    match state["Status"]:
        case "created":
            return HostedPart("starting", "made, not started yet")
        case "restarting":
            return HostedPart("stopped", f"{ended}, and is started again and again")
        case "running":
            return _running(state.get("Health"))
        case "paused":
            return HostedPart("stopped", "paused")
        case _:
            return HostedPart("stopped", state.get("Error") or ended)


def _running(health: Mapping[str, Any] | None) -> HostedPart:
    if not health or health["Status"] == "none":
        return HostedPart("running", "it has no health check")
    if health["Status"] == "starting":
        return HostedPart("starting", "its health check has not succeeded yet")
    if health["Status"] == "healthy":
        return HostedPart("running")
    said = [line for entry in health.get("Log") or () for line in entry["Output"].strip().splitlines()]
    return HostedPart("failing", "its health check fails", said[-1] if said else "")
