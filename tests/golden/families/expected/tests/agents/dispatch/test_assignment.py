"""What Dispatch does in assignment.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving, without

ASSIGN_REQUEST: dict[str, Any] = {"request_id": "R-1", "region": "north", "distance": 12}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(
            {**ASSIGN_REQUEST, "distance": 200.01},
            {"van_id": "long-haul", "confidence": 0.5},
            "ESCALATED",
            id="distance 200.01",
        ),
        pytest.param(ASSIGN_REQUEST, {"van_id": "city", "confidence": 0.9}, "APPROVED", id="the sample"),
        pytest.param(
            {**ASSIGN_REQUEST, "distance": 199.99},
            {"van_id": "city", "confidence": 0.9},
            "APPROVED",
            id="distance 199.99",
        ),
        pytest.param(
            {**ASSIGN_REQUEST, "distance": 200}, {"van_id": "city", "confidence": 0.9}, "APPROVED", id="distance 200"
        ),
        pytest.param(
            {**ASSIGN_REQUEST, "distance": 0}, {"van_id": "city", "confidence": 0.9}, "APPROVED", id="distance 0"
        ),
        pytest.param(
            {**ASSIGN_REQUEST, "distance": 299.99},
            {"van_id": "long-haul", "confidence": 0.5},
            "ESCALATED",
            id="distance 299.99",
        ),
        pytest.param(
            {**ASSIGN_REQUEST, "distance": 300},
            {"van_id": "long-haul", "confidence": 0.5},
            "ESCALATED",
            id="distance 300",
        ),
        pytest.param(
            {**ASSIGN_REQUEST, "distance": 300.01},
            {"van_id": "long-haul", "confidence": 0.5},
            "ESCALATED",
            id="distance 300.01",
        ),
        pytest.param(
            {**ASSIGN_REQUEST, "distance": 500},
            {"van_id": "long-haul", "confidence": 0.5},
            "ESCALATED",
            id="distance 500",
        ),
        pytest.param(
            {**ASSIGN_REQUEST, "request_id": "x", "distance": 200.01},
            {"van_id": "long-haul", "confidence": 0.5},
            "ESCALATED",
            id="request_id x, distance 200.01",
        ),
        pytest.param(
            {**ASSIGN_REQUEST, "request_id": "x" * 40, "distance": 200.01},
            {"van_id": "long-haul", "confidence": 0.5},
            "ESCALATED",
            id="request_id of 40 characters, distance 200.01",
        ),
        pytest.param(
            {**ASSIGN_REQUEST, "region": "south", "distance": 200.01},
            {"van_id": "long-haul", "confidence": 0.5},
            "ESCALATED",
            id="region south, distance 200.01",
        ),
    ],
)
async def test_assign_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("assign", arguments)
    assert reply.status == 200
    assert reply.body == expected
    assert reply.headers["x-l9-governance"] == governance


async def test_assign_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, semantic, causal, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("assign", ASSIGN_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1, "semantic": 1, "causal": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "assign"), ("packet_type", "assign")])
async def test_assign_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": ASSIGN_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": ASSIGN_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize("path", ["/dispatch/assign"])
async def test_assign_is_served_at_its_endpoint(agent: ServedAgent, path: str) -> None:
    """A POST there leads to it."""
    assert (await agent.post(path, ASSIGN_REQUEST)).status_code == 200


async def test_assign_publishes_its_answer(agent: ServedAgent) -> None:
    """Observers get the answer as the event, under the same trace id."""
    reply = await agent.call("assign", ASSIGN_REQUEST)
    events = await agent.published(reply.trace_id)
    assert [(entry["event"], json.loads(entry["payload"])) for entry in events] == [("van_assigned", reply.body)]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(ASSIGN_REQUEST, "request_id"), "request_id", id="request_id missing"),
        pytest.param(
            {**ASSIGN_REQUEST, "request_id": {"neither": "nor"}}, "request_id", id="request_id of another type"
        ),
        pytest.param({**ASSIGN_REQUEST, "request_id": ""}, "request_id", id="request_id too short"),
        pytest.param({**ASSIGN_REQUEST, "request_id": "x" * 41}, "request_id", id="request_id too long"),
        pytest.param(without(ASSIGN_REQUEST, "region"), "region", id="region missing"),
        pytest.param({**ASSIGN_REQUEST, "region": {"neither": "nor"}}, "region", id="region of another type"),
        pytest.param({**ASSIGN_REQUEST, "region": "none of these"}, "region", id="region none of its choices"),
        pytest.param(without(ASSIGN_REQUEST, "distance"), "distance", id="distance missing"),
        pytest.param({**ASSIGN_REQUEST, "distance": {"neither": "nor"}}, "distance", id="distance of another type"),
        pytest.param({**ASSIGN_REQUEST, "distance": -0.01}, "distance", id="distance below its minimum"),
        pytest.param({**ASSIGN_REQUEST, "distance": 500.01}, "distance", id="distance above its maximum"),
        pytest.param({**ASSIGN_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_assign_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("assign", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["assign"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
