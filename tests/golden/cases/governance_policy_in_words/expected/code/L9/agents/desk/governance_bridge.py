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
            name="the_amount_rises_above_1_500",
            text="the amount rises above $1,500",
            comparisons=(Comparison("amount", ">", 1500.0),),
        ),
        Rule(
            name="model_confidence_60_and_criticality_0_8",
            text="model confidence < 60% and criticality >= 0.8",
            comparisons=(
                Comparison("confidence", "<", 0.6),
                Comparison("criticality", ">=", 0.8),
            ),
        ),
        Rule(
            name="latency_exceeds_2_seconds",
            text="latency exceeds 2 seconds",
            comparisons=(Comparison("latency_ms", ">", 2000.0),),
        ),
    ),
    triggers=(Trigger("two_claims_contradict_each_other", "two claims contradict each other"),),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)


def escalations(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the rules that fire for the values of a decision, in the policy's order."""
    return weigh(GOVERNANCE, values).fired
