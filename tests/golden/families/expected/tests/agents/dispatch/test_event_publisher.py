"""Tests of event_publisher.py: Dispatch: the events that it publishes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.assignment import AssignResponse
from L9.agents.dispatch.event_publisher import (
    OBSERVERS,
    publish_van_assigned,
)

SERVED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


def test_the_observers_are_those_that_are_wired() -> None:
    """By event, as the glue says."""
    assert OBSERVERS == {
        "van_assigned": ("fleet",),
    }


@SERVED
async def test_publish_van_assigned_publishes_when_the_call_has_succeeded(agent: ServedAgent) -> None:
    """The event waits with the call, and holds the payload."""
    context, payload = agent.context(), AssignResponse.model_validate({"van_id": "van id", "confidence": 1})
    await publish_van_assigned(context, payload)
    assert context.events == [("van_assigned", {"van_id": "van id", "confidence": 1})]
