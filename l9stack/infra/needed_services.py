"""Which servers a plan's memory layers need, and whether each has a place in a stack."""

from __future__ import annotations

from pathlib import Path

from l9stack.errors import Problem
from l9stack.infra.settings import StackSettings
from l9stack.infra.specs import SERVICES
from l9stack.model.agent import Backend
from l9stack.model.plan import Plan
from l9stack.reading.stack import place_of, stack_entries

_SERVICE_OF = {
    Backend.REDIS: "redis",
    Backend.POSTGRES: "postgres",
    Backend.HYPERGRAPH: "postgres",
    Backend.NEO4J: "neo4j",
    Backend.S3: "archive",
}
_ALWAYS = ("redis", "postgres")
"""Discovery, rate limits and events lie in Redis; decisions and audit in Postgres."""


def services_used(plan: Plan) -> tuple[str, ...]:
    """The services that a plan's declared memory layers need, and those that every agent needs."""
    used = {_SERVICE_OF[layer.backend] for agent in plan.agents for layer in agent.spec.memory} | set(_ALWAYS)
    return tuple(service for service in SERVICES if service in used)


def unplaced_services(settings: StackSettings, plan: Plan, root: Path, stack: str) -> list[Problem]:
    """Backends of a swarm whose data nobody has given a place; none on other runtimes.

    A cluster that is to use servers of others would else start its own where a URL was forgotten.
    """
    if settings.runtime != "swarm" or settings.swarm.backends:
        return []
    given = {*settings.backends, *stack_entries(root, stack, "l9stack:backends")}
    return [
        Problem(
            "no-place",
            f"l9stack:backends.{service} is not set, and nothing says that the swarm may keep {service}'s data",
            place_of(root, stack, "runtime"),
            f"pulumi config set --stack {stack} --secret --path l9stack:backends.{service} URL, or keep it on the node "
            "of docker:host: l9stack:swarm: {backends: here}",
        )
        for service in services_used(plan)
        if service not in given
    ]
