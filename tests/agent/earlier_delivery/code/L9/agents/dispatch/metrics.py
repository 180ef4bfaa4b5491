"""Dispatch: how much each operation did."""

from __future__ import annotations

from l9stack.agent import OperationContext
from l9stack.agent.history import Activity, activity

OPERATIONS = ("assign",)
"""What is counted: the operations of the agent."""


async def summary(context: OperationContext, hours: float = 24.0) -> dict[str, Activity]:
    """Count what each operation decided in the last hours; one without decisions counts none."""
    none = {name: Activity(operation=name, decisions=0, escalated=0, mean_confidence=None) for name in OPERATIONS}
    return none | {item.operation: item for item in await activity(context, hours) if item.operation in none}


async def escalated_share(context: OperationContext, hours: float = 24.0) -> float | None:
    """The share of decisions that were escalated, from 0 to 1; None where nothing was decided."""
    counted = (await summary(context, hours)).values()
    decisions = sum(item.decisions for item in counted)
    return sum(item.escalated for item in counted) / decisions if decisions else None
