"""Services of a stack on a swarm, found by their labels; a manager of the swarm is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from l9stack.errors import InputError
from l9stack.running.docker import filters, part_of
from l9stack.running.engine import DockerEngine
from l9stack.running.hosts import no_log
from l9stack.running.parts import Hosted, Kind

_ON_ITS_WAY = ("New", "Allocated", "Pending", "Assigned", "Accepted", "Preparing", "Ready", "Starting")
"""A task is Running only once its health check has succeeded."""


@dataclass(frozen=True)
class SwarmHost:
    """The swarm of which an engine is a manager."""

    engine: DockerEngine
    stack: str
    collection: str

    def hosted(self) -> dict[tuple[Kind, str], Hosted]:
        """The state of each service: how many of its tasks run, and why the others do not."""
        services = self._services()
        if not services:
            return {}
        tasks: dict[str, list[dict[str, Any]]] = {name: [] for name in services}
        for task in self.engine.rows("service", "ps", "--no-trunc", *services):
            name = task["Name"].strip("\\_ ").rpartition(".")[0]
            tasks.setdefault(name, []).append(task)
        return {key: service_state(service, tasks[name]) for name, (key, service) in services.items()}

    def logs(self, agent: str, lines: int, follow: bool) -> Iterator[str]:
        """Of all tasks of the service, each line with its task's name where there are several."""
        known = {key[1]: (name, service) for name, (key, service) in self._services().items() if key[0] == "agent"}
        if agent not in known:
            raise InputError([no_log(agent, self.stack, sorted(known))])
        name, service = known[agent]
        raw = ("--raw",) if wanted(service) == 1 else ()
        options = (*raw, "--tail", str(lines), *(("--follow",) if follow else ()))
        return self.engine.lines("service", "logs", *options, name)

    def _services(self) -> dict[str, tuple[tuple[Kind, str], dict[str, Any]]]:
        names = self.engine.ask("service", "ls", "--quiet", *filters(self.stack, self.collection)).split()
        found = self.engine.rows("service", "inspect", *names) if names else []
        return {
            service["Spec"]["Name"]: (key, service)
            for service in found
            if (key := part_of(service["Spec"].get("Labels") or {}))
        }


def wanted(service: dict[str, Any]) -> int:
    """How many tasks a replicated service shall have."""
    return int(service["Spec"]["Mode"].get("Replicated", {}).get("Replicas", 1))


def service_state(service: dict[str, Any], tasks: Sequence[dict[str, Any]]) -> Hosted:
    """A service with its tasks, the newest of each place first, as the command lists them."""
    meant = [task for task in tasks if task["DesiredState"] in ("Running", "Ready")]
    running = sum(task["CurrentState"].startswith("Running") for task in meant)
    asked = wanted(service)
    update = service.get("UpdateStatus") or {}
    told = f"{running} of {asked} run" if asked != 1 or running != asked else ""
    if update.get("State") in ("updating", "rollback_started"):
        told = f"{told}, {update['Message']}".strip(", ")
    if running >= asked:
        return Hosted("running", told)
    # What failed with another image is history: its successor only starts.
    images = {task["Image"] for task in meant}
    failed = next((task for task in tasks if task["Error"] and (not meant or task["Image"] in images)), None)
    why = f"{told}; the last one failed: {failed['Error'].strip(chr(34))}" if failed else told
    if failed is None and any(task["CurrentState"].split(" ")[0] in _ON_ITS_WAY for task in meant):
        return Hosted("starting", told)
    return Hosted("failing" if running else "stopped", why)
