"""Containers as their engine sees them: whether a stack may have its names there, and whether a container serves.

The provider of Docker's resources could wait for a container's health as well; but it would say no more than that the
time was over, wait on for one that has ended, and not wait at all for one that it starts again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from l9stack.errors import ServiceError
from l9stack.infra.providers.base import Props, Provider
from l9stack.running.docker import container_state, filters
from l9stack.running.docker_engine import DockerEngine
from l9stack.running.part_status import HostedPart

_POLL_SECONDS = 0.3
_STARTS = 3
"""A container that has been started again so often, and ended each time, is given up."""
_LOG_LINES = 8
_KINDS = {
    "container": ("ps", "--all", "--format", "{{.Names}}"),
    "network": ("network", "ls", "--format", "{{.Name}}"),
    "volume": ("volume", "ls", "--format", "{{.Name}}"),
}


class EngineClaimProvider(Provider):
    """A stack's names on one engine, claimed before anything is made there.

    The engine refuses a second container of a name; a volume it would hand to both projects in silence.
    """

    inputs = ("collection", "stack", "host")
    watched = ("collection", "stack", "host")
    key = "collection"

    def make(self, props: Props) -> dict[str, Any]:
        """Look whether the names are free.

        Raises:
            ServiceError: the engine does not answer, or another project has a stack of this name there, or this one
                has lost its state.
        """
        engine = DockerEngine(props["host"])
        labels = filters(props["stack"], props["collection"])
        found = [f"{kind} {name}" for kind, ask in _KINDS.items() for name in engine.ask(*ask, *labels).split()]
        if found:
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            raise ServiceError(
                f"{engine} has a stack {props['stack']} of {props['collection']} that is not in this project's state: "
                f"{', '.join(found[:3])}{more}. If it is another project's, name this stack differently; if it is an "
                f"orphan, remove it: `docker ps --all`, `docker network ls` and `docker volume ls` show it with "
                f"`{' '.join(labels)}`"
            )
        return {"engine": _identity(engine)}

    def mend(self, olds: Props, news: Props) -> dict[str, Any]:
        """Claim anew, but where `host` is another way to the same engine."""
        named = (news["collection"], news["stack"]) == (olds.get("collection"), olds.get("stack"))
        identity = _identity(DockerEngine(news["host"]))
        return {"engine": identity} if named and identity == olds.get("engine") else self.make(news)


def _identity(engine: DockerEngine) -> str:
    return engine.ask("info", "--format", "{{.ID}}").strip()


class ContainerReadyProvider(Provider):
    """Whether a container's own health check succeeds; `instance` tells one start of it from the next.

    That a container is gone or stopped is its own resource's to say: in a preview neither is a change here, or one
    removed container would show as several. `up` gives `container_id`, and then everything but healthy counts.
    """

    inputs = ("host", "container", "what", "seconds", "state", "container_id")
    watched = ("host", "container", "state")
    carried = ("instance",)
    desired = {"state": "healthy"}
    key = "container"

    def make(self, props: Props) -> dict[str, Any]:
        """Wait until it is healthy.

        Raises:
            ServiceError: it has ended, its health check has failed for good, or it is not healthy in time; with what
                its health check says and the last lines of its log.
        """
        engine, deadline = DockerEngine(props["host"]), time.monotonic() + props["seconds"]
        while not (seen := _look(engine, props["container"])).healthy:
            late = time.monotonic() > deadline
            if seen.hopeless or late:
                raise ServiceError(_told(engine, props, seen, f" after {props['seconds']:.0f} s" if late else ""))
            time.sleep(_POLL_SECONDS)
        return {"state": "healthy", "instance": seen.instance}

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> Any:
        """See the class for what counts when."""
        whole = super().diff(_id, _olds, _news)
        if not whole.changes and "container_id" in _news:
            anew = _olds.get("container_id") != _news["container_id"]
            whole.changes = anew or not _look(DockerEngine(_news["host"]), _news["container"]).healthy
        return whole

    def observe(self, props: Props) -> dict[str, Any]:
        """Healthy, or what its health check says; one that starts is told as it will be."""
        seen = _look(DockerEngine(props["host"]), props["container"])
        if seen.hosted.state == "failing":
            return {"state": f"unhealthy: {seen.said}".rstrip(": ")}
        return {"state": "healthy", "instance": seen.instance} if seen.healthy else {}


@dataclass(frozen=True)
class _Look:
    hosted: HostedPart
    instance: str = ""
    ended: bool = False
    """It does not run, and the engine does not start it again, or has done so in vain."""
    said: str = ""
    """The last line that its last health check printed."""

    @property
    def healthy(self) -> bool:
        return self.hosted.state == "running"

    @property
    def hopeless(self) -> bool:
        """Nothing is to be waited for."""
        return self.ended or self.hosted.state in ("failing", "missing")


def _look(engine: DockerEngine, name: str) -> _Look:
    ids = engine.ask("ps", "--all", "--quiet", "--no-trunc", "--filter", f"name=^/?{name}$").split()
    if not ids:
        return _Look(HostedPart("missing", "there is no container of this name"))
    (found,) = engine.rows("inspect", "--type", "container", ids[0])
    state = found["State"]
    ended = state["Status"] in ("exited", "dead", "paused")
    in_vain = state["Status"] == "restarting" and found["RestartCount"] >= _STARTS
    checks = (state.get("Health") or {}).get("Log") or [{"Output": ""}]
    return _Look(
        container_state(state),
        f"{found['Id'][:12]} since {state['StartedAt']}",
        ended or in_vain,
        (checks[-1]["Output"].strip().splitlines() or [""])[-1],
    )


def _told(engine: DockerEngine, props: Props, seen: _Look, when: str) -> str:
    name = props["container"]
    lines = [f"{props['what']} is not healthy{when}: container {name}: {seen.hosted.detail}"]
    if seen.said:
        lines.append(f"its health check says: {seen.said}")
    if not seen.instance:
        return "\n".join(lines)
    log = list(engine.lines("logs", "--tail", f"{_LOG_LINES}", name))
    lines += ["the last lines of its log:", *(f"  {line}" for line in log)] if log else ["its log is empty"]
    return "\n".join([*lines, f"more of it: docker logs {name}"])
