"""Tests of cache_manager.py: Dispatch: answers that are kept for a while."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.layers import keyspace
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


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def nothing_kept(agent: ServedAgent) -> None:
    """What one test keeps is not found by the next one."""
    await _forget(agent)


async def _keys(agent: ServedAgent) -> list[str]:
    return [key async for key in agent.memory.redis.scan_iter(f"{agent.memory.namespace}:*:kept:*")]


async def _forget(agent: ServedAgent) -> None:
    for key in await _keys(agent):
        await agent.memory.redis.delete(key)


ASSIGN_REQUEST = AssignRequest.model_validate({"request_id": "R-1", "region": "north", "distance": 12})
ASSIGN_ANSWER = AssignResponse.model_validate({"van_id": "van id", "confidence": 1})


async def test_an_answer_of_assign_is_kept_to_an_equal_request(agent: ServedAgent) -> None:
    """A call after it finds it."""
    await keep_assign(agent.context(), ASSIGN_REQUEST, ASSIGN_ANSWER)
    equal = AssignRequest.model_validate(ASSIGN_REQUEST.model_dump())
    assert await kept_assign(agent.context(), equal) == ASSIGN_ANSWER


async def test_an_answer_of_assign_is_kept_as_long_as_working_memory(agent: ServedAgent) -> None:
    """600 s, under the agent's own keyspace, and once."""
    for _ in range(2):
        await keep_assign(agent.context(), ASSIGN_REQUEST, ASSIGN_ANSWER)
    (key,) = await _keys(agent)
    assert key.startswith(f"{agent.memory.namespace}:{keyspace(agent.definition)}:kept:assign:")
    assert 0 < await agent.memory.redis.ttl(key) <= 600


async def test_nothing_of_assign_is_kept_before_its_time_or_after_it(agent: ServedAgent) -> None:
    """Nor is it found once Redis has let it go."""
    assert await kept_assign(agent.context(), ASSIGN_REQUEST) is None
    await keep_assign(agent.context(), ASSIGN_REQUEST, ASSIGN_ANSWER)
    await _forget(agent)
    assert await kept_assign(agent.context(), ASSIGN_REQUEST) is None


async def test_another_request_for_assign_finds_nothing(agent: ServedAgent) -> None:
    """One field that differs makes another request."""
    await keep_assign(agent.context(), ASSIGN_REQUEST, ASSIGN_ANSWER)
    other = AssignRequest.model_validate({"request_id": "other-request_id", "region": "north", "distance": 12})
    assert await kept_assign(agent.context(), other) is None


@pytest.mark.parametrize("text", ["null", "{}", "[1]", '{"undeclared_field": 1}'])
async def test_what_assign_does_not_answer_any_more_is_not_found(agent: ServedAgent, text: str) -> None:
    """An answer that was kept by an earlier version, and does not fit, is none."""
    await keep_assign(agent.context(), ASSIGN_REQUEST, ASSIGN_ANSWER)
    (key,) = await _keys(agent)
    await agent.memory.redis.set(key, text)
    assert await kept_assign(agent.context(), ASSIGN_REQUEST) is None
