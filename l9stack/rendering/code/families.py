"""Families whose module and tests are printed from one view: what the view is, and what both are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from l9stack.model.plan import AgentPlan, ModulePlan, Plan
from l9stack.rendering.code.communication import (
    view_client,
    view_coordinator,
    view_publisher,
    view_router,
    view_subscriber,
    view_validator,
)
from l9stack.rendering.code.governance import view_checker, view_handler, view_limits
from l9stack.rendering.code.memory_readers import (
    view_cache,
    view_drift,
    view_enricher,
    view_events,
    view_metrics,
    view_world,
)
from l9stack.rendering.code.memory_records import FactorView, ShapeView, factor_views, shape_views
from l9stack.rendering.code.records import view_records
from l9stack.rendering.environment import fill
from l9stack.rendering.imports import Imports

View = Callable[[Plan, AgentPlan, ModulePlan, Imports], Any]


@dataclass(frozen=True, slots=True)
class Printed:
    """A family's view, and its title behind the agent's name; `{}` stands for what the module is about."""

    view: View
    title: str


def _shapes(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[ShapeView, ...]:
    return shape_views(agent, imports)


def _factors(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[FactorView, ...]:
    return factor_views(agent, imports)


FAMILIES = {
    "semantic_updater": Printed(_shapes, "what it keeps in its graph"),
    "causal_tracer": Printed(_factors, "why its decisions were as they were"),
    "world_model_bridge": Printed(view_world, "what the graph knows about the entities that it deals with"),
    "context_enricher": Printed(view_enricher, "what memory knows beside a request"),
    "event_log": Printed(view_events, "the events that auditors look at"),
    "cache": Printed(view_cache, "answers that are kept for a while"),
    "metrics": Printed(view_metrics, "how much each operation did"),
    "drift_detector": Printed(view_drift, "whether a figure of its answers has moved"),
    "packet_router": Printed(view_router, "packets in and out"),
    "validator": Printed(view_validator, "what its operations take"),
    "event_publisher": Printed(view_publisher, "the events that it publishes"),
    "event_subscriber": Printed(view_subscriber, "the events that it observes"),
    "client": Printed(view_client, "what it asks of {}"),
    "coordinator": Printed(view_coordinator, "what it asks of several agents at once"),
    "compliance_checker": Printed(view_checker, "which rules of the policy fire, and their sentences"),
    "escalation_handler": Printed(view_handler, "the policy's triggers, and the way to a person"),
    "models": Printed(view_records, "records that the glue names"),
    "rate_limiter": Printed(view_limits, "the bounds of every call"),
}


def render_family(plan: Plan, agent: AgentPlan, module: ModulePlan) -> str:
    """The text of a module of one of these families."""
    imports, row = Imports(), FAMILIES[module.family]
    view = row.view(plan, agent, module, imports)
    return fill(module.template, title=_title(agent, module, row), imports=imports, view=view)


def render_family_tests(plan: Plan, agent: AgentPlan, module: ModulePlan, served: Mapping[str, Any]) -> str:
    """The text of its test file; `served` is what a test file needs that serves the agent.

    It has the module's own imports at hand: models of requests and answers are in them, and unused ones are removed.
    """
    row, imports = FAMILIES[module.family], Imports()
    view = row.view(plan, agent, module, imports)
    title = f"Tests of {module.path}: {_title(agent, module, row)}"
    template = f"tests/{module.family}.py.j2"
    return fill(template, title=title, dotted=module.dotted, imports=imports, view=view, **served)


def _title(agent: AgentPlan, module: ModulePlan, row: Printed) -> str:
    return f"{agent.spec.name}: {row.title.format(module.subject)}."
