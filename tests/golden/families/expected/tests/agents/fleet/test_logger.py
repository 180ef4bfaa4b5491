"""What Fleet does in logger.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving, told

LOGGER_REQUEST: dict[str, Any] = {"note": "any object"}
LOGGER_DECIDED: dict[str, Any] = {"answer": "given by an anchor"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "fleet.json", l9_code, l9_backends) as served:
        yield served


async def test_logger_waits_for_an_anchor(agent: ServedAgent) -> None:
    """Nobody has said what it does: the call is answered 202 with a decision that waits."""
    reply = await agent.call("logger", LOGGER_REQUEST)
    assert (reply.status, reply.body["status"]) == (202, "PENDING")
    assert reply.body["anchors"] == ["Shift Lead"]
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (waiting["operation"], waiting["arguments"]) == ("logger", LOGGER_REQUEST)


@pytest.mark.parametrize(("key", "value"), [("operation", "logger")])
async def test_logger_waits_when_a_packet_asks_for_it(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is no other way to an answer."""
    reply = await agent.packet({key: value, "arguments": LOGGER_REQUEST})
    assert (reply.status, reply.body["status"]) == (202, "PENDING")


async def test_logger_is_answered_by_an_anchor_and_then_recorded(agent: ServedAgent) -> None:
    """The anchor's payload becomes the answer, checked against the response, and is kept in every layer."""
    reply = await agent.call("logger", LOGGER_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", LOGGER_DECIDED)
    assert (decided.status, decided.body["status"]) == (200, "APPROVED")
    assert decided.body["result"] == LOGGER_DECIDED
    assert await agent.memory.find(reply.trace_id) == {"working": 1}


async def test_logger_can_be_blocked(agent: ServedAgent) -> None:
    """An anchor may block it: no answer, no record."""
    reply = await agent.call("logger", LOGGER_REQUEST)
    decided = await agent.decide(reply.decision_id, "block")
    assert (decided.body["status"], decided.body["result"]) == ("BLOCKED", None)
    assert not any((await agent.memory.find(reply.trace_id)).values())


async def test_logger_keeps_the_trace_of_its_caller(agent: ServedAgent) -> None:
    """The decision is found under the caller's trace id."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("logger", LOGGER_REQUEST, trace_id)
    waiting = (await agent.get(f"/decisions/{reply.decision_id}", "operator")).json()
    assert (reply.trace_id, waiting["trace_id"]) == (trace_id, trace_id)


async def test_logger_is_told_to_each_anchor(agent: ServedAgent) -> None:
    """Every anchor of the policy has the decision in its stream."""
    reply = await agent.call("logger", LOGGER_REQUEST)
    for anchor in ["Shift Lead"]:
        heard = await told(agent.memory, anchor, reply.trace_id)
        assert [entry["decision_id"] for entry in heard] == [reply.decision_id]


async def test_logger_needs_the_anchors_answer_itself(agent: ServedAgent) -> None:
    """A mere yes answers nothing."""
    reply = await agent.call("logger", LOGGER_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve")
    assert (decided.status, decided.body["code"]) == (400, "answer-needed")


async def test_logger_is_not_decided_by_anybody_else(agent: ServedAgent) -> None:
    """Who is no anchor of this agent decides nothing."""
    reply = await agent.call("logger", LOGGER_REQUEST)
    decided = await agent.decide(reply.decision_id, "approve", LOGGER_DECIDED, anchor="Somebody Else")
    assert (decided.status, decided.body["code"]) == (403, "not-an-anchor")


@pytest.mark.parametrize("operation", ["logger"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
