"""Tests of logger.py: Dispatch: the events that auditors look at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
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


@pytest.mark.parametrize(
    ("log", "event"),
    [
        (log_assignments, "assignments"),
        (log_refused_requests, "refused_requests"),
    ],
)
async def test_each_event_is_in_the_audit_chain(
    agent: ServedAgent, log: Callable[..., Awaitable[bool]], event: str
) -> None:
    """Under the call's trace, with its decision and what was told of it."""
    context = agent.context()
    assert await log(context, subject="S-1", count=2)
    (entry,) = await agent.audited(context.trace_id)
    assert entry == (event, {"operation": "trial", "decision_id": context.decision_id, "subject": "S-1", "count": 2})
