"""Governance of Dispatch: who decides (Shift Lead, Compliance), and when they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent import Comparison, GovernancePolicy, Rule, Trigger
from l9stack.agent.governance import weigh

GOVERNANCE = GovernancePolicy(
    anchors=("Shift Lead", "Compliance"),
    rules=(
        Rule(
            name="confidence_0_6_and_criticality_0_5",
            text="confidence < 0.6 AND criticality > 0.5",
            comparisons=(
                Comparison("confidence", "<", 0.6),
                Comparison("criticality", ">", 0.5),
            ),
        ),
        Rule(
            name="distance_300",
            text="distance > 300",
            comparisons=(Comparison("distance", ">", 300.0),),
        ),
    ),
    triggers=(
        Trigger("model_drift_detected", "model drift detected"),
        Trigger("driver_not_reachable", "driver not reachable"),
    ),
    audit_scope=("assignments", "refused requests"),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)


def escalations(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the rules that fire for the values of a decision, in the policy's order."""
    return weigh(GOVERNANCE, values).fired
