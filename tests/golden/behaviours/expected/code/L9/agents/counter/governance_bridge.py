"""Governance of Counter: who decides (Ada, Board of Trustees), and when they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent import Comparison, GovernancePolicy, Rule, Trigger
from l9stack.agent.governance import weigh

GOVERNANCE = GovernancePolicy(
    anchors=("Ada", "Board of Trustees"),
    rules=(
        Rule(
            name="total_1_000",
            text="total > 1,000",
            comparisons=(Comparison("total", ">", 1000.0),),
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
    triggers=(Trigger("books_do_not_balance", "books do not balance"),),
    audit_scope=("counts",),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)


def escalations(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the rules that fire for the values of a decision, in the policy's order."""
    return weigh(GOVERNANCE, values).fired
