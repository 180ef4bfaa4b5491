"""What callers of Fleet rely on: a change here is a change for them."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent.conformance import (
    Checks,
    promises,
)
from l9stack.agent.testing import ServedAgent

AGENT = "fleet"
pytestmark = pytest.mark.asyncio(loop_scope="session")
REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "nearest_van": {"region": {"required": True, "type": "string", "choices": ["north", "south"]}},
    "reserve_van": {"van_id": {"required": True, "type": "string", "maxLength": 40}},
    "on_van_assigned": {
        "confidence": {"required": True, "type": "number", "minimum": 0, "maximum": 1},
        "van_id": {"required": True, "type": "string", "maxLength": 40},
    },
    "logger": {"payload": {"required": True, "type": "object"}},
}
RESPONSES: dict[str, dict[str, dict[str, Any]]] = {
    "nearest_van": {
        "free_capacity": {"required": True, "type": "integer", "minimum": 0, "maximum": 40},
        "van_id": {"required": True, "type": "string", "maxLength": 40},
    },
    "reserve_van": {"reserved": {"required": True, "type": "boolean"}},
    "on_van_assigned": {"record_id": {"required": True, "type": "string"}},
    "logger": {"payload": {"required": True, "type": "object"}},
}
PROMISES = promises.Promises(
    endpoints=[("POST", "/fleet/nearest_van", "nearest_van")],
    pages=["/health", "/status"],
    packet_types={"reserve_van": "reserve_van"},
    publishes=[],
    anchors=["Shift Lead"],
    rules={},
    layers=["working"],
    rate="600/minute",
    max_payload_bytes=1048576,
    working=("l9_families:fleet", 3600),
)


async def test_regression_of_the_models(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Fields that callers give or read stay as they are, with what may stand in them."""
    await promises.models(l9_checks, l9_agent, REQUESTS, RESPONSES)


async def test_regression_of_the_surface(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Endpoints, messages, people, rules, memory and limits stay as they are."""
    await promises.surface(l9_checks, l9_agent, PROMISES)
