"""What TollGate does in passages.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving, without

PASS_THROUGH_REQUEST: dict[str, Any] = {"plate": "BA-77", "kind": "bike", "distance": 120}
PASS_THROUGH_SAID: dict[str, Any] = {"toll": 1, "rebate": 1, "cheap": True}


WEIGH_PASSAGE_REQUEST: dict[str, Any] = {"toll": 40, "confidence": 0.9}


pytestmark = pytest.mark.asyncio(loop_scope="module")

PEERS = {"tariff": StandIn()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends; others are stood in for."""
    async with serving(l9_manifests / "toll_gate.json", l9_code, l9_backends, PEERS) as served:
        yield served


@pytest.mark.parametrize(
    ("arguments", "said", "sent", "expected", "governance"),
    [
        pytest.param(
            PASS_THROUGH_REQUEST,
            PASS_THROUGH_SAID,
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 0, "dear": False},
            "APPROVED",
            id="the sample",
        ),
        pytest.param(
            {**PASS_THROUGH_REQUEST, "plate": "xx"},
            PASS_THROUGH_SAID,
            {"kind": "bike", "distance": 120},
            {"plate": "xx", "toll": 0, "dear": False},
            "APPROVED",
            id="plate of 2 characters",
        ),
        pytest.param(
            {**PASS_THROUGH_REQUEST, "distance": 0},
            PASS_THROUGH_SAID,
            {"kind": "bike", "distance": 0},
            {"plate": "BA-77", "toll": 0, "dear": False},
            "APPROVED",
            id="distance 0",
        ),
        pytest.param(
            {**PASS_THROUGH_REQUEST, "plate": "xxxxxxxxxxxx"},
            PASS_THROUGH_SAID,
            {"kind": "bike", "distance": 120},
            {"plate": "xxxxxxxxxxxx", "toll": 0, "dear": False},
            "APPROVED",
            id="plate of 12 characters",
        ),
        pytest.param(
            {**PASS_THROUGH_REQUEST, "kind": "car"},
            PASS_THROUGH_SAID,
            {"kind": "car", "distance": 120},
            {"plate": "BA-77", "toll": 0, "dear": False},
            "APPROVED",
            id="kind car",
        ),
        pytest.param(
            {**PASS_THROUGH_REQUEST, "distance": 900},
            PASS_THROUGH_SAID,
            {"kind": "bike", "distance": 900},
            {"plate": "BA-77", "toll": 0, "dear": False},
            "APPROVED",
            id="distance 900",
        ),
        pytest.param(
            PASS_THROUGH_REQUEST,
            {**PASS_THROUGH_SAID, "toll": 49.99},
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 48.99, "dear": False},
            "APPROVED",
            id="said toll 49.99",
        ),
        pytest.param(
            PASS_THROUGH_REQUEST,
            {**PASS_THROUGH_SAID, "toll": 50},
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 49, "dear": False},
            "APPROVED",
            id="said toll 50",
        ),
        pytest.param(
            PASS_THROUGH_REQUEST,
            {**PASS_THROUGH_SAID, "toll": 50.01},
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 49.01, "dear": True},
            "APPROVED",
            id="said toll 50.01",
        ),
        pytest.param(
            PASS_THROUGH_REQUEST,
            {**PASS_THROUGH_SAID, "toll": 79.99},
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 78.99, "dear": True},
            "APPROVED",
            id="said toll 79.99",
        ),
        pytest.param(
            PASS_THROUGH_REQUEST,
            {**PASS_THROUGH_SAID, "toll": 80},
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 79, "dear": True},
            "APPROVED",
            id="said toll 80",
        ),
        pytest.param(
            PASS_THROUGH_REQUEST,
            {**PASS_THROUGH_SAID, "toll": 80.01},
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 79.01, "dear": True},
            "APPROVED",
            id="said toll 80.01",
        ),
        pytest.param(
            PASS_THROUGH_REQUEST,
            {**PASS_THROUGH_SAID, "toll": 0},
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 0, "dear": False},
            "APPROVED",
            id="said toll 0",
        ),
        pytest.param(
            PASS_THROUGH_REQUEST,
            {**PASS_THROUGH_SAID, "toll": 500},
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 499, "dear": True},
            "ESCALATED",
            id="said toll 500",
        ),
        pytest.param(
            PASS_THROUGH_REQUEST,
            {**PASS_THROUGH_SAID, "rebate": 0},
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 1, "dear": False},
            "APPROVED",
            id="said rebate 0",
        ),
        pytest.param(
            PASS_THROUGH_REQUEST,
            {**PASS_THROUGH_SAID, "rebate": 50},
            {"kind": "bike", "distance": 120},
            {"plate": "BA-77", "toll": 0, "dear": False},
            "APPROVED",
            id="said rebate 50",
        ),
    ],
)
async def test_pass_through_answers_from_what_the_peer_says(
    agent: ServedAgent,
    arguments: dict[str, Any],
    said: dict[str, Any],
    sent: dict[str, Any],
    expected: dict[str, Any],
    governance: str,
) -> None:
    """The peer is asked for exactly this, and the answer is made of what it says."""
    peer = PEERS["tariff"].say("toll", said)
    reply = await agent.call("pass_through", arguments)
    assert (reply.status, reply.body) == (200, expected)
    assert peer.requests == [{"operation": "toll", "arguments": sent}]
    assert reply.headers["x-l9-governance"] == governance


async def test_pass_through_escalates_when_the_peer_is_down(agent: ServedAgent) -> None:
    """A peer that does not answer in time: 504, and a decision that waits for an anchor."""
    PEERS["tariff"].failure = "timeout"
    reply = await agent.call("pass_through", PASS_THROUGH_REQUEST)
    assert reply.status == 504
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (waiting["status"], waiting["operation"]) == ("PENDING", "pass_through")


async def test_pass_through_rejects_an_answer_that_is_no_packet(agent: ServedAgent) -> None:
    """What is no packet is never used."""
    PEERS["tariff"].failure = "malformed"
    reply = await agent.call("pass_through", PASS_THROUGH_REQUEST)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(without(PASS_THROUGH_SAID, "toll"), id="toll missing"),
        pytest.param({**PASS_THROUGH_SAID, "toll": {"neither": "nor"}}, id="toll of another type"),
        pytest.param({**PASS_THROUGH_SAID, "toll": -0.01}, id="toll below its minimum"),
        pytest.param({**PASS_THROUGH_SAID, "toll": 500.01}, id="toll above its maximum"),
        pytest.param(without(PASS_THROUGH_SAID, "rebate"), id="rebate missing"),
        pytest.param({**PASS_THROUGH_SAID, "rebate": {"neither": "nor"}}, id="rebate of another type"),
        pytest.param({**PASS_THROUGH_SAID, "rebate": -0.01}, id="rebate below its minimum"),
        pytest.param({**PASS_THROUGH_SAID, "rebate": 50.01}, id="rebate above its maximum"),
    ],
)
async def test_pass_through_rejects_an_answer_that_does_not_fit(agent: ServedAgent, said: dict[str, Any]) -> None:
    """Where what is used of it lacks, or is not as the peer declares it, that is the peer's fault, and is said so."""
    PEERS["tariff"].say("toll", said)
    reply = await agent.call("pass_through", PASS_THROUGH_REQUEST)
    assert (reply.status, reply.body["code"]) == (502, "peer-failed")
    assert "tariff" in reply.body["detail"]


async def test_pass_through_takes_an_answer_that_says_more(agent: ServedAgent) -> None:
    """As a later version of the peer may."""
    PEERS["tariff"].say("toll", {**PASS_THROUGH_SAID, "undeclared_field": 1})
    assert (await agent.call("pass_through", PASS_THROUGH_REQUEST)).status == 200


async def test_pass_through_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    PEERS["tariff"].say("toll", PASS_THROUGH_SAID)
    reply = await agent.call("pass_through", PASS_THROUGH_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "pass_through")])
async def test_pass_through_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    PEERS["tariff"].say("toll", PASS_THROUGH_SAID)
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": PASS_THROUGH_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": PASS_THROUGH_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)
    assert len(PEERS["tariff"].requests) == 1


@pytest.mark.parametrize("path", ["/gate/pass_through"])
async def test_pass_through_is_served_at_its_endpoint(agent: ServedAgent, path: str) -> None:
    """A POST there leads to it."""
    PEERS["tariff"].say("toll", PASS_THROUGH_SAID)
    assert (await agent.post(path, PASS_THROUGH_REQUEST)).status_code == 200


async def test_pass_through_publishes_its_answer(agent: ServedAgent) -> None:
    """Observers get the answer as the event, under the same trace id."""
    PEERS["tariff"].say("toll", PASS_THROUGH_SAID)
    reply = await agent.call("pass_through", PASS_THROUGH_REQUEST)
    events = await agent.published(reply.trace_id)
    assert [(entry["event"], json.loads(entry["payload"])) for entry in events] == [("passed", reply.body)]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(PASS_THROUGH_REQUEST, "plate"), "plate", id="plate missing"),
        pytest.param({**PASS_THROUGH_REQUEST, "plate": {"neither": "nor"}}, "plate", id="plate of another type"),
        pytest.param({**PASS_THROUGH_REQUEST, "plate": "x"}, "plate", id="plate too short"),
        pytest.param({**PASS_THROUGH_REQUEST, "plate": "x" * 13}, "plate", id="plate too long"),
        pytest.param(without(PASS_THROUGH_REQUEST, "kind"), "kind", id="kind missing"),
        pytest.param({**PASS_THROUGH_REQUEST, "kind": {"neither": "nor"}}, "kind", id="kind of another type"),
        pytest.param({**PASS_THROUGH_REQUEST, "kind": "none of these"}, "kind", id="kind none of its choices"),
        pytest.param(without(PASS_THROUGH_REQUEST, "distance"), "distance", id="distance missing"),
        pytest.param(
            {**PASS_THROUGH_REQUEST, "distance": {"neither": "nor"}}, "distance", id="distance of another type"
        ),
        pytest.param({**PASS_THROUGH_REQUEST, "distance": -0.01}, "distance", id="distance below its minimum"),
        pytest.param({**PASS_THROUGH_REQUEST, "distance": 900.01}, "distance", id="distance above its maximum"),
        pytest.param({**PASS_THROUGH_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_pass_through_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("pass_through", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(
            WEIGH_PASSAGE_REQUEST, {"status": "APPROVED", "fired": [], "anchors": []}, "APPROVED", id="the sample"
        ),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "toll": 79.99},
            {"status": "APPROVED", "fired": [], "anchors": []},
            "APPROVED",
            id="toll 79.99",
        ),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "confidence": 0.49},
            {"status": "ESCALATED", "fired": ["confidence_0_5_and_criticality_0_6"], "anchors": ["Road Master"]},
            "ESCALATED",
            id="confidence 0.49",
        ),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "toll": 80},
            {"status": "APPROVED", "fired": [], "anchors": []},
            "APPROVED",
            id="toll 80",
        ),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "confidence": 0.5},
            {"status": "APPROVED", "fired": [], "anchors": []},
            "APPROVED",
            id="confidence 0.5",
        ),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "toll": 80.01},
            {"status": "ESCALATED", "fired": ["toll_80"], "anchors": ["Road Master"]},
            "ESCALATED",
            id="toll 80.01",
        ),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "confidence": 0.51},
            {"status": "APPROVED", "fired": [], "anchors": []},
            "APPROVED",
            id="confidence 0.51",
        ),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "toll": 0},
            {"status": "APPROVED", "fired": [], "anchors": []},
            "APPROVED",
            id="toll 0",
        ),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "confidence": 0},
            {"status": "ESCALATED", "fired": ["confidence_0_5_and_criticality_0_6"], "anchors": ["Road Master"]},
            "ESCALATED",
            id="confidence 0",
        ),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "toll": 500},
            {"status": "ESCALATED", "fired": ["toll_80"], "anchors": ["Road Master"]},
            "ESCALATED",
            id="toll 500",
        ),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "confidence": 1},
            {"status": "APPROVED", "fired": [], "anchors": []},
            "APPROVED",
            id="confidence 1",
        ),
    ],
)
async def test_weigh_passage_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("weigh_passage", arguments)
    assert reply.status == 200
    assert reply.body == expected
    assert reply.headers["x-l9-governance"] == governance


async def test_weigh_passage_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in working, episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("weigh_passage", WEIGH_PASSAGE_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"working": 1, "episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "weigh_passage")])
async def test_weigh_passage_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": WEIGH_PASSAGE_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": WEIGH_PASSAGE_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(WEIGH_PASSAGE_REQUEST, "toll"), "toll", id="toll missing"),
        pytest.param({**WEIGH_PASSAGE_REQUEST, "toll": {"neither": "nor"}}, "toll", id="toll of another type"),
        pytest.param({**WEIGH_PASSAGE_REQUEST, "toll": -0.01}, "toll", id="toll below its minimum"),
        pytest.param({**WEIGH_PASSAGE_REQUEST, "toll": 500.01}, "toll", id="toll above its maximum"),
        pytest.param(without(WEIGH_PASSAGE_REQUEST, "confidence"), "confidence", id="confidence missing"),
        pytest.param(
            {**WEIGH_PASSAGE_REQUEST, "confidence": {"neither": "nor"}}, "confidence", id="confidence of another type"
        ),
        pytest.param({**WEIGH_PASSAGE_REQUEST, "confidence": -0.01}, "confidence", id="confidence below its minimum"),
        pytest.param({**WEIGH_PASSAGE_REQUEST, "confidence": 1.01}, "confidence", id="confidence above its maximum"),
        pytest.param({**WEIGH_PASSAGE_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_weigh_passage_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("weigh_passage", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["pass_through", "weigh_passage"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
