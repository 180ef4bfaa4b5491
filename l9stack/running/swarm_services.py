"""Services of a swarm and their tasks, as the engine tells of them now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from l9stack.errors import ServiceError
from l9stack.running.docker_engine import DockerEngine

REVISION = "L9_REVISION"
"""The variable of a service's containers that tells one state of it from the next."""
_FAILED = ("failed", "rejected", "orphaned")
_ON_THEIR_WAY = ("new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting")
"""A task is running only once its health check has succeeded."""


def own_node(engine: DockerEngine) -> str:
    """The id of the engine's own node.

    Raises:
        ServiceError: the engine manages no swarm.
    """
    swarm = json.loads(engine.ask("info", "--format", "{{json .Swarm}}"))
    if swarm.get("LocalNodeState") != "active":
        raise ServiceError(f"{engine} is in no swarm: run `docker swarm init` there, or choose runtime docker")
    if not swarm.get("ControlAvailable"):
        raise ServiceError(f"{engine} is a worker of its swarm: set docker:host to a manager")
    return str(swarm["NodeID"])


def active_nodes(engine: DockerEngine) -> list[str]:
    """Host names of the nodes that take tasks."""
    nodes = engine.rows("node", "ls")
    return sorted(node["Hostname"] for node in nodes if (node["Status"], node["Availability"]) == ("Ready", "Active"))


@dataclass(frozen=True)
class ServiceSnapshot:
    """What is there; `service` is empty where there is none. `tasks` are the newest first."""

    service: Mapping[str, Any]
    tasks: Sequence[Mapping[str, Any]]

    @property
    def there(self) -> bool:
        """Whether there is a service of that name."""
        return bool(self.service)

    @property
    def name(self) -> str:
        """The service's."""
        return str(self.service["Spec"]["Name"])

    @property
    def labels(self) -> Mapping[str, str]:
        """The service's."""
        return self.service["Spec"].get("Labels") or {}

    @property
    def wanted(self) -> int:
        """How many tasks a replicated service shall have."""
        return int(self.service["Spec"]["Mode"].get("Replicated", {}).get("Replicas", 1))

    @property
    def serving(self) -> int:
        """How many healthy tasks there are, of whatever revision."""
        return sum(task["Status"]["State"] == "running" for task in self._meant)

    @property
    def starting(self) -> bool:
        """Whether a task is on its way."""
        return any(task["Status"]["State"] in _ON_THEIR_WAY for task in self._meant)

    @property
    def trouble(self) -> str:
        """Why the newest task that is as it shall be now failed, or waits; what failed before an update is history."""
        now = [task for task in self.tasks if _revision(task["Spec"]) == self.revision]
        return next((_reason(task) for task in now if task["Status"].get("Err")), "")

    @property
    def going_on(self) -> str:
        """What the engine says of an update, or of the way back from one, that goes on."""
        return str(self.service["UpdateStatus"].get("Message", self._update)) if self.updating else ""

    @property
    def revision(self) -> str:
        """Of what the service is to run now."""
        return _revision(self.service["Spec"]["TaskTemplate"])

    @property
    def _update(self) -> str:
        return str((self.service.get("UpdateStatus") or {}).get("State", ""))

    @property
    def first(self) -> bool:
        """Whether the service was never updated."""
        return not self._update

    @property
    def updating(self) -> bool:
        """Whether an update, or the way back from one, goes on."""
        return self._update in ("updating", "rollback_started")

    @property
    def rolled_back(self) -> bool:
        """Whether the last update was taken back."""
        return self._update.startswith("rollback")

    @property
    def halted(self) -> str:
        """Why an update stands still; empty where none does."""
        return str(self.service["UpdateStatus"]["Message"]) if self._update in ("paused", "rollback_paused") else ""

    @property
    def settled(self) -> bool:
        """Whether no update goes on or stands still."""
        return not self.updating and not self.halted

    @property
    def stuck(self) -> str:
        """Why a task finds no node."""
        waiting = [task for task in self.tasks if task["Status"]["State"] == "pending"]
        return next((_reason(task) for task in waiting if task["Status"].get("Err")), "")

    def running(self, revision: str) -> int:
        """How many healthy tasks of a revision there are."""
        return len(self._running(revision))

    def failures(self, revision: str) -> int:
        """How many tasks of a revision have failed, as far as the engine remembers."""
        return len(self._failed(revision))

    def reason(self, revision: str) -> str:
        """Why the newest task of a revision that failed did so; empty where none has."""
        return next((_reason(task) for task in self._failed(revision)), "")

    def failed_task(self, revision: str) -> str:
        """The id of that task; empty where none has failed."""
        return next((str(task["ID"]) for task in self._failed(revision)), "")

    def instance(self, revision: str) -> str:
        """Changes whenever one of the tasks was started anew."""
        ids = sorted(str(task["ID"]) for task in self._running(revision))
        return hashlib.sha256(" ".join(ids).encode()).hexdigest()[:16]

    def published(self, engine: DockerEngine, port: int, reach: str) -> str:
        """The address of a task's own port: on the engine's own node, which `reach` is, or else on the task's node."""
        own = own_node(engine)
        # One on a node that is lost still counts as running there; that it shall not, the swarm knows.
        meant = [task for task in self._meant if task["Status"]["State"] == "running"]
        for task in sorted(meant, key=lambda task: (task["NodeID"] != own, int(task.get("Slot", 0)))):
            for found in (task["Status"].get("PortStatus") or {}).get("Ports") or ():
                if found["TargetPort"] == port:
                    host = reach if task["NodeID"] == own else _address(engine, task["NodeID"])
                    return f"http://{host}:{found['PublishedPort']}"
        raise ServiceError(f"no task of {self.name} has published port {port}")

    @property
    def _meant(self) -> list[Mapping[str, Any]]:
        return [task for task in self.tasks if task["DesiredState"] in ("running", "ready")]

    def _running(self, revision: str) -> list[Mapping[str, Any]]:
        return [
            task
            for task in self.tasks
            if (task["Status"]["State"], task["DesiredState"]) == ("running", "running")
            and _revision(task["Spec"]) == revision
        ]

    def _failed(self, revision: str) -> list[Mapping[str, Any]]:
        return [
            task for task in self.tasks if task["Status"]["State"] in _FAILED and _revision(task["Spec"]) == revision
        ]


def inspect_service(engine: DockerEngine, name: str) -> ServiceSnapshot:
    """A service by its name, with the tasks that the engine remembers.

    Raises:
        ServiceError: the engine does not answer, or manages no swarm.
    """
    rows = engine.rows("service", "ls", "--filter", f"name={name}")
    return next(
        iter(inspect_services(engine, [row["ID"] for row in rows if row["Name"] == name])), ServiceSnapshot({}, ())
    )


def inspect_services(engine: DockerEngine, services: Sequence[str]) -> list[ServiceSnapshot]:
    """Services by their ids, with the tasks that the engine remembers; however many, the engine is asked three times.

    Raises:
        ServiceError: the engine does not answer, or manages no swarm.
    """
    if not services:
        return []
    ids = engine.ask("service", "ps", "--quiet", "--no-trunc", *services).split()
    tasks = engine.rows("inspect", "--type", "task", *ids) if ids else []
    tasks.sort(key=lambda task: str(task["Status"].get("Timestamp", "")), reverse=True)
    return [
        ServiceSnapshot(service, [task for task in tasks if task["ServiceID"] == service["ID"]])
        for service in engine.rows("service", "inspect", *services)
    ]


def _revision(template: Mapping[str, Any]) -> str:
    variables = dict(line.partition("=")[::2] for line in template["ContainerSpec"].get("Env") or ())
    return str(variables.get(REVISION, ""))


def _reason(task: Mapping[str, Any]) -> str:
    status = task["Status"]
    return str(status.get("Err") or status.get("Message") or status["State"])


def _address(engine: DockerEngine, node: str) -> str:
    (found,) = json.loads(engine.ask("node", "inspect", node))
    return str(found["Status"]["Addr"])
