"""What Counter does in asking.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving, without

TOTAL_REQUEST: dict[str, Any] = {"shelf": "A1", "first": 3, "second": 4}
TOTAL_SAID: dict[str, Any] = {"entry": "entry", "amount": 1}


pytestmark = pytest.mark.asyncio(loop_scope="module")

PEERS = {"ledger": StandIn()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends; others are stood in for."""
    async with serving(l9_manifests / "counter.json", l9_code, l9_backends, PEERS) as served:
        yield served


@pytest.mark.parametrize(
    ("arguments", "said", "sent", "expected", "governance"),
    [
        pytest.param(
            TOTAL_REQUEST,
            TOTAL_SAID,
            {"shelf": "A1", "amount": 7},
            {"entry": "entry", "total": 1},
            "APPROVED",
            id="the sample",
        ),
        pytest.param(
            {**TOTAL_REQUEST, "shelf": "x"},
            TOTAL_SAID,
            {"shelf": "x", "amount": 7},
            {"entry": "entry", "total": 1},
            "APPROVED",
            id="shelf x",
        ),
        pytest.param(
            {**TOTAL_REQUEST, "first": 0},
            TOTAL_SAID,
            {"shelf": "A1", "amount": 4},
            {"entry": "entry", "total": 1},
            "APPROVED",
            id="first 0",
        ),
        pytest.param(
            {**TOTAL_REQUEST, "second": 0},
            TOTAL_SAID,
            {"shelf": "A1", "amount": 3},
            {"entry": "entry", "total": 1},
            "APPROVED",
            id="second 0",
        ),
        pytest.param(
            {**TOTAL_REQUEST, "shelf": "xxxxxxxxxx"},
            TOTAL_SAID,
            {"shelf": "xxxxxxxxxx", "amount": 7},
            {"entry": "entry", "total": 1},
            "APPROVED",
            id="shelf of 10 characters",
        ),
        pytest.param(
            {**TOTAL_REQUEST, "first": 500},
            TOTAL_SAID,
            {"shelf": "A1", "amount": 504},
            {"entry": "entry", "total": 1},
            "APPROVED",
            id="first 500",
        ),
        pytest.param(
            {**TOTAL_REQUEST, "second": 500},
            TOTAL_SAID,
            {"shelf": "A1", "amount": 503},
            {"entry": "entry", "total": 1},
            "APPROVED",
            id="second 500",
        ),
        pytest.param(
            TOTAL_REQUEST,
            {**TOTAL_SAID, "entry": "x" * 60},
            {"shelf": "A1", "amount": 7},
            {"entry": "x" * 60, "total": 1},
            "APPROVED",
            id="said entry of 60 characters",
        ),
        pytest.param(
            TOTAL_REQUEST,
            {**TOTAL_SAID, "amount": 0},
            {"shelf": "A1", "amount": 7},
            {"entry": "entry", "total": 0},
            "APPROVED",
            id="said amount 0",
        ),
        pytest.param(
            TOTAL_REQUEST,
            {**TOTAL_SAID, "amount": 1000},
            {"shelf": "A1", "amount": 7},
            {"entry": "entry", "total": 1000},
            "APPROVED",
            id="said amount 1000",
        ),
    ],
)
async def test_total_answers_from_what_the_peer_says(
    agent: ServedAgent,
    arguments: dict[str, Any],
    said: dict[str, Any],
    sent: dict[str, Any],
    expected: dict[str, Any],
    governance: str,
) -> None:
    """The peer is asked for exactly this, and the answer is made of what it says."""
    peer = PEERS["ledger"].say("enter", said)
    reply = await agent.call("total", arguments)
    assert (reply.status, reply.body) == (200, expected)
    assert peer.requests == [{"packet_type": "enter", "arguments": sent}]
    assert reply.headers["x-l9-governance"] == governance


async def test_total_escalates_when_the_peer_is_down(agent: ServedAgent) -> None:
    """A peer that does not answer in time: 504, and a decision that waits for an anchor."""
    PEERS["ledger"].failure = "timeout"
    reply = await agent.call("total", TOTAL_REQUEST)
    assert reply.status == 504
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (waiting["status"], waiting["operation"]) == ("PENDING", "total")


async def test_total_rejects_an_answer_that_is_no_packet(agent: ServedAgent) -> None:
    """What is no packet is never used."""
    PEERS["ledger"].failure = "malformed"
    reply = await agent.call("total", TOTAL_REQUEST)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(without(TOTAL_SAID, "entry"), id="entry missing"),
        pytest.param({**TOTAL_SAID, "entry": {"neither": "nor"}}, id="entry of another type"),
        pytest.param({**TOTAL_SAID, "entry": "x" * 61}, id="entry too long"),
        pytest.param(without(TOTAL_SAID, "amount"), id="amount missing"),
        pytest.param({**TOTAL_SAID, "amount": {"neither": "nor"}}, id="amount of another type"),
        pytest.param({**TOTAL_SAID, "amount": -1}, id="amount below its minimum"),
        pytest.param({**TOTAL_SAID, "amount": 1001}, id="amount above its maximum"),
        pytest.param({**TOTAL_SAID, "amount": 1.5}, id="amount with a fraction"),
    ],
)
async def test_total_rejects_an_answer_that_does_not_fit(agent: ServedAgent, said: dict[str, Any]) -> None:
    """Where what is used of it lacks, or is not as the peer declares it, that is the peer's fault, and is said so."""
    PEERS["ledger"].say("enter", said)
    reply = await agent.call("total", TOTAL_REQUEST)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert "ledger" in reply.body["detail"]


async def test_total_takes_an_answer_that_says_more(agent: ServedAgent) -> None:
    """As a later version of the peer may."""
    PEERS["ledger"].say("enter", {**TOTAL_SAID, "undeclared_field": 1})
    assert (await agent.call("total", TOTAL_REQUEST)).status == 200


async def test_total_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    PEERS["ledger"].say("enter", TOTAL_SAID)
    reply = await agent.call("total", TOTAL_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "total")])
async def test_total_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    PEERS["ledger"].say("enter", TOTAL_SAID)
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": TOTAL_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": TOTAL_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)
    assert len(PEERS["ledger"].requests) == 1


@pytest.mark.parametrize("path", ["/count/total"])
async def test_total_is_served_at_its_endpoint(agent: ServedAgent, path: str) -> None:
    """A POST there leads to it."""
    PEERS["ledger"].say("enter", TOTAL_SAID)
    assert (await agent.post(path, TOTAL_REQUEST)).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(TOTAL_REQUEST, "shelf"), "shelf", id="shelf missing"),
        pytest.param({**TOTAL_REQUEST, "shelf": {"neither": "nor"}}, "shelf", id="shelf of another type"),
        pytest.param({**TOTAL_REQUEST, "shelf": ""}, "shelf", id="shelf too short"),
        pytest.param({**TOTAL_REQUEST, "shelf": "xxxxxxxxxxx"}, "shelf", id="shelf too long"),
        pytest.param(without(TOTAL_REQUEST, "first"), "first", id="first missing"),
        pytest.param({**TOTAL_REQUEST, "first": {"neither": "nor"}}, "first", id="first of another type"),
        pytest.param({**TOTAL_REQUEST, "first": -1}, "first", id="first below its minimum"),
        pytest.param({**TOTAL_REQUEST, "first": 501}, "first", id="first above its maximum"),
        pytest.param({**TOTAL_REQUEST, "first": 1.5}, "first", id="first with a fraction"),
        pytest.param(without(TOTAL_REQUEST, "second"), "second", id="second missing"),
        pytest.param({**TOTAL_REQUEST, "second": {"neither": "nor"}}, "second", id="second of another type"),
        pytest.param({**TOTAL_REQUEST, "second": -1}, "second", id="second below its minimum"),
        pytest.param({**TOTAL_REQUEST, "second": 501}, "second", id="second above its maximum"),
        pytest.param({**TOTAL_REQUEST, "second": 1.5}, "second", id="second with a fraction"),
        pytest.param({**TOTAL_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_total_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("total", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["total"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
