"""Memory backends of a stack, each run by the runtime or reached by a URL of the stack's config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from l9stack.infra.runtimes.base import SERVICES, Endpoint, Runtime, ServiceSpec
from l9stack.infra.runtimes.external import external_service
from l9stack.model.agent import Backend
from l9stack.model.plan import Plan

_SERVICE_OF = {
    Backend.REDIS: "redis",
    Backend.POSTGRES: "postgres",
    Backend.HYPERGRAPH: "postgres",
    Backend.NEO4J: "neo4j",
    Backend.S3: "archive",
}
_ALWAYS = ("redis", "postgres")
"""Discovery, rate limits and events lie in Redis; decisions and audit in Postgres."""


@dataclass(frozen=True)
class BackendsArgs:
    """Which services are used, and those that somebody else runs."""

    runtime: Runtime
    stack: str
    used: tuple[str, ...]
    urls: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)


class Backends(pulumi.ComponentResource):
    """One service for each kind of server that the memory layers use; `services` by name."""

    services: Mapping[str, Endpoint]

    def __init__(self, name: str, args: BackendsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("l9stack:backends:Backends", name, {}, opts)
        base = name.removesuffix("-backends")
        services: dict[str, Endpoint] = {}
        for service in args.runtime.wanted(args.used):
            spec = ServiceSpec(service, args.stack)
            services[service] = (
                external_service(f"{base}-{service}", spec, args.urls[service], self)
                if service in args.urls
                else args.runtime.service(f"{base}-{service}", spec, self)
            )
        self.services = services
        self.external = frozenset(args.urls)
        self.addresses = {name: endpoint.address for name, endpoint in services.items()}
        self.register_outputs({"services": self.addresses})


def services_used(plan: Plan) -> tuple[str, ...]:
    """The services that a plan's declared memory layers need, and those that every agent needs."""
    used = {_SERVICE_OF[layer.backend] for agent in plan.agents for layer in agent.spec.memory} | set(_ALWAYS)
    return tuple(service for service in SERVICES if service in used)
