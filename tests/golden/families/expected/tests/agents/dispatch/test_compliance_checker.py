"""Tests of compliance_checker.py: Dispatch: which rules of the policy fire, and their sentences."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent.conformance import (
    Checks,
    governance,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.compliance_checker as module

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")
SENTENCES = {
    "confidence_0_6_and_criticality_0_5": "confidence < 0.6 AND criticality > 0.5",
    "distance_300": "distance > 300",
}
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


async def test_the_findings(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Rules that fire are found at their thresholds, each with its sentence, and are noted."""
    await governance.findings(l9_checks, l9_agent, module, SENTENCES, CASES)
