"""Tests of world_model_bridge.py: Dispatch: what the graph knows about the entities that it deals with."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import AsyncIterator, Callable
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


def _mark() -> _Mark:
    return _Mark(mark=uuid.uuid4().hex)


async def test_about_van_finds_its_properties(agent: ServedAgent) -> None:
    """What was kept last under that key."""
    key: Any = uuid.uuid4().hex
    mark = _mark()
    for kept in (_mark(), mark):
        await keep_node(agent.context(), "van", str(key), kept)
    found = await about_van(agent.context(), key)
    assert (found.entity_type, found.entity_id) == ("van", str(key))
    assert found.properties["mark"] == mark.mark


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_about_van_finds_its_neighbours(agent: ServedAgent, limit: int) -> None:
    """By kind of edge and by what is at the other end; as many as are wanted."""
    key: Any = uuid.uuid4().hex
    others = sorted(uuid.uuid4().hex for _ in range(2))
    for other in others:
        await keep_edge(agent.context(), "a mark", ("van", str(key)), ("another", other), _mark())
    found = (await about_van(agent.context(), key, limit)).neighbours
    marked = [item.entity_id for item in found if (item.kind, item.entity_type) == ("a mark", "another")]
    assert len(found) <= limit
    assert marked == others[:limit]


@pytest.mark.parametrize("limit", [1, 3])
async def test_about_van_names_the_decisions_about_it(agent: ServedAgent, limit: int) -> None:
    """The newest first, and as many as are wanted."""
    key: Any = uuid.uuid4().hex
    decided = [await agent.remember({"van_id": key}, {}) for _ in range(3)]
    found = await about_van(agent.context(), key, limit)
    assert [item.decision_id for item in found.decisions] == decided[::-1][:limit]


@pytest.mark.parametrize("key", ["nobody has heard of it", "'}) RETURN 1 //", "*"])
async def test_about_van_knows_nothing_of_another_key(agent: ServedAgent, key: Any) -> None:
    """A key is compared as it is: nothing of it is a pattern, or is run."""
    key = f"{key} {uuid.uuid4().hex}"
    found = await about_van(agent.context(), key)
    assert (found.properties, found.neighbours, found.decisions) == ({}, (), ())


async def test_about_depot_finds_its_properties(agent: ServedAgent) -> None:
    """What was kept last under that key."""
    key: Any = uuid.uuid4().hex
    mark = _mark()
    for kept in (_mark(), mark):
        await keep_node(agent.context(), "depot", str(key), kept)
    found = await about_depot(agent.context(), key)
    assert (found.entity_type, found.entity_id) == ("depot", str(key))
    assert found.properties["mark"] == mark.mark


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_about_depot_finds_its_neighbours(agent: ServedAgent, limit: int) -> None:
    """By kind of edge and by what is at the other end; as many as are wanted."""
    key: Any = uuid.uuid4().hex
    others = sorted(uuid.uuid4().hex for _ in range(2))
    for other in others:
        await keep_edge(agent.context(), "a mark", ("depot", str(key)), ("another", other), _mark())
    found = (await about_depot(agent.context(), key, limit)).neighbours
    marked = [item.entity_id for item in found if (item.kind, item.entity_type) == ("a mark", "another")]
    assert len(found) <= limit
    assert marked == others[:limit]


@pytest.mark.parametrize("limit", [1, 3])
async def test_about_depot_names_the_decisions_about_it(agent: ServedAgent, limit: int) -> None:
    """The newest first, and as many as are wanted."""
    key: Any = uuid.uuid4().hex
    decided = [await agent.remember({"depot_id": key}, {}) for _ in range(3)]
    found = await about_depot(agent.context(), key, limit)
    assert [item.decision_id for item in found.decisions] == decided[::-1][:limit]


@pytest.mark.parametrize("key", ["nobody has heard of it", "'}) RETURN 1 //", "*"])
async def test_about_depot_knows_nothing_of_another_key(agent: ServedAgent, key: Any) -> None:
    """A key is compared as it is: nothing of it is a pattern, or is run."""
    key = f"{key} {uuid.uuid4().hex}"
    found = await about_depot(agent.context(), key)
    assert (found.properties, found.neighbours, found.decisions) == ({}, (), ())


async def test_about_request_finds_its_properties(agent: ServedAgent) -> None:
    """What was kept last under that key."""
    key: Any = uuid.uuid4().hex
    mark = _mark()
    for kept in (_mark(), mark):
        await keep_node(agent.context(), "request", str(key), kept)
    found = await about_request(agent.context(), key)
    assert (found.entity_type, found.entity_id) == ("request", str(key))
    assert found.properties["mark"] == mark.mark


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_about_request_finds_its_neighbours(agent: ServedAgent, limit: int) -> None:
    """By kind of edge and by what is at the other end; as many as are wanted."""
    key: Any = uuid.uuid4().hex
    others = sorted(uuid.uuid4().hex for _ in range(2))
    for other in others:
        await keep_edge(agent.context(), "a mark", ("request", str(key)), ("another", other), _mark())
    found = (await about_request(agent.context(), key, limit)).neighbours
    marked = [item.entity_id for item in found if (item.kind, item.entity_type) == ("a mark", "another")]
    assert len(found) <= limit
    assert marked == others[:limit]


@pytest.mark.parametrize("limit", [1, 3])
async def test_about_request_names_the_decisions_about_it(agent: ServedAgent, limit: int) -> None:
    """The newest first, and as many as are wanted."""
    key: Any = uuid.uuid4().hex
    decided = [await agent.remember({"request_id": key}, {}) for _ in range(3)]
    found = await about_request(agent.context(), key, limit)
    assert [item.decision_id for item in found.decisions] == decided[::-1][:limit]


@pytest.mark.parametrize("key", ["nobody has heard of it", "'}) RETURN 1 //", "*"])
async def test_about_request_knows_nothing_of_another_key(agent: ServedAgent, key: Any) -> None:
    """A key is compared as it is: nothing of it is a pattern, or is run."""
    key = f"{key} {uuid.uuid4().hex}"
    found = await about_request(agent.context(), key)
    assert (found.properties, found.neighbours, found.decisions) == ({}, (), ())


@pytest.mark.parametrize(
    ("function", "defaults"),
    [
        (about_van, {"limit": 20}),
        (about_depot, {"limit": 20}),
        (about_request, {"limit": 20}),
    ],
)
async def test_what_may_be_left_out_has_its_default(function: Callable[..., Any], defaults: dict[str, Any]) -> None:
    """Callers rely on what stands in its place."""
    parameters = inspect.signature(function).parameters.values()
    assert {item.name: item.default for item in parameters if item.default is not item.empty} == defaults
