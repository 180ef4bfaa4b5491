"""What Ledger does in books.py, through the whole pipeline and with real memory."""

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

ENTER_REQUEST: dict[str, Any] = {"shelf": "A1", "amount": 7}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "ledger.json", l9_code, l9_backends) as served:
        yield served


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(ENTER_REQUEST, {"entry": "A1", "amount": 7}, "APPROVED", id="the sample"),
        pytest.param({**ENTER_REQUEST, "shelf": "x"}, {"entry": "x", "amount": 7}, "APPROVED", id="shelf x"),
        pytest.param({**ENTER_REQUEST, "amount": 0}, {"entry": "A1", "amount": 0}, "APPROVED", id="amount 0"),
        pytest.param(
            {**ENTER_REQUEST, "shelf": "xxxxxxxxxx"},
            {"entry": "xxxxxxxxxx", "amount": 7},
            "APPROVED",
            id="shelf of 10 characters",
        ),
        pytest.param({**ENTER_REQUEST, "amount": 1000}, {"entry": "A1", "amount": 1000}, "APPROVED", id="amount 1000"),
    ],
)
async def test_enter_answers(
    agent: ServedAgent, arguments: dict[str, Any], expected: dict[str, Any], governance: str
) -> None:
    """Each request has exactly this answer, and escalates where a rule of the policy fires."""
    reply = await agent.call("enter", arguments)
    assert reply.status == 200
    assert reply.body == expected
    assert reply.headers["x-l9-governance"] == governance


async def test_enter_is_recorded_in_every_layer_under_one_trace(agent: ServedAgent) -> None:
    """One decision in no layer, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("enter", ENTER_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "enter"), ("packet_type", "enter")])
async def test_enter_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": ENTER_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": ENTER_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize("path", ["/ledger/enter"])
async def test_enter_is_served_at_its_endpoint(agent: ServedAgent, path: str) -> None:
    """A POST there leads to it."""
    assert (await agent.post(path, ENTER_REQUEST)).status_code == 200


async def test_enter_publishes_its_answer(agent: ServedAgent) -> None:
    """Observers get the answer as the event, under the same trace id."""
    reply = await agent.call("enter", ENTER_REQUEST)
    events = await agent.published(reply.trace_id)
    assert [(entry["event"], json.loads(entry["payload"])) for entry in events] == [("entered", reply.body)]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(ENTER_REQUEST, "shelf"), "shelf", id="shelf missing"),
        pytest.param({**ENTER_REQUEST, "shelf": {"neither": "nor"}}, "shelf", id="shelf of another type"),
        pytest.param({**ENTER_REQUEST, "shelf": ""}, "shelf", id="shelf too short"),
        pytest.param({**ENTER_REQUEST, "shelf": "xxxxxxxxxxx"}, "shelf", id="shelf too long"),
        pytest.param(without(ENTER_REQUEST, "amount"), "amount", id="amount missing"),
        pytest.param({**ENTER_REQUEST, "amount": {"neither": "nor"}}, "amount", id="amount of another type"),
        pytest.param({**ENTER_REQUEST, "amount": -1}, "amount", id="amount below its minimum"),
        pytest.param({**ENTER_REQUEST, "amount": 1001}, "amount", id="amount above its maximum"),
        pytest.param({**ENTER_REQUEST, "amount": 1.5}, "amount", id="amount with a fraction"),
        pytest.param({**ENTER_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_enter_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("enter", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["enter"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
