"""The seams: `Runtime` turns a service or an agent into a resource with an endpoint.

What a runtime may offer besides: `PreflightRuntime`, `MonitoringRuntime`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import pulumi

from l9stack.infra.container_specs import Container, FileContent

FILES = "/run/l9"
"""The folder by which files reach a container."""
SERVICES = ("redis", "postgres", "neo4j", "archive")
VARIABLES = {
    "redis": ("L9_REDIS_URL",),
    "postgres": ("L9_POSTGRES_URL", "L9_HYPERGRAPH_URL"),
    "neo4j": ("L9_NEO4J_URL",),
    "archive": ("L9_ARCHIVE_BUCKET",),
}
"""The variables by which agents learn of a service; hyperedges lie in Postgres."""


@dataclass(frozen=True)
class RunningWorkload:
    """Something that runs. `instance` changes whenever it was started anew."""

    resource: pulumi.Resource
    address: pulumi.Input[str]
    instance: pulumi.Input[str]
    health: pulumi.Output[str] | None = None
    """What its host says of it, where nobody outside its networks can ask it."""
    image: pulumi.Input[str] = ""
    """What it was started from, on a runtime with containers; with `@sha256:…` where a registry keeps it."""
    replicas: int = 1


@dataclass(frozen=True)
class ServiceSpec:
    """A memory backend that a stack needs; `name` is one of SERVICES."""

    name: str
    stack: str


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Generated code to run, of one agent or of a whole collection, and what it needs to be there."""

    stack: str
    collection: str
    digest: str
    """Of the generated files, which is also their entry in the store."""
    implementations: str = ""
    """Of the user's own functions, where any are called."""
    folder: str = ""
    """Where those lie, relative to the project."""
    packages: str = ""
    """Of the collection's own lock of third-party packages, where it has one."""
    lock: str = ""
    """Where that lies, relative to the project."""
    urls: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """URLs of services that somebody else runs, by service."""
    archive: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """What clients are told of an archive that somebody else runs: variables, with its credentials among them."""
    certificates: Mapping[str, str] = field(default_factory=dict)
    """By service, a file relative to the project: its server's certificate is checked with what is in it."""
    passed: Mapping[str, str] = field(default_factory=dict)
    """Of the environment of whoever deploys: variables that the unified config names, and flags."""
    depends_on: Sequence[pulumi.Resource] = ()

    def variables(self) -> dict[str, pulumi.Input[str]]:
        """The environment that names the external services; all of it is secret."""
        urls = {variable: url for service, url in self.urls.items() for variable in VARIABLES[service]}
        return {**urls, **self.archive}


@dataclass(frozen=True, kw_only=True)
class AgentWorkload(Workload):
    """One agent to run: its own digests, never the collection's."""

    agent: str
    shared: str
    """Of the shared settings that agents read."""
    longest_seconds: float = 10.0
    """What the slowest of its operations may take: told to stop, it finishes those that run."""
    principals: tuple[str, ...] = ()
    """Everybody of the stack who signs: agents, anchors, the operator."""
    services: Mapping[str, RunningWorkload] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PreflightWorkload(Workload):
    """The generated tests of a collection, to be run where its agents will run."""


@dataclass(frozen=True)
class Preflight:
    """Tests that have passed once `resource` is there; `tests` is {passed, failed, skipped, seconds}."""

    resource: pulumi.Resource
    tests: pulumi.Output[Mapping[str, float]]


class Runtime(Protocol):
    """What a runtime offers. `parent` is the component that owns the resource, `name` the resource's."""

    @property
    def name(self) -> str:
        """As the stack's config names it."""

    def wanted(self, used: Sequence[str]) -> tuple[str, ...]:
        """The services to run, given those that the plan's memory layers use."""

    def service(self, name: str, spec: ServiceSpec, parent: pulumi.Resource) -> RunningWorkload:
        """Run a memory backend."""

    def agent(self, name: str, spec: AgentWorkload, parent: pulumi.Resource) -> RunningWorkload:
        """Run an agent."""


@runtime_checkable
class PreflightRuntime(Protocol):
    """A runtime that can run the generated tests where agents will run, before any of them starts or is replaced.

    The local runtime is none: its gates have run them beside the same servers.
    """

    def preflight(self, name: str, spec: PreflightWorkload, parent: pulumi.Resource) -> Preflight | None:
        """Run the tests; None where the stack's config says that they are not to be run."""


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
