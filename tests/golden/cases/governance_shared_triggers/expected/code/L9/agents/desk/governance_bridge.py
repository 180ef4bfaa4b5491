"""Governance of Desk: who decides (Board, Ada), and when they are asked."""

from __future__ import annotations

from l9stack.agent import GovernancePolicy, Trigger

GOVERNANCE = GovernancePolicy(
    anchors=("Board", "Ada"),
    triggers=(
        Trigger("place_unknown", "place unknown"),
        Trigger("model_drift_detected", "model drift detected"),
    ),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)
