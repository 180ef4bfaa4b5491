"""Tests of context_enricher.py: Dispatch: what memory knows beside a request."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.context_enricher import enrich

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


VALUES: dict[str, Any] = {"request_id": "R-1", "region": "north"}


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_earlier_decisions_with_the_same_values_are_found(agent: ServedAgent, limit: int) -> None:
    """The newest first, at most as many as are wanted; others are not."""
    decided = [await agent.remember(VALUES, {"number": number}) for number in range(3)]
    await agent.remember({"something_else": 1}, {})
    found = await enrich(agent.context(), {**VALUES, "something_else": 1}, limit)
    assert [item["decision_id"] for item in found.earlier] == decided[::-1][:limit]


async def test_five_decisions_are_found_where_nobody_says_how_many(agent: ServedAgent) -> None:
    """A request is not buried under its past."""
    for _ in range(6):
        await agent.remember(VALUES, {})
    assert len((await enrich(agent.context(), VALUES)).earlier) == 5


@pytest.mark.parametrize("values", [{}, {"something_else": 1}, {"decision_id": "d-1"}])
async def test_nothing_is_found_by_values_without_an_index(agent: ServedAgent, values: dict[str, Any]) -> None:
    """A request that names no indexed field has no earlier decisions."""
    await agent.remember({"something_else": 1}, {})
    assert (await enrich(agent.context(), values)).earlier == ()


@pytest.mark.parametrize("name", ["request_id", "region"])
async def test_each_index_counts(agent: ServedAgent, name: str) -> None:
    """A decision with another value of one field is not found."""
    decided = await agent.remember({**VALUES, name: ["another"]}, {})
    found = (await enrich(agent.context(), VALUES, 50)).earlier
    assert decided not in [item["decision_id"] for item in found]


@pytest.mark.parametrize("heard", [True, False])
async def test_the_request_that_is_named_is_looked_up(agent: ServedAgent, heard: bool) -> None:
    """What the graph knows comes with the decisions, also where it knows nothing."""
    key = uuid.uuid4().hex
    decided = [await agent.remember({"request_id": key}, {})] if heard else []
    (found,) = (await enrich(agent.context(), {"request_id": key})).entities
    assert (found.entity_type, found.entity_id) == ("request", key)
    assert [item.decision_id for item in found.decisions] == decided
