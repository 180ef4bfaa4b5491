"""What Counter does in counting.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving, without

WEIGH_REQUEST: dict[str, Any] = {"total": 10}


FIND_REQUEST: dict[str, Any] = {"shelf": "A1"}


ON_ENTERED_REQUEST: dict[str, Any] = {"entry": "A1-7", "amount": 7}


pytestmark = pytest.mark.asyncio(loop_scope="module")

PEERS = {"ledger": StandIn()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends; others are stood in for."""
    async with serving(l9_manifests / "counter.json", l9_code, l9_backends, PEERS) as served:
        yield served


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(WEIGH_REQUEST, {"status": "APPROVED", "fired": [], "anchors": []}, "APPROVED", id="the sample"),
        pytest.param(
            {"total": 999.99}, {"status": "APPROVED", "fired": [], "anchors": []}, "APPROVED", id="total 999.99"
        ),
        pytest.param({"total": 1000}, {"status": "APPROVED", "fired": [], "anchors": []}, "APPROVED", id="total 1000"),
        pytest.param(
            {"total": 1000.01},
            {"status": "ESCALATED", "fired": ["total_1_000"], "anchors": ["Ada", "Board of Trustees"]},
            "ESCALATED",
            id="total 1000.01",
        ),
        pytest.param({"total": 0}, {"status": "APPROVED", "fired": [], "anchors": []}, "APPROVED", id="total 0"),
        pytest.param(
            {"total": 5000},
            {"status": "ESCALATED", "fired": ["total_1_000"], "anchors": ["Ada", "Board of Trustees"]},
            "ESCALATED",
            id="total 5000",
        ),
    ],
)
async def test_weigh_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("weigh", arguments)
    assert reply.status == 200
    assert reply.body == expected
    assert reply.headers["x-l9-governance"] == governance


async def test_weigh_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("weigh", WEIGH_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "weigh")])
async def test_weigh_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": WEIGH_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": WEIGH_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize("path", ["/count/weigh"])
async def test_weigh_is_served_at_its_endpoint(agent: ServedAgent, path: str) -> None:
    """A POST there leads to it."""
    assert (await agent.post(path, WEIGH_REQUEST)).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(WEIGH_REQUEST, "total"), "total", id="total missing"),
        pytest.param({"total": {"neither": "nor"}}, "total", id="total of another type"),
        pytest.param({"total": -0.01}, "total", id="total below its minimum"),
        pytest.param({"total": 5000.01}, "total", id="total above its maximum"),
        pytest.param({**WEIGH_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_weigh_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("weigh", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


async def test_find_finds_earlier_decisions_up_to_its_limit(agent: ServedAgent) -> None:
    """Decisions about the same are found, the newest first, and never more than 3."""
    made = [await agent.decided("find", FIND_REQUEST) for _ in range(4)]
    reply = await agent.call("find", FIND_REQUEST)
    assert reply.status == 200
    assert reply.body["count"] == 3
    assert [found["decision_id"] for found in reply.body["decisions"]] == made[:0:-1]
    assert reply.body["decisions"][0]["request"] == FIND_REQUEST


async def test_find_does_not_find_itself(agent: ServedAgent) -> None:
    """A look-up is no decision: it changes nothing of what the next one finds."""
    first = await agent.call("find", FIND_REQUEST)
    second = await agent.call("find", FIND_REQUEST)
    assert (first.status, first.body) == (200, second.body)


async def test_find_finds_nothing_of_another_shelf(agent: ServedAgent) -> None:
    """Only decisions with an equal `shelf` are found."""
    await agent.decided("find", FIND_REQUEST)
    reply = await agent.call("find", {**FIND_REQUEST, "shelf": "other-shel"})
    assert reply.status == 200
    assert reply.body["count"] == 0
    assert reply.body["decisions"] == []


async def test_find_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("find", FIND_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "find")])
async def test_find_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": FIND_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": FIND_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize("path", ["/count/find"])
async def test_find_is_served_at_its_endpoint(agent: ServedAgent, path: str) -> None:
    """A POST there leads to it."""
    assert (await agent.post(path, FIND_REQUEST)).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(FIND_REQUEST, "shelf"), "shelf", id="shelf missing"),
        pytest.param({"shelf": {"neither": "nor"}}, "shelf", id="shelf of another type"),
        pytest.param({"shelf": ""}, "shelf", id="shelf too short"),
        pytest.param({"shelf": "xxxxxxxxxxx"}, "shelf", id="shelf too long"),
        pytest.param({**FIND_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_find_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("find", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param({**ON_ENTERED_REQUEST, "amount": 101}, {"grade": "large"}, "APPROVED", id="amount 101"),
        pytest.param(ON_ENTERED_REQUEST, {"grade": "small"}, "APPROVED", id="the sample"),
        pytest.param({**ON_ENTERED_REQUEST, "amount": 99}, {"grade": "small"}, "APPROVED", id="amount 99"),
        pytest.param({**ON_ENTERED_REQUEST, "amount": 100}, {"grade": "small"}, "APPROVED", id="amount 100"),
        pytest.param({**ON_ENTERED_REQUEST, "amount": 0}, {"grade": "small"}, "APPROVED", id="amount 0"),
        pytest.param({**ON_ENTERED_REQUEST, "amount": 1000}, {"grade": "large"}, "APPROVED", id="amount 1000"),
        pytest.param(
            {"entry": "x" * 60, "amount": 101}, {"grade": "large"}, "APPROVED", id="entry of 60 characters, amount 101"
        ),
        pytest.param(
            {**ON_ENTERED_REQUEST, "entry": "x" * 60}, {"grade": "small"}, "APPROVED", id="entry of 60 characters"
        ),
    ],
)
async def test_on_entered_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("on_entered", arguments)
    assert reply.status == 200
    assert reply.body == expected
    assert reply.headers["x-l9-governance"] == governance


async def test_on_entered_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("on_entered", ON_ENTERED_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "on_entered")])
async def test_on_entered_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": ON_ENTERED_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": ON_ENTERED_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(ON_ENTERED_REQUEST, "entry"), "entry", id="entry missing"),
        pytest.param({**ON_ENTERED_REQUEST, "entry": {"neither": "nor"}}, "entry", id="entry of another type"),
        pytest.param({**ON_ENTERED_REQUEST, "entry": "x" * 61}, "entry", id="entry too long"),
        pytest.param(without(ON_ENTERED_REQUEST, "amount"), "amount", id="amount missing"),
        pytest.param({**ON_ENTERED_REQUEST, "amount": {"neither": "nor"}}, "amount", id="amount of another type"),
        pytest.param({**ON_ENTERED_REQUEST, "amount": -1}, "amount", id="amount below its minimum"),
        pytest.param({**ON_ENTERED_REQUEST, "amount": 1001}, "amount", id="amount above its maximum"),
        pytest.param({**ON_ENTERED_REQUEST, "amount": 1.5}, "amount", id="amount with a fraction"),
        pytest.param({**ON_ENTERED_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_on_entered_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("on_entered", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["weigh", "find", "on_entered"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
