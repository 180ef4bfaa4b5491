"""What Desk does in weighing.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving, without

WEIGH_REQUEST: dict[str, Any] = {"amount": 12, "place": "Bath"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "desk.json", l9_code, l9_backends) as served:
        yield served


@pytest.mark.parametrize(
    ("arguments", "expected", "governance"),
    [
        pytest.param(WEIGH_REQUEST, {"fee": 6.0}, "APPROVED", id="the sample"),
        pytest.param({**WEIGH_REQUEST, "amount": 0}, {"fee": 0.0}, "APPROVED", id="amount 0"),
        pytest.param({**WEIGH_REQUEST, "place": "x" * 20}, {"fee": 6.0}, "APPROVED", id="place of 20 characters"),
        pytest.param({**WEIGH_REQUEST, "amount": 900}, {"fee": 450.0}, "APPROVED", id="amount 900"),
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
    """One decision in no layer, under the trace id of the call."""
    trace_id = str(uuid.uuid4())
    reply = await agent.call("weigh", WEIGH_REQUEST, trace_id)
    assert (reply.status, reply.trace_id) == (200, trace_id)
    assert await agent.memory.find(trace_id) == {}
    assert "x-l9-degraded" not in reply.headers


@pytest.mark.parametrize(("key", "value"), [("operation", "weigh")])
async def test_weigh_answers_a_packet_once(agent: ServedAgent, key: str, value: str) -> None:
    """A packet is answered by a packet; when it comes again, by the same answer, and nothing is decided anew."""
    packet_id = str(uuid.uuid4())
    first = await agent.packet({key: value, "arguments": WEIGH_REQUEST}, packet_id=packet_id)
    again = await agent.packet({key: value, "arguments": WEIGH_REQUEST}, packet_id=packet_id)
    assert first.status == 200
    assert (again.status, again.body, again.decision_id) == (200, first.body, first.decision_id)


@pytest.mark.parametrize("path", ["/desk/weigh"])
async def test_weigh_is_served_at_its_endpoint(agent: ServedAgent, path: str) -> None:
    """A POST there leads to it."""
    assert (await agent.post(path, WEIGH_REQUEST)).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(WEIGH_REQUEST, "amount"), "amount", id="amount missing"),
        pytest.param({**WEIGH_REQUEST, "amount": {"neither": "nor"}}, "amount", id="amount of another type"),
        pytest.param({**WEIGH_REQUEST, "amount": -0.01}, "amount", id="amount below its minimum"),
        pytest.param({**WEIGH_REQUEST, "amount": 900.01}, "amount", id="amount above its maximum"),
        pytest.param(without(WEIGH_REQUEST, "place"), "place", id="place missing"),
        pytest.param({**WEIGH_REQUEST, "place": {"neither": "nor"}}, "place", id="place of another type"),
        pytest.param({**WEIGH_REQUEST, "place": "x" * 21}, "place", id="place too long"),
        pytest.param({**WEIGH_REQUEST, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_weigh_refuses(agent: ServedAgent, arguments: dict[str, Any], field: str) -> None:
    """A request that does not fit is answered 400, and the answer names the field."""
    reply = await agent.call("weigh", arguments)
    assert (reply.status, reply.body["code"]) == (400, "invalid-request")
    assert field in reply.body["detail"]


@pytest.mark.parametrize("operation", ["weigh"])
async def test_a_caller_without_a_good_token_is_refused(agent: ServedAgent, operation: str) -> None:
    """Nothing of the request is looked at without a token."""
    reply = await agent.post(f"/operations/{operation}", {}, headers={"authorization": "Bearer none"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthorised")
