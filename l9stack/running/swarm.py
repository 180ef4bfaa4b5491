"""Services of a stack on a swarm, found by their labels; a manager of the swarm is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from l9stack.errors import InputError
from l9stack.running.docker import filters, part_of
from l9stack.running.docker_engine import DockerEngine
from l9stack.running.hosts import no_log
from l9stack.running.part_status import HostedPart, PartKind
from l9stack.running.swarm_services import ServiceSnapshot, inspect_services


@dataclass(frozen=True)
class SwarmHost:
    """The swarm of which an engine is a manager."""

    engine: DockerEngine
    stack: str
    collection: str

    def hosted(self) -> dict[tuple[PartKind, str], HostedPart]:
        """The state of each service: how many of its tasks run, and why the others do not."""
        return {key: service_state(service) for key, service in self._services().items()}

    def logs(self, agent: str, lines: int, follow: bool) -> Iterator[str]:
        """Of all tasks of the service, each line with its task's name where there are several."""
        known = {name: service for (kind, name), service in self._services().items() if kind == "agent"}
        if agent not in known:
            raise InputError([no_log(agent, self.stack, sorted(known))])
        service = known[agent]
        raw = ("--raw",) if service.wanted == 1 else ()
        options = (*raw, "--tail", str(lines), *(("--follow",) if follow else ()))
        return self.engine.lines("service", "logs", *options, service.name)

    def _services(self) -> dict[tuple[PartKind, str], ServiceSnapshot]:
        ids = self.engine.ask("service", "ls", "--quiet", *filters(self.stack, self.collection)).split()
        return {key: service for service in inspect_services(self.engine, ids) if (key := part_of(service.labels))}


def service_state(service: ServiceSnapshot) -> HostedPart:
    """What the engine's record of a service and its tasks means."""
    running, wanted = service.serving, service.wanted
    told = f"{running} of {wanted} run" if wanted != 1 or running != wanted else ""
    told = ", ".join(filter(None, (told, service.going_on)))
    if running >= wanted:
        return HostedPart("running", told)
    if service.trouble:
        return HostedPart("failing" if running else "stopped", f"{told}; the last one failed: {service.trouble}")
    return HostedPart("starting" if service.starting else "failing" if running else "stopped", told)
