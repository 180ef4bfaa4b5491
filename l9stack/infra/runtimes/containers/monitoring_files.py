"""The seam for what watches a stack: a runtime that runs containers runs a few more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pulumi

from l9stack.infra.runtimes.containers.spec import Container
from l9stack.infra.specs import RunningWorkload


@dataclass(frozen=True)
class FileContent:
    """What a file of a container holds: a secret, or a file of the project, which `digest` tells from the next."""

    path: str = ""
    """Relative to the project."""
    digest: str = ""
    secret: pulumi.Output[str] | None = None


@runtime_checkable
class MonitoringRuntime(Protocol):
    """A runtime that runs Prometheus and Grafana beside the agents."""

    @property
    def replicated(self) -> bool:
        """Whether an agent may have replicas, each of which Docker's DNS tells under `tasks.HOST`."""

    def watch(
        self,
        name: str,
        spec: Container,
        contents: Mapping[str, FileContent],
        parent: pulumi.Resource,
        after: Sequence[pulumi.Resource],
    ) -> RunningWorkload:
        """Run a server, published as agents are; `contents` by the names of its files."""
