"""Tests of cache_manager.py: Dispatch: answers that are kept for a while."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.assignment import AssignRequest, AssignResponse
from L9.agents.dispatch.cache_manager import (
    keep_assign,
    kept_assign,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


async def test_the_answer_of_assign_is_kept_to_an_equal_request(agent: ServedAgent) -> None:
    """To an equal request and no other, until its time is over."""
    context, request = (
        agent.context(),
        AssignRequest.model_validate({"request_id": "R-1", "region": "north", "distance": 12}),
    )
    answer = AssignResponse.model_validate({"van_id": "van id", "confidence": 1})
    assert await kept_assign(context, request) is None
    await keep_assign(context, request, answer)
    assert await kept_assign(agent.context(), request) == answer
    assert (
        await kept_assign(
            context, AssignRequest.model_validate({"request_id": "other-request_id", "region": "north", "distance": 12})
        )
        is None
    )
    (key,) = [key async for key in agent.memory.redis.scan_iter(f"{agent.memory.namespace}:*:kept:assign:*")]
    assert 0 < await agent.memory.redis.ttl(key) <= 600
