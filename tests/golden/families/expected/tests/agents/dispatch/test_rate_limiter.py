"""Tests of rate_limiter.py: Dispatch: the bounds of every call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.rate_limiter import LIMITS

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


async def test_the_agent_is_held_to_these_limits(agent: ServedAgent) -> None:
    """Rate and size are those of the settings that won, and the agent declares them."""
    assert (LIMITS.rate, LIMITS.max_payload_bytes) == ("600/minute", 1048576)
    assert agent.definition.limits == LIMITS


async def test_a_request_above_the_limit_is_refused(agent: ServedAgent) -> None:
    """It is not read to its end, whatever operation it is for."""
    reply = await agent.post("/operations/any", {"text": "x" * LIMITS.max_payload_bytes})
    assert (reply.status_code, reply.json()["code"]) == (413, "too-large")
