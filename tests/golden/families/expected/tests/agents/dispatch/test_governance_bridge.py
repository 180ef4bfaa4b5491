"""Who decides for Dispatch, and when they are asked, as governance_bridge.py declares it."""

from __future__ import annotations

from typing import Any

from l9stack.agent import Comparison, GovernancePolicy, Rule, Trigger
from l9stack.agent.conformance import Checks, governance

import L9.agents.dispatch.governance_bridge as module

POLICY = GovernancePolicy(
    anchors=("Shift Lead", "Compliance"),
    rules=(
        Rule(
            "confidence_0_6_and_criticality_0_5",
            "confidence < 0.6 AND criticality > 0.5",
            (
                Comparison("confidence", "<", 0.6),
                Comparison("criticality", ">", 0.5),
            ),
        ),
        Rule("distance_300", "distance > 300", (Comparison("distance", ">", 300.0),)),
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
CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"nobody_declared_this": -1000000000.0}, []),
    ({"nobody_declared_this": "text"}, []),
    ({"confidence": -0.4, "criticality": 1.5}, ["confidence_0_6_and_criticality_0_5"]),
    ({"confidence": 0.59, "criticality": 1.5}, ["confidence_0_6_and_criticality_0_5"]),
    ({"confidence": 0.6, "criticality": 1.5}, []),
    ({"confidence": 0.61, "criticality": 1.5}, []),
    ({"criticality": 1.5}, []),
    ({"confidence": "text", "criticality": 1.5}, []),
    ({"confidence": True, "criticality": 1.5}, []),
    ({"confidence": -0.4, "criticality": 0.49}, []),
    ({"confidence": -0.4, "criticality": 0.5}, []),
    ({"confidence": -0.4, "criticality": 0.51}, ["confidence_0_6_and_criticality_0_5"]),
    ({"confidence": -0.4}, []),
    ({"confidence": -0.4, "criticality": "text"}, []),
    ({"confidence": -0.4, "criticality": True}, []),
    ({"distance": 301}, ["distance_300"]),
    ({"distance": 299.99}, []),
    ({"distance": 300}, []),
    ({"distance": 300.01}, ["distance_300"]),
    ({"distance": "text"}, []),
    ({"distance": True}, []),
]


def test_the_policy(l9_checks: Checks) -> None:
    """Who decides, when they are asked, and how, as schema and settings say."""
    governance.policy(l9_checks, module.GOVERNANCE, POLICY)


def test_the_thresholds(l9_checks: Checks) -> None:
    """Just below, at and just above each of them; a value that is absent or no number fires nothing."""
    governance.thresholds(l9_checks, POLICY, CASES, module.escalations)
