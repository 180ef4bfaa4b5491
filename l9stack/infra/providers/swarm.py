"""A swarm as its engine sees it: whether it can run a stack, and whether its services do what was asked of them.

The provider of Docker's resources could wait for a service as well; but it would say no more than that the time was
over, and remove a service that did not get there. Here the engine's own reason is told, and nothing is removed.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from l9stack.errors import ServiceError
from l9stack.infra.providers.base import Props, Provider
from l9stack.running.docker_engine import DockerEngine
from l9stack.running.swarm_services import ServiceSnapshot, active_nodes, inspect_service, own_node

_POLL_SECONDS = 1.0
_TRIES = 3
"""So many tasks may fail until a service that never ran is given up; an update the engine itself takes back."""
_STUCK_SECONDS = 30.0
"""How long a task may be without a node that takes it."""
_LOG_LINES = 6


class SwarmClusterProvider(Provider):
    """The swarm that an engine manages, before anything is run there; `node` is the engine's own."""

    inputs = ("cluster", "host", "registry")
    carried = ("node",)
    watched = ("host", "registry")
    key = "cluster"

    def make(self, props: Props) -> dict[str, Any]:
        """Look whether the cluster can run the stack.

        Raises:
            ServiceError: the engine manages no swarm, or images would be on one of several nodes only.
        """
        engine = DockerEngine(props["host"])
        node = own_node(engine)
        nodes = active_nodes(engine)
        if len(nodes) > 1 and not props["registry"]:
            raise ServiceError(
                f"the swarm has {len(nodes)} nodes ({', '.join(nodes)}), and images that {engine} builds are on its "
                "own node alone: set l9stack:docker.registry to one that all nodes can pull from"
            )
        return {"node": node, "nodes": len(nodes)}

    def observe(self, props: Props) -> dict[str, Any]:
        """The engine's own node; the cluster is looked at again when the stack's config of it changes."""
        return {"node": own_node(DockerEngine(props["host"]))}


class SwarmServiceProvider(Provider):
    """A service whose tasks all run the wanted `revision`; Docker calls a task running once its health check holds."""

    inputs = ("host", "service", "what", "revision", "replicas", "seconds", "address", "port", "reach", "state")
    watched = ("host", "service", "revision", "replicas", "address", "state")
    carried = ("endpoint",)
    desired = {"state": "running"}
    key = "service"

    def make(self, props: Props) -> dict[str, Any]:
        """Wait until the service is as it should be.

        Raises:
            ServiceError: it was rolled back, or its tasks do not start, or not in time; with the engine's reason and
                the last lines of the log.
        """
        engine, began = DockerEngine(props["host"]), time.monotonic()
        while True:
            seen = inspect_service(engine, props["service"])
            problem = _problem(seen, props, time.monotonic() - began)
            if problem:
                raise ServiceError(_told(engine, props, seen, problem))
            if seen.settled and seen.running(props["revision"]) >= props["replicas"]:
                return _outputs(engine, seen, props)
            time.sleep(_POLL_SECONDS)

    def observe(self, props: Props) -> dict[str, Any]:
        """As it should be, or not and why. An update that still goes on is told as it will be."""
        engine = DockerEngine(props["host"])
        seen = inspect_service(engine, props["service"])
        running = seen.running(props["revision"])
        if not seen.there:
            return {"state": "missing"}
        if seen.revision != props["revision"]:
            return {"revision": seen.revision, "state": "rolled back" if seen.rolled_back else "another revision"}
        if running < props["replicas"]:
            return {"state": f"{running} of {props['replicas']:.0f} run{_because(seen.reason(props['revision']))}"}
        return _outputs(engine, seen, props)


def _problem(seen: ServiceSnapshot, props: Props, seconds: float) -> str:
    """Why there is nothing more to wait for; empty while there is."""
    wanted, asked = props["revision"], int(props["replicas"])
    reason = _because(seen.reason(wanted))
    count = f"{seen.running(wanted)} of {asked} run"
    if not seen.there:
        return "the service is not there"
    if seen.updating:
        return f"{count} after {seconds:.0f} s{reason}" if seconds > props["seconds"] else ""
    if seen.revision != wanted:
        if seen.rolled_back:
            return f"the update was rolled back{reason}; {seen.running(seen.revision)} of {asked} run as before"
        return "somebody has changed the service meanwhile"
    if seen.halted:
        return f"{seen.halted}; {count}{reason}"
    if seen.first and not seen.running(wanted) and seen.failures(wanted) >= _TRIES:
        return f"it does not start{reason}"
    if seen.stuck and seconds > _STUCK_SECONDS:
        return f"{count}: {seen.stuck}"
    return f"{count} after {seconds:.0f} s{reason}" if seconds > props["seconds"] else ""


def _told(engine: DockerEngine, props: Props, seen: ServiceSnapshot, problem: str) -> str:
    lines = ""
    if task := seen.failed_task(props["revision"]):
        with suppress(ServiceError):  # a node that is gone has no logs: the reason stands without them
            lines = engine.ask("service", "logs", "--raw", "--tail", f"{_LOG_LINES}", task).strip()
    log = f"\nthe last lines of its log:\n{lines}" if lines else f"\nlook at: docker service ps {props['service']}"
    return f"{props['what']}: {problem}{log}"


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _outputs(engine: DockerEngine, seen: ServiceSnapshot, props: Props) -> dict[str, Any]:
    endpoint = props["address"] or seen.published(engine, int(props["port"]), props["reach"])
    return {"endpoint": endpoint, "instance": seen.instance(props["revision"]), "state": "running", "health": "ok"}
