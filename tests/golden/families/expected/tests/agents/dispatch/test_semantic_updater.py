"""Tests of semantic_updater.py: Dispatch: what it keeps in its graph."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.graph import known
from l9stack.agent.testing import ServedAgent, serving, without
from pydantic import ValidationError

from L9.agents.dispatch.semantic_updater import (
    DepotNode,
    StationedAtEdge,
    VanNode,
    keep_depot,
    keep_stationed_at,
    keep_van,
)

SERVED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


@SERVED
async def test_keep_van_keeps_it_once(agent: ServedAgent) -> None:
    """Kept twice it is there once, and holds what was kept last."""
    values: dict[str, Any] = {**{"van_id": "van id", "capacity": "v1", "depot": "v1"}, "van_id": uuid.uuid4().hex}
    made = VanNode.model_validate(values)
    for _ in range(2):
        await keep_van(agent.context(), made)
    found = await known(agent.context(), "van", str(values["van_id"]))
    assert {name: found.properties[name] for name in values} == values


@pytest.mark.parametrize("name", ["van_id", "capacity", "depot"])
def test_keep_van_takes_nothing_incomplete(name: str) -> None:
    """Each property of a `van` has to be given, and no other one may be."""
    values: dict[str, Any] = {"van_id": "van id", "capacity": "v1", "depot": "v1"}
    with pytest.raises(ValidationError):
        VanNode.model_validate(without(values, name))
    with pytest.raises(ValidationError):
        VanNode.model_validate({**values, "undeclared_field": 1})


@SERVED
async def test_keep_depot_keeps_it_once(agent: ServedAgent) -> None:
    """Kept twice it is there once, and holds what was kept last."""
    values: dict[str, Any] = {**{"depot_id": "v1", "region": "north"}, "depot_id": uuid.uuid4().hex}
    made = DepotNode.model_validate(values)
    for _ in range(2):
        await keep_depot(agent.context(), made)
    found = await known(agent.context(), "depot", str(values["depot_id"]))
    assert {name: found.properties[name] for name in values} == values


@pytest.mark.parametrize("name", ["depot_id", "region"])
def test_keep_depot_takes_nothing_incomplete(name: str) -> None:
    """Each property of a `depot` has to be given, and no other one may be."""
    values: dict[str, Any] = {"depot_id": "v1", "region": "north"}
    with pytest.raises(ValidationError):
        DepotNode.model_validate(without(values, name))
    with pytest.raises(ValidationError):
        DepotNode.model_validate({**values, "undeclared_field": 1})


@SERVED
async def test_keep_stationed_at_keeps_it_once(agent: ServedAgent) -> None:
    """Kept twice it is there once, and holds what was kept last."""
    values: dict[str, Any] = {**{"van_id": "van id", "depot_id": "v1", "since": "v1"}, "van_id": uuid.uuid4().hex}
    made = StationedAtEdge.model_validate(values)
    for _ in range(2):
        await keep_stationed_at(agent.context(), made)
    found = await known(agent.context(), "van", str(values["van_id"]))
    ends = [(item.kind, item.entity_type, item.entity_id) for item in found.neighbours]
    assert ends.count(("stationed_at", "depot", str(values["depot_id"]))) == 1


@pytest.mark.parametrize("name", ["van_id", "depot_id", "since"])
def test_keep_stationed_at_takes_nothing_incomplete(name: str) -> None:
    """Each property of a `stationed_at` has to be given, and no other one may be."""
    values: dict[str, Any] = {"van_id": "van id", "depot_id": "v1", "since": "v1"}
    with pytest.raises(ValidationError):
        StationedAtEdge.model_validate(without(values, name))
    with pytest.raises(ValidationError):
        StationedAtEdge.model_validate({**values, "undeclared_field": 1})
