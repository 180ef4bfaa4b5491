"""What documents tell of how an agent is watched: the alerts about it, and where its dashboard lies."""

from __future__ import annotations

from dataclasses import dataclass

from l9stack.model.monitoring import AGENTS, RULES
from l9stack.model.plan import AgentPlan, Plan
from l9stack.rendering.monitoring import rules


@dataclass(frozen=True, slots=True)
class AlertDoc:
    """An alert: when it fires and what to do then, each as sentences; `operations` are those that it is about."""

    name: str
    severity: str
    fires: str
    advice: str
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchDoc:
    """Where the agent's dashboard and the collection's rules lie in a checkout, and the alerts about the agent."""

    dashboard: str
    rules: str
    alerts: tuple[AlertDoc, ...]


def agent_monitoring(plan: Plan, agent: AgentPlan) -> WatchDoc | None:
    """How an agent is watched; None where monitoring is switched off."""
    if plan.monitoring is None:
        return None
    alerts = tuple(
        AlertDoc(
            name=alert.kind.value,
            severity=rules.RULES[alert.kind].severity,
            fires=rules.condition_text(alert),
            advice=rules.RULES[alert.kind].advice,
            operations=alert.operations.get(agent.id, ()),
        )
        for alert in plan.monitoring.alerts
        if agent.id in alert.agents
    )
    folder = plan.monitoring.folder
    return WatchDoc(f"{folder}/{AGENTS}/{agent.id}.json", f"{folder}/{RULES}", alerts)
