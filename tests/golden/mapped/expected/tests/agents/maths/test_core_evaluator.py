"""What Maths does in core/evaluator.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving, told, without

EVALUATE_REQUEST: dict[str, Any] = {"expr": "expr", "variables": {"key": "value"}, "digits": 1}
EVALUATE_DECIDED: dict[str, Any] = {"value": 1, "unit": "unit"}


SIMPLIFY_REQUEST: dict[str, Any] = {"expr": "expr"}
SIMPLIFY_DECIDED: dict[str, Any] = {"result": "result"}


PLOT_REQUEST: dict[str, Any] = {"expr": "expr", "width": 1}
PLOT_DECIDED: dict[str, Any] = {"answer": "given by an anchor"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "maths.json", l9_code, l9_backends) as served:
        yield served


async def test_evaluate_waits_for_an_anchor(agent: ServedAgent) -> None:
    """Nobody has said what it does: the call is answered 202 with a decision that waits."""
    reply = await agent.call("evaluate", EVALUATE_REQUEST)
    assert (reply.status, reply.body["status"]) == (202, "PENDING")
    assert reply.body["anchors"] == ["Ann"]
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (waiting["operation"], waiting["arguments"]) == ("evaluate", EVALUATE_REQUEST)


@pytest.mark.parametrize(("key", "value"), [("operation", "evaluate")])
async def test_evaluate_waits_when_a_packet_asks_for_it(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is no other way to an answer."""
    reply = await agent.packet({key: value, "arguments": EVALUATE_REQUEST})
    assert (reply.status, reply.body["status"]) == (202, "PENDING")


async def test_evaluate_is_answered_by_an_anchor_and_then_recorded(agent: ServedAgent) -> None:
    """The anchor's payload becomes the answer, checked against the response, and is kept in every layer."""
    reply = await agent.call("evaluate", EVALUATE_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", EVALUATE_DECIDED)
    assert (decided.status, decided.body["status"]) == (200, "APPROVED")
    assert decided.body["result"] == EVALUATE_DECIDED
    assert await agent.memory.find(reply.trace_id) == {}


async def test_evaluate_can_be_blocked(agent: ServedAgent) -> None:
    """An anchor may block it: no answer, no record."""
    reply = await agent.call("evaluate", EVALUATE_REQUEST)
    decided = await agent.decide(reply.decision_id, "block")
    assert (decided.body["status"], decided.body["result"]) == ("BLOCKED", None)
    assert not any((await agent.memory.find(reply.trace_id)).values())


async def test_evaluate_keeps_the_trace_of_its_caller(agent: ServedAgent) -> None:
    """The decision is found under the caller's trace id."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("evaluate", EVALUATE_REQUEST, trace_id)
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (reply.trace_id, waiting["trace_id"]) == (trace_id, trace_id)


async def test_evaluate_is_told_to_each_anchor(agent: ServedAgent) -> None:
    """Every anchor of the policy has the decision in its stream."""
    reply = await agent.call("evaluate", EVALUATE_REQUEST)
    for anchor in ["Ann"]:
        heard = await told(agent.memory, anchor, reply.trace_id)
        assert [entry["decision_id"] for entry in heard] == [reply.decision_id]


async def test_evaluate_needs_the_anchors_answer_itself(agent: ServedAgent) -> None:
    """A mere yes answers nothing."""
    reply = await agent.call("evaluate", EVALUATE_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve")
    assert (decided.status, decided.body["code"]) == (400, "answer-needed")


async def test_evaluate_is_not_decided_by_anybody_else(agent: ServedAgent) -> None:
    """Who is no anchor of this agent decides nothing."""
    reply = await agent.call("evaluate", EVALUATE_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", EVALUATE_DECIDED, anchor="Somebody Else")
    assert (decided.status, decided.body["code"]) == (403, "not-an-anchor")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(without(EVALUATE_DECIDED, "value"), id="value missing"),
        pytest.param({**EVALUATE_DECIDED, "value": {"neither": "nor"}}, id="value of another type"),
        pytest.param({**EVALUATE_DECIDED, "unit": {"neither": "nor"}}, id="unit of another type"),
        pytest.param({**EVALUATE_DECIDED, "undeclared_field": 1}, id="undeclared field"),
    ],
)
async def test_evaluate_takes_no_answer_that_does_not_fit(agent: ServedAgent, answer: dict[str, Any]) -> None:
    """The anchor's answer is held against the response model."""
    reply = await agent.call("evaluate", EVALUATE_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", answer)
    assert (decided.status, decided.body["code"]) == (400, "invalid-answer")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(EVALUATE_REQUEST, "expr"), "expr", id="expr missing"),
        pytest.param({**EVALUATE_REQUEST, "expr": {"neither": "nor"}}, "expr", id="expr of another type"),
        pytest.param(without(EVALUATE_REQUEST, "variables"), "variables", id="variables missing"),
        pytest.param({**EVALUATE_REQUEST, "variables": ["neither"]}, "variables", id="variables of another type"),
        pytest.param({**EVALUATE_REQUEST, "digits": {"neither": "nor"}}, "digits", id="digits of another type"),
        pytest.param({**EVALUATE_REQUEST, "digits": 1.5}, "digits", id="digits with a fraction"),
        pytest.param({**EVALUATE_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_evaluate_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("evaluate", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


async def test_simplify_waits_for_an_anchor(agent: ServedAgent) -> None:
    """Nobody has said what it does: the call is answered 202 with a decision that waits."""
    reply = await agent.call("simplify", SIMPLIFY_REQUEST)
    assert (reply.status, reply.body["status"]) == (202, "PENDING")
    assert reply.body["anchors"] == ["Ann"]
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (waiting["operation"], waiting["arguments"]) == ("simplify", SIMPLIFY_REQUEST)


@pytest.mark.parametrize(("key", "value"), [("operation", "simplify")])
async def test_simplify_waits_when_a_packet_asks_for_it(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is no other way to an answer."""
    reply = await agent.packet({key: value, "arguments": SIMPLIFY_REQUEST})
    assert (reply.status, reply.body["status"]) == (202, "PENDING")


async def test_simplify_is_answered_by_an_anchor_and_then_recorded(agent: ServedAgent) -> None:
    """The anchor's payload becomes the answer, checked against the response, and is kept in every layer."""
    reply = await agent.call("simplify", SIMPLIFY_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", SIMPLIFY_DECIDED)
    assert (decided.status, decided.body["status"]) == (200, "APPROVED")
    assert decided.body["result"] == SIMPLIFY_DECIDED
    assert await agent.memory.find(reply.trace_id) == {}


async def test_simplify_can_be_blocked(agent: ServedAgent) -> None:
    """An anchor may block it: no answer, no record."""
    reply = await agent.call("simplify", SIMPLIFY_REQUEST)
    decided = await agent.decide(reply.decision_id, "block")
    assert (decided.body["status"], decided.body["result"]) == ("BLOCKED", None)
    assert not any((await agent.memory.find(reply.trace_id)).values())


async def test_simplify_keeps_the_trace_of_its_caller(agent: ServedAgent) -> None:
    """The decision is found under the caller's trace id."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("simplify", SIMPLIFY_REQUEST, trace_id)
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (reply.trace_id, waiting["trace_id"]) == (trace_id, trace_id)


async def test_simplify_is_told_to_each_anchor(agent: ServedAgent) -> None:
    """Every anchor of the policy has the decision in its stream."""
    reply = await agent.call("simplify", SIMPLIFY_REQUEST)
    for anchor in ["Ann"]:
        heard = await told(agent.memory, anchor, reply.trace_id)
        assert [entry["decision_id"] for entry in heard] == [reply.decision_id]


async def test_simplify_needs_the_anchors_answer_itself(agent: ServedAgent) -> None:
    """A mere yes answers nothing."""
    reply = await agent.call("simplify", SIMPLIFY_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve")
    assert (decided.status, decided.body["code"]) == (400, "answer-needed")


async def test_simplify_is_not_decided_by_anybody_else(agent: ServedAgent) -> None:
    """Who is no anchor of this agent decides nothing."""
    reply = await agent.call("simplify", SIMPLIFY_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", SIMPLIFY_DECIDED, anchor="Somebody Else")
    assert (decided.status, decided.body["code"]) == (403, "not-an-anchor")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(without(SIMPLIFY_DECIDED, "result"), id="result missing"),
        pytest.param({"result": {"neither": "nor"}}, id="result of another type"),
        pytest.param({**SIMPLIFY_DECIDED, "undeclared_field": 1}, id="undeclared field"),
    ],
)
async def test_simplify_takes_no_answer_that_does_not_fit(agent: ServedAgent, answer: dict[str, Any]) -> None:
    """The anchor's answer is held against the response model."""
    reply = await agent.call("simplify", SIMPLIFY_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", answer)
    assert (decided.status, decided.body["code"]) == (400, "invalid-answer")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(SIMPLIFY_REQUEST, "expr"), "expr", id="expr missing"),
        pytest.param({"expr": {"neither": "nor"}}, "expr", id="expr of another type"),
        pytest.param({**SIMPLIFY_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_simplify_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("simplify", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


async def test_plot_waits_for_an_anchor(agent: ServedAgent) -> None:
    """Nobody has said what it does: the call is answered 202 with a decision that waits."""
    reply = await agent.call("plot", PLOT_REQUEST)
    assert (reply.status, reply.body["status"]) == (202, "PENDING")
    assert reply.body["anchors"] == ["Ann"]
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (waiting["operation"], waiting["arguments"]) == ("plot", PLOT_REQUEST)


@pytest.mark.parametrize(("key", "value"), [("operation", "plot")])
async def test_plot_waits_when_a_packet_asks_for_it(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is no other way to an answer."""
    reply = await agent.packet({key: value, "arguments": PLOT_REQUEST})
    assert (reply.status, reply.body["status"]) == (202, "PENDING")


async def test_plot_is_answered_by_an_anchor_and_then_recorded(agent: ServedAgent) -> None:
    """The anchor's payload becomes the answer, checked against the response, and is kept in every layer."""
    reply = await agent.call("plot", PLOT_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", PLOT_DECIDED)
    assert (decided.status, decided.body["status"]) == (200, "APPROVED")
    assert decided.body["result"] == PLOT_DECIDED
    assert await agent.memory.find(reply.trace_id) == {}


async def test_plot_can_be_blocked(agent: ServedAgent) -> None:
    """An anchor may block it: no answer, no record."""
    reply = await agent.call("plot", PLOT_REQUEST)
    decided = await agent.decide(reply.decision_id, "block")
    assert (decided.body["status"], decided.body["result"]) == ("BLOCKED", None)
    assert not any((await agent.memory.find(reply.trace_id)).values())


async def test_plot_keeps_the_trace_of_its_caller(agent: ServedAgent) -> None:
    """The decision is found under the caller's trace id."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("plot", PLOT_REQUEST, trace_id)
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (reply.trace_id, waiting["trace_id"]) == (trace_id, trace_id)


async def test_plot_is_told_to_each_anchor(agent: ServedAgent) -> None:
    """Every anchor of the policy has the decision in its stream."""
    reply = await agent.call("plot", PLOT_REQUEST)
    for anchor in ["Ann"]:
        heard = await told(agent.memory, anchor, reply.trace_id)
        assert [entry["decision_id"] for entry in heard] == [reply.decision_id]


async def test_plot_needs_the_anchors_answer_itself(agent: ServedAgent) -> None:
    """A mere yes answers nothing."""
    reply = await agent.call("plot", PLOT_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve")
    assert (decided.status, decided.body["code"]) == (400, "answer-needed")


async def test_plot_is_not_decided_by_anybody_else(agent: ServedAgent) -> None:
    """Who is no anchor of this agent decides nothing."""
    reply = await agent.call("plot", PLOT_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", PLOT_DECIDED, anchor="Somebody Else")
    assert (decided.status, decided.body["code"]) == (403, "not-an-anchor")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(PLOT_REQUEST, "expr"), "expr", id="expr missing"),
        pytest.param({**PLOT_REQUEST, "expr": {"neither": "nor"}}, "expr", id="expr of another type"),
        pytest.param({**PLOT_REQUEST, "width": {"neither": "nor"}}, "width", id="width of another type"),
        pytest.param({**PLOT_REQUEST, "width": 1.5}, "width", id="width with a fraction"),
        pytest.param({**PLOT_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_plot_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("plot", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["evaluate", "simplify", "plot"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
