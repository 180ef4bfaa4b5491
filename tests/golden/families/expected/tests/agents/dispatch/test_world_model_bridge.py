"""Tests of world_model_bridge.py: Dispatch: what the graph knows about the entities that it deals with."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent import Record
from l9stack.agent.backends import BackendUrls
from l9stack.agent.graph import keep_edge, keep_node
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.world_model_bridge import (
    about_depot,
    about_request,
    about_van,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


class _Mark(Record):
    """A property that says who kept an entity."""

    mark: str


async def test_about_van_finds_what_is_known(agent: ServedAgent) -> None:
    """Properties, neighbours and decisions of that entity, and nothing of another one."""
    key: Any = uuid.uuid4().hex
    mark, other = _Mark(mark=uuid.uuid4().hex), uuid.uuid4().hex
    await keep_node(agent.context(), "van", str(key), mark)
    await keep_edge(agent.context(), "marked", ("van", str(key)), ("other", other), mark)
    found = await about_van(agent.context(), key)
    assert (found.entity_type, found.entity_id) == ("van", str(key))
    assert found.properties["mark"] == mark.mark
    assert ("marked", "other", other) in [(item.kind, item.entity_type, item.entity_id) for item in found.neighbours]


async def test_about_van_names_the_decisions_about_it(agent: ServedAgent) -> None:
    """The newest first, and as many as are wanted."""
    key: Any = uuid.uuid4().hex
    decided = [await agent.remember({"van_id": key}, {}) for _ in range(3)]
    found = await about_van(agent.context(), key)
    assert [item.decision_id for item in found.decisions][:3] == decided[::-1]
    assert len((await about_van(agent.context(), key, 1)).decisions) == 1


async def test_about_depot_finds_what_is_known(agent: ServedAgent) -> None:
    """Properties, neighbours and decisions of that entity, and nothing of another one."""
    key: Any = uuid.uuid4().hex
    mark, other = _Mark(mark=uuid.uuid4().hex), uuid.uuid4().hex
    await keep_node(agent.context(), "depot", str(key), mark)
    await keep_edge(agent.context(), "marked", ("depot", str(key)), ("other", other), mark)
    found = await about_depot(agent.context(), key)
    assert (found.entity_type, found.entity_id) == ("depot", str(key))
    assert found.properties["mark"] == mark.mark
    assert ("marked", "other", other) in [(item.kind, item.entity_type, item.entity_id) for item in found.neighbours]


async def test_about_depot_names_the_decisions_about_it(agent: ServedAgent) -> None:
    """The newest first, and as many as are wanted."""
    key: Any = uuid.uuid4().hex
    decided = [await agent.remember({"depot_id": key}, {}) for _ in range(3)]
    found = await about_depot(agent.context(), key)
    assert [item.decision_id for item in found.decisions][:3] == decided[::-1]
    assert len((await about_depot(agent.context(), key, 1)).decisions) == 1


async def test_about_request_finds_what_is_known(agent: ServedAgent) -> None:
    """Properties, neighbours and decisions of that entity, and nothing of another one."""
    key: Any = uuid.uuid4().hex
    mark, other = _Mark(mark=uuid.uuid4().hex), uuid.uuid4().hex
    await keep_node(agent.context(), "request", str(key), mark)
    await keep_edge(agent.context(), "marked", ("request", str(key)), ("other", other), mark)
    found = await about_request(agent.context(), key)
    assert (found.entity_type, found.entity_id) == ("request", str(key))
    assert found.properties["mark"] == mark.mark
    assert ("marked", "other", other) in [(item.kind, item.entity_type, item.entity_id) for item in found.neighbours]


async def test_about_request_names_the_decisions_about_it(agent: ServedAgent) -> None:
    """The newest first, and as many as are wanted."""
    key: Any = uuid.uuid4().hex
    decided = [await agent.remember({"request_id": key}, {}) for _ in range(3)]
    found = await about_request(agent.context(), key)
    assert [item.decision_id for item in found.decisions][:3] == decided[::-1]
    assert len((await about_request(agent.context(), key, 1)).decisions) == 1
