"""What Dispatch declares about its memory in memory_bridge.py, and how it is used."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.memory_bridge import (
    MEMORY,
    find_by_region,
    find_by_request_id,
)

LAYERS: dict[str, dict[str, Any]] = {
    "working": {"keyspace": "dispatch:working", "ttl_seconds": 600},
    "episodic": {"index_by": ("request_id", "region"), "retention": ""},
    "semantic": {
        "nodes": {"van": ("van_id", "capacity", "depot"), "depot": ("depot_id", "region")},
        "edges": {"stationed_at": ("van_id", "depot_id", "since")},
    },
    "causal": {"factors": {"distance": ("van_id", "confidence"), "region": ("van_id",)}},
}

SERVED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


def test_the_declared_layers_are_those_of_the_schema() -> None:
    """No layer less, none more."""
    assert MEMORY.layers() == ("working", "episodic", "semantic", "causal")


@pytest.mark.parametrize(("layer", "fact"), [(layer, fact) for layer, facts in LAYERS.items() for fact in facts])
def test_each_layer_declares_what_the_schema_says(layer: str, fact: str) -> None:
    """Keyspaces, lifetimes, indexes, shapes, factors and retention are the schema's."""
    assert getattr(getattr(MEMORY, layer), fact) == LAYERS[layer][fact]


def test_no_layer_declares_more() -> None:
    """Each fact of each layer is compared above."""
    assert {name: set(dataclasses.asdict(getattr(MEMORY, name))) for name in LAYERS} == {
        name: set(facts) for name, facts in LAYERS.items()
    }


@pytest.mark.parametrize("name", ["archive"])
def test_a_layer_that_the_schema_does_not_declare_is_not_used(name: str) -> None:
    """Absent layers are None, and are not listed."""
    assert getattr(MEMORY, name) is None
    assert name not in MEMORY.layers()


def test_the_declaration_cannot_be_changed() -> None:
    """What the schema declares holds for the life of the process."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(MEMORY, "working", None)  # noqa: B010 - the type checker refuses it too


@SERVED
async def test_find_by_request_id_finds_decisions_about_it_the_newest_first(agent: ServedAgent) -> None:
    """Those whose request has the value, and no others; as many as are wanted."""
    value: Any = "R-1"
    about = [await agent.remember({"request_id": value}, {"number": number}) for number in range(3)]
    await agent.remember({"something_else": value}, {})
    found = await find_by_request_id(agent.context(), value)
    assert [decision["decision_id"] for decision in found[:3]] == about[::-1]
    assert len(await find_by_request_id(agent.context(), value, 2)) == 2
    assert all(decision["request"]["request_id"] == value for decision in found)


@SERVED
async def test_find_by_region_finds_decisions_about_it_the_newest_first(agent: ServedAgent) -> None:
    """Those whose request has the value, and no others; as many as are wanted."""
    value: Any = "north"
    about = [await agent.remember({"region": value}, {"number": number}) for number in range(3)]
    await agent.remember({"something_else": value}, {})
    found = await find_by_region(agent.context(), value)
    assert [decision["decision_id"] for decision in found[:3]] == about[::-1]
    assert len(await find_by_region(agent.context(), value, 2)) == 2
    assert all(decision["request"]["region"] == value for decision in found)


@pytest.mark.parametrize(
    ("function", "defaults"),
    [
        (find_by_request_id, {"limit": 20}),
        (find_by_region, {"limit": 20}),
    ],
)
def test_what_may_be_left_out_has_its_default(function: Callable[..., Any], defaults: dict[str, Any]) -> None:
    """Callers rely on what stands in its place."""
    parameters = inspect.signature(function).parameters.values()
    assert {item.name: item.default for item in parameters if item.default is not item.empty} == defaults
