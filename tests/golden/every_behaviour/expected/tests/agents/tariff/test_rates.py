"""What Tariff does in rates.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving, told, without
from toll.shares import share_of as on_passed_function

from L9.agents.tariff.rates import on_passed

TOLL_REQUEST: dict[str, Any] = {"kind": "bike", "distance": 120}


ON_PASSED_REQUEST: dict[str, Any] = {"plate": "BA-77", "toll": 12, "dear": True}


EXEMPT_REQUEST: dict[str, Any] = {"plate": "BA-77"}
EXEMPT_DECIDED: dict[str, Any] = {"exempt": True}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "tariff.json", l9_code, l9_backends) as served:
        yield served


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def nothing_decided(agent: ServedAgent) -> None:
    """What an anchor decided in one test is no precedent in the next one."""
    await agent.forget()


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(TOLL_REQUEST, {"toll": 6.0, "rebate": 1, "cheap": False}, "APPROVED", id="the sample"),
        pytest.param(
            {**TOLL_REQUEST, "distance": 99}, {"toll": 4.95, "rebate": 1, "cheap": True}, "APPROVED", id="distance 99"
        ),
        pytest.param(
            {**TOLL_REQUEST, "kind": "car"}, {"toll": 12.0, "rebate": 1, "cheap": False}, "APPROVED", id="kind car"
        ),
        pytest.param(
            {**TOLL_REQUEST, "distance": 100}, {"toll": 5.0, "rebate": 2, "cheap": True}, "APPROVED", id="distance 100"
        ),
        pytest.param(
            {**TOLL_REQUEST, "kind": "lorry"}, {"toll": 48.0, "rebate": 1, "cheap": False}, "APPROVED", id="kind lorry"
        ),
        pytest.param(
            {**TOLL_REQUEST, "distance": 101},
            {"toll": 5.05, "rebate": 3, "cheap": False},
            "APPROVED",
            id="distance 101",
        ),
        pytest.param(
            {**TOLL_REQUEST, "distance": 0}, {"toll": 0.0, "rebate": 0, "cheap": True}, "APPROVED", id="distance 0"
        ),
        pytest.param(
            {**TOLL_REQUEST, "distance": 900},
            {"toll": 45.0, "rebate": 4, "cheap": False},
            "APPROVED",
            id="distance 900",
        ),
    ],
)
async def test_toll_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("toll", arguments)
    assert reply.status == 200
    assert reply.body == expected
    assert reply.headers["x-l9-governance"] == governance


async def test_toll_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("toll", TOLL_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "toll")])
async def test_toll_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": TOLL_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": TOLL_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize("path", ["/tariff/toll"])
async def test_toll_is_served_at_its_endpoint(agent: ServedAgent, path: str) -> None:
    """A POST there leads to it."""
    assert (await agent.post(path, TOLL_REQUEST)).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(TOLL_REQUEST, "kind"), "kind", id="kind missing"),
        pytest.param({**TOLL_REQUEST, "kind": {"neither": "nor"}}, "kind", id="kind of another type"),
        pytest.param({**TOLL_REQUEST, "kind": "none of these"}, "kind", id="kind none of its choices"),
        pytest.param(without(TOLL_REQUEST, "distance"), "distance", id="distance missing"),
        pytest.param({**TOLL_REQUEST, "distance": {"neither": "nor"}}, "distance", id="distance of another type"),
        pytest.param({**TOLL_REQUEST, "distance": -1}, "distance", id="distance below its minimum"),
        pytest.param({**TOLL_REQUEST, "distance": 901}, "distance", id="distance above its maximum"),
        pytest.param({**TOLL_REQUEST, "distance": 1.5}, "distance", id="distance with a fraction"),
        pytest.param({**TOLL_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_toll_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("toll", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


async def test_on_passed_answers_what_the_implementation_says(agent: ServedAgent) -> None:
    """The user's own function decides; its answer passes the response model."""
    said = await agent.said_by(on_passed_function, on_passed, ON_PASSED_REQUEST)
    reply = await agent.call("on_passed", ON_PASSED_REQUEST)
    assert reply.status == 200
    assert reply.body == said


async def test_on_passed_answers_with_every_declared_field(agent: ServedAgent) -> None:
    """Nothing less and nothing more than the response declares."""
    reply = await agent.call("on_passed", ON_PASSED_REQUEST)
    assert sorted(reply.body) == ["share"]


async def test_on_passed_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in episodic, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("on_passed", ON_PASSED_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {"episodic": 1}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "on_passed")])
async def test_on_passed_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": ON_PASSED_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": ON_PASSED_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(ON_PASSED_REQUEST, "plate"), "plate", id="plate missing"),
        pytest.param({**ON_PASSED_REQUEST, "plate": {"neither": "nor"}}, "plate", id="plate of another type"),
        pytest.param({**ON_PASSED_REQUEST, "plate": "x" * 13}, "plate", id="plate too long"),
        pytest.param(without(ON_PASSED_REQUEST, "toll"), "toll", id="toll missing"),
        pytest.param({**ON_PASSED_REQUEST, "toll": {"neither": "nor"}}, "toll", id="toll of another type"),
        pytest.param({**ON_PASSED_REQUEST, "toll": -0.01}, "toll", id="toll below its minimum"),
        pytest.param({**ON_PASSED_REQUEST, "toll": 500.01}, "toll", id="toll above its maximum"),
        pytest.param(without(ON_PASSED_REQUEST, "dear"), "dear", id="dear missing"),
        pytest.param({**ON_PASSED_REQUEST, "dear": {"neither": "nor"}}, "dear", id="dear of another type"),
        pytest.param({**ON_PASSED_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_on_passed_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("on_passed", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


async def test_exempt_waits_for_an_anchor(agent: ServedAgent) -> None:
    """Nobody has said what it does: the call is answered 202 with a decision that waits."""
    reply = await agent.call("exempt", EXEMPT_REQUEST)
    assert (reply.status, reply.body["status"]) == (202, "PENDING")
    assert reply.body["anchors"] == ["Road Master", "Ministry"]
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (waiting["operation"], waiting["arguments"]) == ("exempt", EXEMPT_REQUEST)


@pytest.mark.parametrize(("key", "value"), [("operation", "exempt")])
async def test_exempt_waits_when_a_packet_asks_for_it(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is no other way to an answer."""
    reply = await agent.packet({key: value, "arguments": EXEMPT_REQUEST})
    assert (reply.status, reply.body["status"]) == (202, "PENDING")


async def test_exempt_is_answered_by_an_anchor_and_then_recorded(agent: ServedAgent) -> None:
    """The anchor's payload becomes the answer, checked against the response, and is kept in every layer."""
    reply = await agent.call("exempt", EXEMPT_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", EXEMPT_DECIDED)
    assert (decided.status, decided.body["status"]) == (200, "APPROVED")
    assert decided.body["result"] == EXEMPT_DECIDED
    assert await agent.memory.find(reply.trace_id) == {"episodic": 1}


async def test_exempt_takes_an_anchors_answer_for_a_precedent(agent: ServedAgent) -> None:
    """The same arguments have the same answer from then on, and no anchor is asked again."""
    reply = await agent.call("exempt", EXEMPT_REQUEST)
    await agent.decide(reply.decision_id, "approve", EXEMPT_DECIDED)
    again = await agent.call("exempt", EXEMPT_REQUEST)
    assert (again.status, again.body) == (200, EXEMPT_DECIDED)


async def test_exempt_can_be_blocked(agent: ServedAgent) -> None:
    """An anchor may block it: no answer, no record."""
    reply = await agent.call("exempt", EXEMPT_REQUEST)
    decided = await agent.decide(reply.decision_id, "block")
    assert (decided.body["status"], decided.body["result"]) == ("BLOCKED", None)
    assert not any((await agent.memory.find(reply.trace_id)).values())


async def test_exempt_keeps_the_trace_of_its_caller(agent: ServedAgent) -> None:
    """The decision is found under the caller's trace id."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("exempt", EXEMPT_REQUEST, trace_id)
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (reply.trace_id, waiting["trace_id"]) == (trace_id, trace_id)


async def test_exempt_is_told_to_each_anchor(agent: ServedAgent) -> None:
    """Every anchor of the policy has the decision in its stream."""
    reply = await agent.call("exempt", EXEMPT_REQUEST)
    for anchor in ["Road Master", "Ministry"]:
        heard = await told(agent.memory, anchor, reply.trace_id)
        assert [entry["decision_id"] for entry in heard] == [reply.decision_id]


async def test_exempt_needs_the_anchors_answer_itself(agent: ServedAgent) -> None:
    """A mere yes answers nothing."""
    reply = await agent.call("exempt", EXEMPT_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve")
    assert (decided.status, decided.body["code"]) == (400, "answer-needed")


async def test_exempt_is_not_decided_by_anybody_else(agent: ServedAgent) -> None:
    """Who is no anchor of this agent decides nothing."""
    reply = await agent.call("exempt", EXEMPT_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", EXEMPT_DECIDED, anchor="Somebody Else")
    assert (decided.status, decided.body["code"]) == (403, "not-an-anchor")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(without(EXEMPT_DECIDED, "exempt"), id="exempt missing"),
        pytest.param({"exempt": {"neither": "nor"}}, id="exempt of another type"),
        pytest.param({**EXEMPT_DECIDED, "undeclared_field": 1}, id="undeclared field"),
    ],
)
async def test_exempt_takes_no_answer_that_does_not_fit(agent: ServedAgent, answer: dict[str, Any]) -> None:
    """The anchor's answer is held against the response model."""
    reply = await agent.call("exempt", EXEMPT_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", answer)
    assert (decided.status, decided.body["code"]) == (400, "invalid-answer")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(EXEMPT_REQUEST, "plate"), "plate", id="plate missing"),
        pytest.param({"plate": {"neither": "nor"}}, "plate", id="plate of another type"),
        pytest.param({"plate": "x" * 13}, "plate", id="plate too long"),
        pytest.param({**EXEMPT_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_exempt_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("exempt", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["toll", "on_passed", "exempt"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
