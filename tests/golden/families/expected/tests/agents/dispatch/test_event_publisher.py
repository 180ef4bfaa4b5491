"""Tests of event_publisher.py: Dispatch: the events that it publishes."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent import OperationContext, Payload, operation
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving, without
from pydantic import ValidationError

from L9.agents.dispatch.assignment import AssignResponse
from L9.agents.dispatch.event_publisher import (
    EVENTS,
    publish_van_assigned,
)

SERVED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


def test_the_events_are_those_of_the_operations() -> None:
    """None less, none more."""
    assert EVENTS == ("van_assigned",)


@SERVED
async def test_the_agent_publishes_these_events(agent: ServedAgent) -> None:
    """The served agent declares every one of them."""
    assert set(agent.definition.publishes) == set(EVENTS)


PUBLISH_VAN_ASSIGNED_PAYLOAD = AssignResponse.model_validate({"van_id": "van id", "confidence": 1})


@SERVED
@pytest.mark.parametrize("times", [1, 2])
async def test_publish_van_assigned_publishes_when_the_call_has_succeeded(agent: ServedAgent, times: int) -> None:
    """Once for each time, under the call's trace, with the payload as it was given."""

    @operation(summary="Publish, then succeed.")
    async def succeeding(request: Payload, context: OperationContext) -> Payload:
        for _ in range(times):
            await publish_van_assigned(context, PUBLISH_VAN_ASSIGNED_PAYLOAD)
        return request

    trace = str(uuid.uuid4())
    answer = await agent.run(succeeding, {}, trace)
    assert answer.status == 200
    found = [(entry["event"], json.loads(entry["payload"])) for entry in await agent.published(trace)]
    assert found == [("van_assigned", {"van_id": "van id", "confidence": 1})] * times


@SERVED
async def test_publish_van_assigned_publishes_nothing_where_the_call_fails(agent: ServedAgent) -> None:
    """An event tells of what has happened."""

    @operation(summary="Publish, then fail.")
    async def failing(request: Payload, context: OperationContext) -> Payload:
        await publish_van_assigned(context, PUBLISH_VAN_ASSIGNED_PAYLOAD)
        raise RuntimeError("too late")

    trace = str(uuid.uuid4())
    answer = await agent.run(failing, {}, trace)
    assert (answer.status, await agent.published(trace)) == (500, [])


@SERVED
async def test_publish_van_assigned_waits_with_the_call(agent: ServedAgent) -> None:
    """Until then the event is the call's own."""
    context = agent.context()
    assert context.events == []
    await publish_van_assigned(context, PUBLISH_VAN_ASSIGNED_PAYLOAD)
    assert context.events == [("van_assigned", {"van_id": "van id", "confidence": 1})]


@pytest.mark.parametrize("name", ["van_id", "confidence"])
def test_publish_van_assigned_takes_no_payload_without_a_field(name: str) -> None:
    """Observers rely on every one."""
    with pytest.raises(ValidationError, match=name):
        AssignResponse.model_validate(without({"van_id": "van id", "confidence": 1}, name))


@pytest.mark.parametrize("name", ["undeclared_field", "trace_id"])
def test_publish_van_assigned_takes_no_payload_with_another_field(name: str) -> None:
    """What the model does not name never goes out."""
    with pytest.raises(ValidationError, match=name):
        AssignResponse.model_validate(PUBLISH_VAN_ASSIGNED_PAYLOAD.model_dump() | {name: "1"})
