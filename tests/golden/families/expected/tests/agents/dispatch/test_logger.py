"""Tests of logger.py: Dispatch: the events that auditors look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.governance import verify
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.logger import (
    log_assignments,
    log_refused_requests,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


EVENTS: list[tuple[Callable[..., Awaitable[bool]], str]] = [
    (log_assignments, "assignments"),
    (log_refused_requests, "refused_requests"),
]


@pytest.mark.parametrize("detail", [{}, {"subject": "S-1", "count": 2}, {"nested": {"list": [1, None]}}])
@pytest.mark.parametrize(("log", "event"), EVENTS)
async def test_each_event_is_in_the_audit_chain(
    agent: ServedAgent, log: Callable[..., Awaitable[bool]], event: str, detail: dict[str, Any]
) -> None:
    """Under the call's trace, with its decision and what was told of it."""
    context = agent.context()
    assert await log(context, **detail)
    told_of = {"operation": "trial", "decision_id": context.decision_id}
    assert await agent.audited(context.trace_id) == [(event, {**detail, **told_of})]


@pytest.mark.parametrize(("log", "event"), EVENTS)
async def test_events_stand_in_the_order_of_their_calls(
    agent: ServedAgent, log: Callable[..., Awaitable[bool]], event: str
) -> None:
    """And the chain that they are in is unbroken."""
    context = agent.context()
    for number in range(3):
        await log(context, number=number)
    found = await agent.audited(context.trace_id)
    assert [(name, detail["number"]) for name, detail in found] == [(event, 0), (event, 1), (event, 2)]
    assert await verify(agent.memory.postgres, agent.definition.id) == []


@pytest.mark.parametrize("name", ["operation", "decision_id"])
@pytest.mark.parametrize(("log", "event"), EVENTS)
async def test_a_detail_does_not_stand_for_the_call(
    agent: ServedAgent, log: Callable[..., Awaitable[bool]], event: str, name: str
) -> None:
    """Which operation it was, and which decision, is not the caller's to say."""
    context = agent.context()
    await log(context, **{name: "another"})
    ((_, detail),) = await agent.audited(context.trace_id)
    assert detail == {"operation": "trial", "decision_id": context.decision_id}


@pytest.mark.parametrize(("log", "event"), EVENTS)
async def test_what_cannot_be_kept_is_told(agent: ServedAgent, log: Callable[..., Awaitable[bool]], event: str) -> None:
    """A detail that is no JSON is not in the chain, and the caller is told so."""
    context = agent.context()
    assert not await log(context, detail=object())
    assert await agent.audited(context.trace_id) == []


@pytest.mark.parametrize(("log", "event"), EVENTS)
async def test_another_trace_has_no_part_in_it(
    agent: ServedAgent, log: Callable[..., Awaitable[bool]], event: str
) -> None:
    """An event belongs to the call that noted it."""
    context, other = agent.context(), agent.context()
    await log(context)
    assert await agent.audited(other.trace_id) == []
