"""What TollGate does in classing.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving, without

CLASS_VEHICLE_REQUEST: dict[str, Any] = {
    "axles": 2,
    "height": 1.6,
    "fuel": "diesel",
    "marks": ["local"],
    "trailer": True,
}


pytestmark = pytest.mark.asyncio(loop_scope="module")

PEERS = {"tariff": StandIn()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends; others are stood in for."""
    async with serving(l9_manifests / "toll_gate.json", l9_code, l9_backends, PEERS) as served:
        yield served


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "height": 2.5},
            {"kind": "lorry", "surcharge": 5.0, "marks": ["heavy"], "confidence": 0.9, "exempt": False},
            "APPROVED",
            id="height 2.5",
        ),
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "fuel": "electric", "trailer": False},
            {"kind": "car", "surcharge": 0, "marks": ["local"], "confidence": 0.8, "exempt": True},
            "APPROVED",
            id="fuel electric, trailer False",
        ),
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "height": 1.19, "marks": []},
            {"kind": "bike", "surcharge": 0, "marks": [], "confidence": 0.4, "exempt": True},
            "ESCALATED",
            id="height 1.19, another marks",
        ),
        pytest.param(
            CLASS_VEHICLE_REQUEST,
            {"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95, "exempt": False},
            "APPROVED",
            id="the sample",
        ),
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "height": 1.19},
            {"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95, "exempt": False},
            "APPROVED",
            id="height 1.19",
        ),
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "height": 1.2},
            {"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95, "exempt": False},
            "APPROVED",
            id="height 1.2",
        ),
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "height": 2.5, "trailer": False},
            {"kind": "car", "surcharge": 0, "marks": ["local"], "confidence": 0.95, "exempt": False},
            "APPROVED",
            id="height 2.5, trailer False",
        ),
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "height": 1.21},
            {"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95, "exempt": False},
            "APPROVED",
            id="height 1.21",
        ),
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "height": 2.49},
            {"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95, "exempt": False},
            "APPROVED",
            id="height 2.49",
        ),
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "height": 0.5},
            {"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95, "exempt": False},
            "APPROVED",
            id="height 0.5",
        ),
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "fuel": "x" * 20, "trailer": False},
            {"kind": "car", "surcharge": 0, "marks": ["local"], "confidence": 0.95, "exempt": False},
            "APPROVED",
            id="fuel of 20 characters, trailer False",
        ),
        pytest.param(
            {**CLASS_VEHICLE_REQUEST, "fuel": "electric"},
            {"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95, "exempt": False},
            "APPROVED",
            id="fuel electric",
        ),
    ],
)
async def test_class_vehicle_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("class_vehicle", arguments)
    assert reply.status == 200
    assert reply.body == expected
    assert reply.headers["x-l9-governance"] == governance


async def test_class_vehicle_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("class_vehicle", CLASS_VEHICLE_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "class_vehicle")])
async def test_class_vehicle_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": CLASS_VEHICLE_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": CLASS_VEHICLE_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize("path", ["/gate/class_vehicle"])
async def test_class_vehicle_is_served_at_its_endpoint(agent: ServedAgent, path: str) -> None:
    """A POST there leads to it."""
    assert (await agent.post(path, CLASS_VEHICLE_REQUEST)).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(CLASS_VEHICLE_REQUEST, "axles"), "axles", id="axles missing"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "axles": {"neither": "nor"}}, "axles", id="axles of another type"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "axles": 1}, "axles", id="axles below its minimum"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "axles": 13}, "axles", id="axles above its maximum"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "axles": 1.5}, "axles", id="axles with a fraction"),
        pytest.param(without(CLASS_VEHICLE_REQUEST, "height"), "height", id="height missing"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "height": {"neither": "nor"}}, "height", id="height of another type"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "height": 0.49}, "height", id="height below its minimum"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "height": 6.01}, "height", id="height above its maximum"),
        pytest.param(without(CLASS_VEHICLE_REQUEST, "fuel"), "fuel", id="fuel missing"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "fuel": {"neither": "nor"}}, "fuel", id="fuel of another type"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "fuel": "x" * 21}, "fuel", id="fuel too long"),
        pytest.param(without(CLASS_VEHICLE_REQUEST, "marks"), "marks", id="marks missing"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "marks": {"neither": "nor"}}, "marks", id="marks of another type"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "trailer": {"neither": "nor"}}, "trailer", id="trailer of another type"),
        pytest.param({**CLASS_VEHICLE_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_class_vehicle_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("class_vehicle", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["class_vehicle"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
