"""Families of governance beside the bridge: checker, escalation handler, limits."""

from __future__ import annotations

from dataclasses import dataclass

from l9stack.model.plan import AgentPlan, ModulePlan, Plan
from l9stack.names import identifier
from l9stack.printable import line
from l9stack.rendering.code.bridges import view_governance
from l9stack.rendering.code.interface import view_surface
from l9stack.rendering.imports import Imports


def view_checker(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> dict[str, str]:
    """Each rule with the policy's sentence."""
    imports.agent("OperationContext", "Record")
    imports.add("collections.abc", "Mapping")
    imports.add("typing", "Any")
    return {rule.name: rule.text for rule in view_governance(agent).rules}


@dataclass(frozen=True, slots=True)
class TriggerView:
    """A trigger: its function, its name in the policy, and the policy's own words."""

    function: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class HandlerView:
    """Triggers that code can raise, and who is asked."""

    triggers: tuple[TriggerView, ...]
    anchors: tuple[str, ...]


def view_handler(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> HandlerView:
    """One function for each trigger of the policy."""
    imports.agent("OperationContext")
    found: dict[str, TriggerView] = {}
    for trigger in agent.triggers:
        if name := identifier(trigger.name):
            found.setdefault(name, TriggerView(f"raise_{name}", trigger.name, line(trigger.text)))
    return HandlerView(tuple(found.values()), view_governance(agent).anchors)


@dataclass(frozen=True, slots=True)
class LimitsView:
    """The bounds that the settings give, and the operations that are held to them."""

    rate: str
    max_payload_bytes: int
    operations: tuple[str, ...]


def view_limits(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> LimitsView:
    """The bounds of every call."""
    imports.agent("Limits")
    surface = view_surface(plan, agent)
    return LimitsView(surface.rate, surface.max_payload_bytes, tuple(op.name for op in agent.operations))
