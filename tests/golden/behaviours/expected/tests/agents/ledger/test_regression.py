"""What callers of Ledger rely on: a change here is a change for them."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent.conformance import (
    Checks,
    promises,
)
from l9stack.agent.testing import ServedAgent

AGENT = "ledger"
pytestmark = pytest.mark.asyncio(loop_scope="session")
REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "close": {"payload": {"required": True, "type": "object"}},
    "enter": {
        "amount": {"required": True, "type": "integer", "minimum": 0, "maximum": 1000},
        "shelf": {"required": True, "type": "string", "minLength": 1, "maxLength": 10},
    },
}
RESPONSES: dict[str, dict[str, dict[str, Any]]] = {
    "close": {"payload": {"required": True, "type": "object"}},
    "enter": {
        "amount": {"required": True, "type": "integer", "minimum": 0, "maximum": 1000},
        "entry": {"required": True, "type": "string", "maxLength": 60},
    },
}
PROMISES = promises.Promises(
    endpoints=[("POST", "/ledger/enter", "enter"), ("POST", "/ledger/close", "close")],
    pages=["/health", "/status"],
    packet_types={"enter": "enter"},
    publishes=["entered"],
    anchors=["Ada"],
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
