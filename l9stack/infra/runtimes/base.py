"""The seam: a runtime turns a service or an agent into a resource with an endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pulumi

SERVICES = ("redis", "postgres", "neo4j", "archive")
VARIABLES = {
    "redis": ("L9_REDIS_URL",),
    "postgres": ("L9_POSTGRES_URL", "L9_HYPERGRAPH_URL"),
    "neo4j": ("L9_NEO4J_URL",),
    "archive": ("L9_ARCHIVE_BUCKET",),
}
"""The variables by which agents learn of a service; hyperedges lie in Postgres."""


@dataclass(frozen=True)
class Endpoint:
    """Something that runs. `instance` changes whenever it was started anew."""

    resource: pulumi.Resource
    address: pulumi.Input[str]
    instance: pulumi.Input[str]


@dataclass(frozen=True)
class ServiceSpec:
    """A memory backend that a stack needs; `name` is one of SERVICES."""

    name: str
    stack: str


@dataclass(frozen=True)
class AgentSpec:
    """One agent to run: its own digests, never the collection's."""

    agent: str
    stack: str
    collection: str
    digest: str
    """Of its generated files, which is also its entry in the store."""
    shared: str
    """Of the shared settings that agents read."""
    principals: tuple[str, ...] = ()
    """Everybody of the stack who signs: agents, anchors, the operator."""
    implementations: str = ""
    """Of the user's own functions, where the agent has any."""
    folder: str = ""
    """Where those lie, relative to the project."""
    services: Mapping[str, Endpoint] = field(default_factory=dict)
    urls: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """URLs of services that somebody else runs, by service."""
    depends_on: Sequence[pulumi.Resource] = ()

    def variables(self) -> dict[str, pulumi.Input[str]]:
        """The environment that names the external services."""
        return {variable: url for service, url in self.urls.items() for variable in VARIABLES[service]}


class Runtime(Protocol):
    """What a runtime offers. `parent` is the component that owns the resource, `name` the resource's."""

    @property
    def name(self) -> str:
        """As the stack's config names it."""

    def wanted(self, used: Sequence[str]) -> tuple[str, ...]:
        """The services to run, given those that the plan's memory layers use."""

    def service(self, name: str, spec: ServiceSpec, parent: pulumi.Resource) -> Endpoint:
        """Run a memory backend."""

    def agent(self, name: str, spec: AgentSpec, parent: pulumi.Resource) -> Endpoint:
        """Run an agent."""
