"""What callers of Dispatch rely on: a change here is a change for them."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent.conformance import (
    Checks,
    promises,
)
from l9stack.agent.testing import ServedAgent

AGENT = "dispatch"
pytestmark = pytest.mark.asyncio(loop_scope="session")
REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "assign": {
        "distance": {"required": True, "type": "number", "minimum": 0, "maximum": 500},
        "region": {"required": True, "type": "string", "choices": ["north", "south"]},
        "request_id": {"required": True, "type": "string", "minLength": 1, "maxLength": 40},
    }
}
RESPONSES: dict[str, dict[str, dict[str, Any]]] = {
    "assign": {
        "confidence": {"required": True, "type": "number", "minimum": 0, "maximum": 1},
        "van_id": {"required": True, "type": "string", "maxLength": 40},
    }
}
PROMISES = promises.Promises(
    endpoints=[("POST", "/dispatch/assign", "assign")],
    pages=["/health", "/status"],
    packet_types={"assign": "assign"},
    publishes=["van_assigned"],
    anchors=["Shift Lead", "Compliance"],
    rules={
        "confidence_0_6_and_criticality_0_5": [("confidence", "<", 0.6), ("criticality", ">", 0.5)],
        "distance_300": [("distance", ">", 300.0)],
    },
    layers=["causal", "episodic", "semantic", "working"],
    rate="600/minute",
    max_payload_bytes=1048576,
    working=("dispatch:working", 600),
)


async def test_regression_of_the_models(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Fields that callers give or read stay as they are, with what may stand in them."""
    await promises.models(l9_checks, l9_agent, REQUESTS, RESPONSES)


async def test_regression_of_the_surface(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Endpoints, messages, people, rules, memory and limits stay as they are."""
    await promises.surface(l9_checks, l9_agent, PROMISES)
