"""Memory backends of a stack, each run by the runtime or reached by a URL of the stack's config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from l9stack.infra.runtimes.external import Bucket, archive_bucket, external_service
from l9stack.infra.settings.archive import ArchiveSettings
from l9stack.infra.specs import RunningWorkload, Runtime, ServiceSpec
from l9stack.model.agent import MemoryKind
from l9stack.model.plan import Plan
from l9stack.planning.retention import kept_days


@dataclass(frozen=True)
class BackendsArgs:
    """Which services are used, and those that somebody else runs."""

    runtime: Runtime
    stack: str
    used: tuple[str, ...]
    urls: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)
    certificates: Mapping[str, str] = field(default_factory=dict)
    """By service, a file of the project with the authorities that its server's certificate is checked with."""
    bucket: Bucket | None = None
    """The archive, where it is a bucket that the stack looks after."""


class Backends(pulumi.ComponentResource):
    """One service for each kind of server that the memory layers use; `services` by name."""

    services: Mapping[str, RunningWorkload]

    def __init__(self, name: str, args: BackendsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("l9stack:backends:Backends", name, {}, opts)
        base = name.removesuffix("-backends")
        services: dict[str, RunningWorkload] = {}
        for service in args.runtime.wanted(args.used):
            spec = ServiceSpec(service, args.stack)
            if service not in args.urls:
                services[service] = args.runtime.service(f"{base}-{service}", spec, self)
                continue
            certificate = args.certificates.get(service, "")
            services[service] = (
                archive_bucket(f"{base}-{service}", args.bucket, certificate, self)
                if service == "archive" and args.bucket is not None
                else external_service(f"{base}-{service}", spec, args.urls[service], certificate, self)
            )
        self.services = services
        self.external = frozenset(args.urls)
        self.addresses = {name: endpoint.address for name, endpoint in services.items()}
        self.register_outputs({"services": self.addresses})


def managed_bucket(settings: ArchiveSettings | None, plan: Plan, stack: str) -> Bucket | None:
    """The bucket of an archive, with how long agents keep what they put there; None where the stack makes none."""
    if settings is None or not settings.bucket:
        return None
    scope = f"{settings.prefix}{stack}/{plan.collection}/"
    layers = {agent.id: agent.spec.layer(MemoryKind.ARCHIVE) for agent in plan.agents}
    days = {agent: kept_days(layer) for agent, layer in layers.items() if layer is not None}
    return Bucket(settings, scope, {f"{scope}{agent}/": found for agent, found in days.items() if found is not None})
