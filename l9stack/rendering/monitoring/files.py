"""The files of a collection's monitoring: alert rules, and dashboards."""

from __future__ import annotations

from typing import Any

from l9stack.model.monitoring import AGENTS, OVERVIEW, RULES
from l9stack.model.plan import AgentPlan, Plan
from l9stack.rendering.monitoring.dashboards import agent_dashboard, overview
from l9stack.rendering.monitoring.rules import render_rules
from l9stack.rendering.quoting import json_text


def collection_files(plan: Plan) -> dict[str, str]:
    """Alert rules and the dashboard of all agents together."""
    if plan.monitoring is None:
        return {}
    return {
        f"{plan.monitoring.source}/{RULES}": render_rules(plan, plan.monitoring),
        f"{plan.monitoring.source}/{OVERVIEW}": _text(overview(plan)),
    }


def agent_files(plan: Plan, agent: AgentPlan) -> dict[str, str]:
    """The dashboard of one agent."""
    if plan.monitoring is None:
        return {}
    return {f"{plan.monitoring.source}/{AGENTS}/{agent.id}.json": _text(agent_dashboard(plan, agent))}


def _text(data: dict[str, Any]) -> str:
    return json_text(data) + "\n"
