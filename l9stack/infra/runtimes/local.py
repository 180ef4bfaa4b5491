"""The embedded runtime: servers from wheels and forked agents, owned by the project's supervisor."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from l9stack.infra.resources import Agent, Service
from l9stack.infra.runtimes.containers.credentials import certificates
from l9stack.infra.specs import SERVICES, AgentWorkload, RunningWorkload, ServiceSpec
from l9stack.project import Project


class LocalRuntime:
    """Needs nothing but this package's dependencies."""

    name = "local"

    def wanted(self, used: Sequence[str]) -> tuple[str, ...]:
        """All of them: the project's stacks share one set, and a namespace reaches over every server."""
        return SERVICES

    def service(self, name: str, spec: ServiceSpec, parent: pulumi.Resource) -> RunningWorkload:
        """A server of the supervisor."""
        service = Service(name, {"service": spec.name, "stack": spec.stack}, pulumi.ResourceOptions(parent=parent))
        return RunningWorkload(service, service.endpoint, service.instance)

    def agent(self, name: str, spec: AgentWorkload, parent: pulumi.Resource) -> RunningWorkload:
        """A process, forked from the supervisor's fork server."""
        agent = Agent(
            name,
            {
                "agent": spec.agent,
                "stack": spec.stack,
                "collection": spec.collection,
                "digest": spec.digest,
                "implementations": spec.implementations,
                "folder": spec.folder,
                "packages": spec.packages,
                "lock": spec.lock,
                "shared": spec.shared,
                "urls": spec.variables(),
                **({"certificates": _certificates(spec)} if spec.certificates else {}),
            },
            pulumi.ResourceOptions(parent=parent, depends_on=list(spec.depends_on)),
        )
        return RunningWorkload(agent, agent.endpoint, agent.instance)


def _certificates(spec: AgentWorkload) -> dict[str, dict[str, str]]:
    """By service, a file and its digest: another content starts the agents anew."""
    known = certificates(Project.find(), spec)
    found = {service: known[f"certificate-{service}"] for service in spec.certificates}
    return {service: {"file": content.path, "digest": content.digest} for service, content in found.items()}
