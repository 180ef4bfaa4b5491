"""How each family is printed: the other half of its row in `l9stack/planning/catalogue.py`, by the same name.

A row names what gives its templates their values, in the module and in its tests, and what documents tell of such a
module. Templates follow from the name: `modules/<name>.py.j2`, `tests/<name>.py.j2`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from l9stack.model.plan import AgentPlan, EdgeKind, ModulePlan, Plan
from l9stack.rendering.code import modules as code
from l9stack.rendering.code.bridges import view_memory
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
    entities,
    view_cache,
    view_drift,
    view_enricher,
    view_events,
    view_metrics,
    view_world,
)
from l9stack.rendering.code.memory_records import FactorView, ShapeView, factor_views, shape_views
from l9stack.rendering.code.records import view_records
from l9stack.rendering.code.settings import described_settings
from l9stack.rendering.imports import Imports
from l9stack.rendering.suites import unit as tests

Text = Callable[[Plan, AgentPlan, ModulePlan], str]
"""The text of a file about a module, before it is formatted."""


@dataclass(frozen=True, slots=True)
class Printing:
    """How a module of a family is printed, its tests are, and what documents tell of it."""

    code: Text
    tests: Text | None
    """None where there is nothing to test."""
    offers: Callable[[AgentPlan], tuple[str, ...]] = lambda agent: ()
    """Functions of its own, beside operations, that the agent's code may call."""
    calls: Callable[[ModulePlan, str, str], bool] = lambda module, peer, kind: False
    """Whether functions of the module make calls of that peer, over an edge of that kind."""
    raises: Callable[[Plan, AgentPlan, ModulePlan], tuple[str, str] | None] = lambda plan, agent, module: None
    """A function of it that raises triggers of the policy, and the trigger; empty where it may be any."""
    details: Callable[[AgentPlan, ModulePlan], str] = lambda agent, module: ""
    """What whoever writes such a module has to know beside what it holds."""
    short: Printing | None = None
    """How it is printed where it would be too long otherwise, if there is another way."""


def printing(module: ModulePlan, *, short: bool = False) -> Printing:
    """How a module is printed; `short` asks for the other way, where its family has one."""
    row = FAMILIES[module.family]
    return row.short if short and row.short else row


def _viewed(view: code.View) -> Printing:
    """A family whose module and tests are printed from one view."""
    return Printing(partial(code.viewed_module, view), partial(tests.viewed_tests, view))


def _shapes(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[ShapeView, ...]:
    return shape_views(agent, imports)


def _factors(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[FactorView, ...]:
    return factor_views(agent, imports)


def _drift(plan: Plan, agent: AgentPlan, module: ModulePlan) -> tuple[str, str] | None:
    trigger = view_drift(plan, agent, module, Imports()).trigger
    return ("detect", trigger) if trigger else None


FAMILIES: Mapping[str, Printing] = {
    "package": Printing(code.package_module, None),
    "controller": Printing(
        code.controller_module,
        tests.controller_tests,
        short=Printing(code.gathering_module, partial(tests.controller_tests, composed=False)),
    ),
    "memory_bridge": Printing(
        code.memory_module,
        tests.memory_tests,
        offers=lambda agent: view_memory(agent, Imports()).functions,
    ),
    "governance_bridge": Printing(code.governance_module, tests.governance_tests),
    "config": Printing(code.config_module, tests.config_tests, details=described_settings),
    "routes": Printing(code.routes_module, tests.routes_tests),
    "semantic_updater": replace(
        _viewed(_shapes), offers=lambda agent: tuple(view.function for view in shape_views(agent, Imports()))
    ),
    "world_model_bridge": replace(
        _viewed(view_world), offers=lambda agent: tuple(view.function for view in entities(agent))
    ),
    "causal_tracer": replace(
        _viewed(_factors), offers=lambda agent: tuple(view.function for view in factor_views(agent, Imports()))
    ),
    "context_enricher": _viewed(view_enricher),
    "event_log": _viewed(view_events),
    "cache": _viewed(view_cache),
    "metrics": _viewed(view_metrics),
    "drift_detector": replace(_viewed(view_drift), raises=_drift),
    "packet_router": replace(_viewed(view_router), calls=lambda module, peer, kind: kind == EdgeKind.PACKET_SEND.value),
    "validator": _viewed(view_validator),
    "event_publisher": _viewed(view_publisher),
    "event_subscriber": _viewed(view_subscriber),
    "client": Printing(
        partial(code.viewed_module, view_client),
        tests.client_tests,
        calls=lambda module, peer, kind: module.subject == peer,
    ),
    "coordinator": replace(_viewed(view_coordinator), calls=lambda module, peer, kind: True),
    "compliance_checker": Printing(partial(code.viewed_module, view_checker), tests.compliance_tests),
    "escalation_handler": replace(
        _viewed(view_handler), raises=lambda plan, agent, module: ("raise_…", "") if agent.triggers else None
    ),
    "rate_limiter": _viewed(view_limits),
    "operations": Printing(code.operations_module, tests.operations_tests),
    "models": _viewed(view_records),
}
"""The families, in the catalogue's order."""
