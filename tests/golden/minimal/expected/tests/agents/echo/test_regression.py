"""What callers of Echo rely on: a change here is a change for them."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent.conformance import (
    Checks,
    promises,
)
from l9stack.agent.testing import ServedAgent

AGENT = "echo"
pytestmark = pytest.mark.asyncio(loop_scope="session")
REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "say": {"text": {"required": True, "type": "string", "minLength": 1, "maxLength": 40}}
}
RESPONSES: dict[str, dict[str, dict[str, Any]]] = {
    "say": {"text": {"required": True, "type": "string", "minLength": 1, "maxLength": 40}}
}
PROMISES = promises.Promises(
    endpoints=[("POST", "/echo/say", "say")],
    pages=["/health", "/status"],
    packet_types={},
    publishes=[],
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
