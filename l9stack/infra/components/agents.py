"""The agents of a stack: each runs after its hard dependencies, and each has a health check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from l9stack.infra.components.extraction import hard_dependencies
from l9stack.infra.resources import HealthCheck
from l9stack.infra.specs import AgentWorkload, PreflightRuntime, PreflightWorkload, RunningWorkload, Runtime
from l9stack.model.plan import Plan

HEALTH_PATH = "/health"


@dataclass(frozen=True)
class AgentsArgs:
    """What to run, and what has to be there first."""

    runtime: Runtime
    plan: Plan
    specs: Mapping[str, AgentWorkload]
    after: Sequence[pulumi.Resource]
    tests: PreflightWorkload | None = None
    """Run before any agent starts or is replaced, where the runtime can."""


class Agents(pulumi.ComponentResource):
    """`endpoints` by agent, `summary`: name → endpoint and health, and `tests`: what was measured before traffic."""

    endpoints: Mapping[str, RunningWorkload]

    def __init__(self, name: str, args: AgentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("l9stack:agents:Agents", name, {}, opts)
        base = name.removesuffix("-agents")
        runtime = args.runtime
        tested = (
            runtime.preflight(f"{base}-tests", args.tests, self)
            if args.tests is not None and isinstance(runtime, PreflightRuntime)
            else None
        )
        after = [*args.after, *([tested.resource] if tested else [])]
        self.tests = tested.tests if tested else None
        endpoints: dict[str, RunningWorkload] = {}
        health: dict[str, pulumi.Output[str]] = {}
        for agent in args.plan.agents:
            before = [endpoints[target].resource for target in hard_dependencies(args.plan, agent.id)]
            spec = replace(args.specs[agent.id], depends_on=(*after, *before))
            running = endpoints[agent.id] = runtime.agent(f"{base}-{agent.id}", spec, self)
            if running.health is not None:
                health[agent.id] = running.health
                continue
            health[agent.id] = HealthCheck(
                f"{base}-{agent.id}-health",
                {"agent": agent.id, "endpoint": running.address, "path": HEALTH_PATH, **up_only(running.instance)},
                pulumi.ResourceOptions(parent=self, depends_on=_not(self, running.resource)),
            ).health
        self.endpoints = endpoints
        self.healthy = list(health.values())
        self.summary = {agent: {"endpoint": endpoints[agent].address, "health": health[agent]} for agent in endpoints}
        self.register_outputs({"agents": self.summary})


def up_only(instance: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """Which process it is, told in `up` alone.

    In a preview the next process is unknown, and an unknown input makes the engine show a change whatever the
    provider says: one stopped agent would show as three changed resources.
    """
    return {} if pulumi.runtime.is_dry_run() else {"instance": instance}


def _not(parent: pulumi.Resource, resource: pulumi.Resource) -> list[pulumi.Resource]:
    # An agent that somebody else runs has no resource but the component itself.
    return [] if resource is parent else [resource]
