"""Orphans: what a run that was cut off has left on a Docker engine, in no state, and so in the next one's way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from l9stack.project import Project
from l9stack.reading.stack import stack_text
from l9stack.running.docker import LABEL
from l9stack.running.docker_engine import DockerEngine

_VOLUME = "docker:index/volume:Volume"
_KINDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "docker:index/container:Container": (
        ("ps", "--all", "--format", "{{.Names}}"),
        ("rm", "--force", "--volumes"),
    ),
    "docker:index/service:Service": (("service", "ls", "--format", "{{.Name}}"), ("service", "rm")),
    "docker:index/secret:Secret": (("secret", "ls", "--format", "{{.Name}}"), ("secret", "rm")),
    "docker:index/serviceConfig:ServiceConfig": (("config", "ls", "--format", "{{.Name}}"), ("config", "rm")),
    "docker:index/network:Network": (("network", "ls", "--format", "{{.Name}}"), ("network", "rm")),
    _VOLUME: (("volume", "ls", "--format", "{{.Name}}"), ("volume", "rm")),
}
"""By type, in the order in which they can be removed: how the engine lists them by name, and how one is removed."""


def remove_orphans(project: Project, stack: str, begun: Sequence[Mapping[str, Any]], *, purge: bool) -> list[str]:
    """Remove what `begun` names and the engine has with the stack's label; what was removed.

    A volume is handed out again when its name is asked for once more, and is in nobody's way: only a purge removes it.

    Raises:
        ServiceError: the engine does not answer, or refuses.
    """
    engine = DockerEngine(stack_text(project.root, stack, "docker:host"))
    label = ("--filter", f"label={LABEL}.stack={stack}")
    removed = []
    for kind, (ask, remove) in _KINDS.items():
        names = {resource["inputs"].get("name") for resource in begun if resource["type"] == kind}
        if not names or (kind == _VOLUME and not purge):
            continue
        for name in engine.ask(*ask, *label).split():
            if name in names:
                engine.ask(*remove, name)
                removed.append(name)
    return removed
