"""What callers of Maths rely on: a change here is a change for them."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent.conformance import (
    Checks,
    promises,
)
from l9stack.agent.testing import ServedAgent

AGENT = "maths"
pytestmark = pytest.mark.asyncio(loop_scope="session")
REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "evaluate": {
        "digits": {"required": False, "type": "integer", "default": 6},
        "expr": {"required": True, "type": "string"},
        "variables": {"required": True, "type": "object"},
    },
    "simplify": {"expr": {"required": True, "type": "string"}},
    "plot": {
        "expr": {"required": True, "type": "string"},
        "width": {"required": False, "type": "integer", "default": 80},
    },
}
RESPONSES: dict[str, dict[str, dict[str, Any]]] = {
    "evaluate": {
        "unit": {"required": False, "type": "string", "default": None},
        "value": {"required": True, "type": "number"},
    },
    "simplify": {"result": {"required": True, "type": "string"}},
    "plot": {"payload": {"required": True, "type": "object"}},
}
PROMISES = promises.Promises(
    endpoints=[("POST", "/evaluate", "evaluate"), ("POST", "/maths/simplify", "simplify")],
    pages=["/health", "/maths/health", "/status"],
    packet_types={},
    publishes=[],
    anchors=["Ann"],
    rules={},
    layers=[],
    rate="600/minute",
    max_payload_bytes=1048576,
)


async def test_regression_of_the_models(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Fields that callers give or read stay as they are, with what may stand in them."""
    await promises.models(l9_checks, l9_agent, REQUESTS, RESPONSES)


async def test_regression_of_the_surface(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Endpoints, messages, people, rules, memory and limits stay as they are."""
    await promises.surface(l9_checks, l9_agent, PROMISES)
