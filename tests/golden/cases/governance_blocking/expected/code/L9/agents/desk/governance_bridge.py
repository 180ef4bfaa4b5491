"""Governance of Desk: who decides (Ada), and when they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent import Comparison, GovernancePolicy, Rule, Trigger
from l9stack.agent.governance import weigh

GOVERNANCE = GovernancePolicy(
    anchors=("Ada",),
    rules=(
        Rule(
            name="amount_300",
            text="amount > 300",
            comparisons=(Comparison("amount", ">", 300.0),),
        ),
    ),
    triggers=(Trigger("place_unknown", "place unknown"),),
    mode="blocking",
    human_override=False,
    unbound="escalate",
    timeout_seconds=86400.0,
)


def escalations(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the rules that fire for the values of a decision, in the policy's order."""
    return weigh(GOVERNANCE, values).fired
