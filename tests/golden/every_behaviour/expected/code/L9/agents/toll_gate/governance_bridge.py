"""Governance of TollGate: who decides (Road Master), and when they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent import Comparison, GovernancePolicy, Rule, Trigger
from l9stack.agent.governance import weigh

GOVERNANCE = GovernancePolicy(
    anchors=("Road Master",),
    rules=(
        Rule(
            name="toll_80",
            text="toll > 80",
            comparisons=(Comparison("toll", ">", 80.0),),
        ),
        Rule(
            name="confidence_0_5_and_criticality_0_6",
            text="confidence < 0.5 AND criticality > 0.6",
            comparisons=(
                Comparison("confidence", "<", 0.5),
                Comparison("criticality", ">", 0.6),
            ),
        ),
    ),
    triggers=(Trigger("plate_unreadable", "plate unreadable"),),
    audit_scope=("passages",),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)


def escalations(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the rules that fire for the values of a decision, in the policy's order."""
    return weigh(GOVERNANCE, values).fired
