"""What TollGate does in records.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving, without

NOTE_INCIDENT_REQUEST: dict[str, Any] = {"plate": "BA-77", "story": "A tyre lay on the road."}


KEEP_PLATE_REQUEST: dict[str, Any] = {"plate": "BA-77"}


PASSAGES_OF_REQUEST: dict[str, Any] = {"plate": "BA-77", "kind": "bike"}


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
        pytest.param(NOTE_INCIDENT_REQUEST, {"length": 23, "label": "short"}, "APPROVED", id="the sample"),
        pytest.param(
            {**NOTE_INCIDENT_REQUEST, "plate": "xx"},
            {"length": 23, "label": "short"},
            "APPROVED",
            id="plate of 2 characters",
        ),
        pytest.param(
            {**NOTE_INCIDENT_REQUEST, "story": "x"}, {"length": 1, "label": "short"}, "APPROVED", id="story x"
        ),
        pytest.param(
            {**NOTE_INCIDENT_REQUEST, "plate": "xxxxxxxxxxxx"},
            {"length": 23, "label": "short"},
            "APPROVED",
            id="plate of 12 characters",
        ),
        pytest.param(
            {**NOTE_INCIDENT_REQUEST, "story": "x" * 500},
            {"length": 500, "label": "long"},
            "APPROVED",
            id="story of 500 characters",
        ),
    ],
)
async def test_note_incident_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("note_incident", arguments)
    assert reply.status == 200
    assert reply.body == {**expected, "record_id": reply.decision_id}
    assert reply.headers["x-l9-governance"] == governance


async def test_note_incident_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("note_incident", NOTE_INCIDENT_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "note_incident")])
async def test_note_incident_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": NOTE_INCIDENT_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": NOTE_INCIDENT_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(NOTE_INCIDENT_REQUEST, "plate"), "plate", id="plate missing"),
        pytest.param({**NOTE_INCIDENT_REQUEST, "plate": {"neither": "nor"}}, "plate", id="plate of another type"),
        pytest.param({**NOTE_INCIDENT_REQUEST, "plate": "x"}, "plate", id="plate too short"),
        pytest.param({**NOTE_INCIDENT_REQUEST, "plate": "x" * 13}, "plate", id="plate too long"),
        pytest.param(without(NOTE_INCIDENT_REQUEST, "story"), "story", id="story missing"),
        pytest.param({**NOTE_INCIDENT_REQUEST, "story": {"neither": "nor"}}, "story", id="story of another type"),
        pytest.param({**NOTE_INCIDENT_REQUEST, "story": ""}, "story", id="story too short"),
        pytest.param({**NOTE_INCIDENT_REQUEST, "story": "x" * 501}, "story", id="story too long"),
        pytest.param({**NOTE_INCIDENT_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_note_incident_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("note_incident", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(KEEP_PLATE_REQUEST, {}, "APPROVED", id="the sample"),
        pytest.param({"plate": "xx"}, {}, "APPROVED", id="plate of 2 characters"),
        pytest.param({"plate": "xxxxxxxxxxxx"}, {}, "APPROVED", id="plate of 12 characters"),
    ],
)
async def test_keep_plate_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("keep_plate", arguments)
    assert reply.status == 200
    assert reply.body == {**expected, "record_id": reply.decision_id}
    assert reply.headers["x-l9-governance"] == governance


async def test_keep_plate_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("keep_plate", KEEP_PLATE_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "keep_plate")])
async def test_keep_plate_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": KEEP_PLATE_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": KEEP_PLATE_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(KEEP_PLATE_REQUEST, "plate"), "plate", id="plate missing"),
        pytest.param({"plate": {"neither": "nor"}}, "plate", id="plate of another type"),
        pytest.param({"plate": "x"}, "plate", id="plate too short"),
        pytest.param({"plate": "x" * 13}, "plate", id="plate too long"),
        pytest.param({**KEEP_PLATE_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_keep_plate_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("keep_plate", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


async def test_passages_of_finds_earlier_decisions_up_to_its_limit(agent: ServedAgent) -> None:
    """Decisions about the same are found, the newest first, and never more than 2."""
    [await agent.decided("passages_of", PASSAGES_OF_REQUEST) for _ in range(3)]
    reply = await agent.call("passages_of", PASSAGES_OF_REQUEST)
    assert reply.status == 200
    assert reply.body["count"] == 2


async def test_passages_of_does_not_find_itself(agent: ServedAgent) -> None:
    """A look-up is no decision: it changes nothing of what the next one finds."""
    first = await agent.call("passages_of", PASSAGES_OF_REQUEST)
    second = await agent.call("passages_of", PASSAGES_OF_REQUEST)
    assert (first.status, first.body) == (200, second.body)


async def test_passages_of_finds_nothing_of_another_plate(agent: ServedAgent) -> None:
    """Only decisions with an equal `plate` are found."""
    await agent.decided("passages_of", PASSAGES_OF_REQUEST)
    reply = await agent.call("passages_of", {**PASSAGES_OF_REQUEST, "plate": "other-plate"})
    assert reply.status == 200
    assert reply.body["count"] == 0


async def test_passages_of_finds_nothing_of_another_kind(agent: ServedAgent) -> None:
    """Only decisions with an equal `kind` are found."""
    await agent.decided("passages_of", PASSAGES_OF_REQUEST)
    reply = await agent.call("passages_of", {**PASSAGES_OF_REQUEST, "kind": "car"})
    assert reply.status == 200
    assert reply.body["count"] == 0


async def test_passages_of_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("passages_of", PASSAGES_OF_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "passages_of")])
async def test_passages_of_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": PASSAGES_OF_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": PASSAGES_OF_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(PASSAGES_OF_REQUEST, "plate"), "plate", id="plate missing"),
        pytest.param({**PASSAGES_OF_REQUEST, "plate": {"neither": "nor"}}, "plate", id="plate of another type"),
        pytest.param({**PASSAGES_OF_REQUEST, "plate": "x"}, "plate", id="plate too short"),
        pytest.param({**PASSAGES_OF_REQUEST, "plate": "x" * 13}, "plate", id="plate too long"),
        pytest.param(without(PASSAGES_OF_REQUEST, "kind"), "kind", id="kind missing"),
        pytest.param({**PASSAGES_OF_REQUEST, "kind": {"neither": "nor"}}, "kind", id="kind of another type"),
        pytest.param({**PASSAGES_OF_REQUEST, "kind": "none of these"}, "kind", id="kind none of its choices"),
        pytest.param({**PASSAGES_OF_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_passages_of_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("passages_of", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["note_incident", "keep_plate", "passages_of"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
