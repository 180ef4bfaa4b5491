"""What Fleet does in vans.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving, without

NEAREST_VAN_REQUEST: dict[str, Any] = {"region": "north"}


RESERVE_VAN_REQUEST: dict[str, Any] = {"van_id": "V-7"}


ON_VAN_ASSIGNED_REQUEST: dict[str, Any] = {"van_id": "V-7", "confidence": 0.9}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "fleet.json", l9_code, l9_backends) as served:
        yield served


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(NEAREST_VAN_REQUEST, {"van_id": "V-north", "free_capacity": 12}, "APPROVED", id="the sample"),
        pytest.param({"region": "south"}, {"van_id": "V-south", "free_capacity": 12}, "APPROVED", id="region south"),
    ],
)
async def test_nearest_van_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("nearest_van", arguments)
    assert reply.status == 200
    assert reply.body == expected
    assert reply.headers["x-l9-governance"] == governance


async def test_nearest_van_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("nearest_van", NEAREST_VAN_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "nearest_van")])
async def test_nearest_van_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": NEAREST_VAN_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": NEAREST_VAN_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize("path", ["/fleet/nearest_van"])
async def test_nearest_van_is_served_at_its_endpoint(agent: ServedAgent, path: str) -> None:
    """A POST there leads to it."""
    assert (await agent.post(path, NEAREST_VAN_REQUEST)).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(NEAREST_VAN_REQUEST, "region"), "region", id="region missing"),
        pytest.param({"region": {"neither": "nor"}}, "region", id="region of another type"),
        pytest.param({"region": "none of these"}, "region", id="region none of its choices"),
        pytest.param({**NEAREST_VAN_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_nearest_van_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("nearest_van", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(RESERVE_VAN_REQUEST, {"reserved": True}, "APPROVED", id="the sample"),
        pytest.param({"van_id": "x" * 40}, {"reserved": True}, "APPROVED", id="van_id of 40 characters"),
    ],
)
async def test_reserve_van_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("reserve_van", arguments)
    assert reply.status == 200
    assert reply.body == expected
    assert reply.headers["x-l9-governance"] == governance


async def test_reserve_van_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("reserve_van", RESERVE_VAN_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "reserve_van"), ("packet_type", "reserve_van")])
async def test_reserve_van_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": RESERVE_VAN_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": RESERVE_VAN_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(RESERVE_VAN_REQUEST, "van_id"), "van_id", id="van_id missing"),
        pytest.param({"van_id": {"neither": "nor"}}, "van_id", id="van_id of another type"),
        pytest.param({"van_id": "x" * 41}, "van_id", id="van_id too long"),
        pytest.param({**RESERVE_VAN_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_reserve_van_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("reserve_van", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(ON_VAN_ASSIGNED_REQUEST, {}, "APPROVED", id="the sample"),
        pytest.param({**ON_VAN_ASSIGNED_REQUEST, "van_id": "x" * 40}, {}, "APPROVED", id="van_id of 40 characters"),
        pytest.param({**ON_VAN_ASSIGNED_REQUEST, "confidence": 0}, {}, "APPROVED", id="confidence 0"),
        pytest.param({**ON_VAN_ASSIGNED_REQUEST, "confidence": 1}, {}, "APPROVED", id="confidence 1"),
    ],
)
async def test_on_van_assigned_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("on_van_assigned", arguments)
    assert reply.status == 200
    assert reply.body == {**expected, "record_id": reply.decision_id}
    assert reply.headers["x-l9-governance"] == governance


async def test_on_van_assigned_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("on_van_assigned", ON_VAN_ASSIGNED_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "on_van_assigned")])
async def test_on_van_assigned_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": ON_VAN_ASSIGNED_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": ON_VAN_ASSIGNED_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(ON_VAN_ASSIGNED_REQUEST, "van_id"), "van_id", id="van_id missing"),
        pytest.param({**ON_VAN_ASSIGNED_REQUEST, "van_id": {"neither": "nor"}}, "van_id", id="van_id of another type"),
        pytest.param({**ON_VAN_ASSIGNED_REQUEST, "van_id": "x" * 41}, "van_id", id="van_id too long"),
        pytest.param(without(ON_VAN_ASSIGNED_REQUEST, "confidence"), "confidence", id="confidence missing"),
        pytest.param(
            {**ON_VAN_ASSIGNED_REQUEST, "confidence": {"neither": "nor"}}, "confidence", id="confidence of another type"
        ),
        pytest.param({**ON_VAN_ASSIGNED_REQUEST, "confidence": -0.01}, "confidence", id="confidence below its minimum"),
        pytest.param({**ON_VAN_ASSIGNED_REQUEST, "confidence": 1.01}, "confidence", id="confidence above its maximum"),
        pytest.param({**ON_VAN_ASSIGNED_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_on_van_assigned_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("on_van_assigned", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["nearest_van", "reserve_van", "on_van_assigned"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
