"""What callers of Counter rely on: a change here is a change for them."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent.conformance import (
    Checks,
    promises,
)
from l9stack.agent.testing import ServedAgent

AGENT = "counter"
pytestmark = pytest.mark.asyncio(loop_scope="session")
REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "weigh": {"total": {"required": True, "type": "number", "minimum": 0, "maximum": 5000}},
    "find": {"shelf": {"required": True, "type": "string", "minLength": 1, "maxLength": 10}},
    "on_entered": {
        "amount": {"required": True, "type": "integer", "minimum": 0, "maximum": 1000},
        "entry": {"required": True, "type": "string", "maxLength": 60},
    },
    "total": {
        "first": {"required": True, "type": "integer", "minimum": 0, "maximum": 500},
        "second": {"required": True, "type": "integer", "minimum": 0, "maximum": 500},
        "shelf": {"required": True, "type": "string", "minLength": 1, "maxLength": 10},
    },
}
RESPONSES: dict[str, dict[str, dict[str, Any]]] = {
    "weigh": {
        "anchors": {"required": True, "type": "array", "description": "who was notified"},
        "fired": {"required": True, "type": "array", "description": "names of the rules that fired"},
        "status": {
            "required": True,
            "type": "string",
            "choices": ["APPROVED", "ESCALATED"],
            "description": "the verdict",
        },
    },
    "find": {
        "count": {"required": True, "type": "integer", "minimum": 0, "description": "how many decisions were found"},
        "decisions": {"required": True, "description": "the decisions, newest first"},
    },
    "on_entered": {"grade": {"required": True, "type": "string", "choices": ["small", "large"]}},
    "total": {
        "entry": {"required": True, "type": "string", "maxLength": 60},
        "total": {"required": True, "type": "integer", "minimum": 0, "maximum": 1000},
    },
}
PROMISES = promises.Promises(
    endpoints=[("POST", "/count/weigh", "weigh"), ("POST", "/count/total", "total"), ("POST", "/count/find", "find")],
    pages=["/health", "/status"],
    packet_types={},
    publishes=[],
    anchors=["Ada", "Board of Trustees"],
    rules={
        "total_1_000": [("total", ">", 1000.0)],
        "confidence_0_5_and_criticality_0_6": [("confidence", "<", 0.5), ("criticality", ">", 0.6)],
    },
    layers=["episodic", "working"],
    rate="600/minute",
    max_payload_bytes=1048576,
    working=("l9_behaviours:counter", 600),
)


async def test_regression_of_the_models(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Fields that callers give or read stay as they are, with what may stand in them."""
    await promises.models(l9_checks, l9_agent, REQUESTS, RESPONSES)


async def test_regression_of_the_surface(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Endpoints, messages, people, rules, memory and limits stay as they are."""
    await promises.surface(l9_checks, l9_agent, PROMISES)
