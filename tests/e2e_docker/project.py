"""A project with one stack on this machine's Docker engine, and what that stack has there."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Deployed, copy_clone
from tests.e2e.images.commands import FailedError, docker
from tests.e2e.images.stack import stack_config

COLLECTION = "input_schemas/claims_desk"
UP_SECONDS = 900
"""A first `up` builds the agents' images and starts all servers, on a machine that may be busy."""
_KINDS: Mapping[str, tuple[str, ...]] = {
    "container": ("ps", "--all", "--format", "{{.Names}}"),
    "service": ("service", "ls", "--format", "{{.Name}}"),
    "network": ("network", "ls", "--format", "{{.Name}}"),
    "volume": ("volume", "ls", "--format", "{{.Name}}"),
    "secret": ("secret", "ls", "--format", "{{.Name}}"),
    "config": ("config", "ls", "--format", "{{.Name}}"),
}
_SWARM = ("service", "secret", "config")


@dataclass(frozen=True)
class OnDocker(Deployed):
    """The project, its stack, and the stack's part of the engine, found by its labels."""

    def up(self, *options: str) -> None:
        """`l9 up` of the stack."""
        self.run("up", "--stack", self.stack, *options)

    def previewed(self, *options: str) -> list[str]:
        """What plain `pulumi preview` of the stack would change, as `replace claims_desk-redis`."""
        return super().previewed("--stack", self.stack, *options)

    def named(self, name: str) -> str:
        """The engine's name for what the stack calls `name`."""
        return f"{name}-{self.stack}"

    def found(self, kind: str) -> list[str]:
        """The engine's names of the stack's containers, services, networks, volumes, secrets or configs."""
        return sorted(docker(*_KINDS[kind], "--filter", f"label=l9stack.stack={self.stack}").split())

    def left(self) -> list[str]:
        """Everything of the stack that the engine still has, as `volume claims_desk-redis-data-NAME`."""
        kinds = [kind for kind in _KINDS if kind not in _SWARM or in_swarm()]
        return [f"{kind} {name}" for kind in kinds for name in self.found(kind)]

    def inspect(self, name: str) -> dict[str, Any]:
        """What the engine says of a container, by the stack's name for it."""
        found: list[dict[str, Any]] = json.loads(docker("inspect", "--type", "container", self.named(name)))
        return found[0]

    def health(self) -> dict[str, str]:
        """`healthy`, `starting` or `unhealthy`, by the engine's name of each running container that has a check."""
        shown = docker("ps", "--filter", f"label=l9stack.stack={self.stack}", "--format", "{{.Names}}").split()
        states: list[dict[str, Any]] = json.loads(docker("inspect", "--type", "container", *shown)) if shown else []
        return {state["Name"][1:]: state["State"]["Health"]["Status"] for state in states if "Health" in state["State"]}

    def inside(self, name: str, script: str) -> str:
        """What a shell prints in a container of the stack, by the stack's name for it."""
        return docker("exec", self.named(name), "/bin/sh", "-c", script)

    def sweep(self) -> None:
        """Remove from the engine whatever carries the stack's label: after a failure, for nobody else has its name."""
        for item in self.left():
            kind, name = item.split(" ", 1)
            arguments = {"container": ("rm", "--force"), "service": ("service", "rm")}.get(kind, (kind, "rm"))
            docker(*arguments, name)


def on_docker(root: Path, images: Mapping[str, str], runtime: str = "docker") -> OnDocker:
    """A copy of what a clone holds in `root`, with a stack of a name and of ports that no other run has."""
    copy_clone(root)
    stack, first_port = f"e2e{secrets.token_hex(3)}", 20_000 + secrets.randbelow(12) * 1_000
    (root / f"Pulumi.{stack}.yaml").write_text(
        stack_config(images, runtime=runtime, collection=COLLECTION, docker={"first_port": first_port})
    )
    return OnDocker(root, stack, UP_SECONDS, {"PULUMI_CONFIG_PASSPHRASE": secrets.token_hex(16)})


def in_swarm() -> bool:
    """Whether the engine is a node of a cluster."""
    try:
        return docker("info", "--format", "{{.Swarm.LocalNodeState}}").strip() == "active"
    except FailedError:
        return False
