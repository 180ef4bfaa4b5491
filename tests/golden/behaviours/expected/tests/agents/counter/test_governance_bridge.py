"""Who decides for Counter, and when they are asked, as governance_bridge.py declares it."""

from __future__ import annotations

from typing import Any

from l9stack.agent import Comparison, GovernancePolicy, Rule, Trigger
from l9stack.agent.conformance import Checks, governance

import L9.agents.counter.governance_bridge as module

POLICY = GovernancePolicy(
    anchors=("Ada", "Board of Trustees"),
    rules=(
        Rule("total_1_000", "total > 1,000", (Comparison("total", ">", 1000.0),)),
        Rule(
            "confidence_0_5_and_criticality_0_6",
            "confidence < 0.5 AND criticality > 0.6",
            (
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
CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"nobody_declared_this": -1000000000.0}, []),
    ({"nobody_declared_this": "text"}, []),
    ({"total": 1001}, ["total_1_000"]),
    ({"total": 999.99}, []),
    ({"total": 1000}, []),
    ({"total": 1000.01}, ["total_1_000"]),
    ({"total": "text"}, []),
    ({"total": True}, []),
    ({"confidence": -0.5, "criticality": 1.6}, ["confidence_0_5_and_criticality_0_6"]),
    ({"confidence": 0.49, "criticality": 1.6}, ["confidence_0_5_and_criticality_0_6"]),
    ({"confidence": 0.5, "criticality": 1.6}, []),
    ({"confidence": 0.51, "criticality": 1.6}, []),
    ({"criticality": 1.6}, []),
    ({"confidence": "text", "criticality": 1.6}, []),
    ({"confidence": True, "criticality": 1.6}, []),
    ({"confidence": -0.5, "criticality": 0.59}, []),
    ({"confidence": -0.5, "criticality": 0.6}, []),
    ({"confidence": -0.5, "criticality": 0.61}, ["confidence_0_5_and_criticality_0_6"]),
    ({"confidence": -0.5}, []),
    ({"confidence": -0.5, "criticality": "text"}, []),
    ({"confidence": -0.5, "criticality": True}, []),
]


def test_the_policy(l9_checks: Checks) -> None:
    """Who decides, when they are asked, and how, as schema and settings say."""
    governance.policy(l9_checks, module.GOVERNANCE, POLICY)


def test_the_thresholds(l9_checks: Checks) -> None:
    """Just below, at and just above each of them; a value that is absent or no number fires nothing."""
    governance.thresholds(l9_checks, POLICY, CASES, module.escalations)
