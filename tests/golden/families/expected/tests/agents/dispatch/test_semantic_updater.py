"""Tests of semantic_updater.py: Dispatch: what it keeps in its graph."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.knowledge import known
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
@pytest.mark.parametrize("times", [1, 3])
async def test_keep_van_keeps_it_once(agent: ServedAgent, times: int) -> None:
    """However often it is kept, it is there once."""
    values: dict[str, Any] = {
        "van_id": uuid.uuid4().hex,
        "capacity": "v1",
        "depot": "v1",
    }
    for _ in range(times):
        await keep_van(agent.context(), VanNode.model_validate(values))
    found = await known(agent.context(), "van", str(values["van_id"]))
    assert {name: found.properties[name] for name in values} == values
    assert found.properties["kept_by"] == agent.definition.id


@SERVED
async def test_keep_van_holds_what_was_kept_last(agent: ServedAgent) -> None:
    """Of each property the newest value."""
    values: dict[str, Any] = {
        "van_id": uuid.uuid4().hex,
        "capacity": "v1",
        "depot": "v1",
    }
    before: dict[str, Any] = {name: values[name] if name == "van_id" else "before" for name in values}
    await keep_van(agent.context(), VanNode.model_construct(**before))
    await keep_van(agent.context(), VanNode.model_validate(values))
    found = await known(agent.context(), "van", str(values["van_id"]))
    assert {name: found.properties[name] for name in values} == values


@SERVED
async def test_keep_van_leaves_others_alone(agent: ServedAgent) -> None:
    """Nothing is known of a key that nobody has kept."""
    values: dict[str, Any] = {
        "van_id": uuid.uuid4().hex,
        "capacity": "v1",
        "depot": "v1",
    }
    await keep_van(agent.context(), VanNode.model_validate(values))
    found = await known(agent.context(), "van", uuid.uuid4().hex)
    assert (found.properties, found.neighbours) == ({}, ())


@SERVED
@pytest.mark.parametrize("text", ["'}) DETACH DELETE (n) //", '"}) RETURN 1 //', "\\", "$key"])
async def test_keep_van_takes_any_text_for_a_key(agent: ServedAgent, text: str) -> None:
    """A key is a value: nothing of it is run."""
    values: dict[str, Any] = {
        "van_id": uuid.uuid4().hex,
        "capacity": "v1",
        "depot": "v1",
    }
    values["van_id"] += text
    await keep_van(agent.context(), VanNode.model_construct(**values))
    found = await known(agent.context(), "van", values["van_id"])
    assert found.properties


@pytest.mark.parametrize("name", ["van_id", "capacity", "depot"])
def test_keep_van_takes_nothing_incomplete(name: str) -> None:
    """Each property of a `van` has to be given."""
    values: dict[str, Any] = {"van_id": "van id", "capacity": "v1", "depot": "v1"}
    with pytest.raises(ValidationError, match=name):
        VanNode.model_validate(without(values, name))


@pytest.mark.parametrize("name", ["undeclared_field", "kept_by"])
def test_keep_van_takes_nothing_undeclared(name: str) -> None:
    """No other property may be given."""
    values: dict[str, Any] = {"van_id": "van id", "capacity": "v1", "depot": "v1"}
    with pytest.raises(ValidationError, match=name):
        VanNode.model_validate({**values, name: "1"})


@SERVED
@pytest.mark.parametrize("times", [1, 3])
async def test_keep_depot_keeps_it_once(agent: ServedAgent, times: int) -> None:
    """However often it is kept, it is there once."""
    values: dict[str, Any] = {
        "depot_id": uuid.uuid4().hex,
        "region": "north",
    }
    for _ in range(times):
        await keep_depot(agent.context(), DepotNode.model_validate(values))
    found = await known(agent.context(), "depot", str(values["depot_id"]))
    assert {name: found.properties[name] for name in values} == values
    assert found.properties["kept_by"] == agent.definition.id


@SERVED
async def test_keep_depot_holds_what_was_kept_last(agent: ServedAgent) -> None:
    """Of each property the newest value."""
    values: dict[str, Any] = {
        "depot_id": uuid.uuid4().hex,
        "region": "north",
    }
    before: dict[str, Any] = {name: values[name] if name == "depot_id" else "before" for name in values}
    await keep_depot(agent.context(), DepotNode.model_construct(**before))
    await keep_depot(agent.context(), DepotNode.model_validate(values))
    found = await known(agent.context(), "depot", str(values["depot_id"]))
    assert {name: found.properties[name] for name in values} == values


@SERVED
async def test_keep_depot_leaves_others_alone(agent: ServedAgent) -> None:
    """Nothing is known of a key that nobody has kept."""
    values: dict[str, Any] = {
        "depot_id": uuid.uuid4().hex,
        "region": "north",
    }
    await keep_depot(agent.context(), DepotNode.model_validate(values))
    found = await known(agent.context(), "depot", uuid.uuid4().hex)
    assert (found.properties, found.neighbours) == ({}, ())


@SERVED
@pytest.mark.parametrize("text", ["'}) DETACH DELETE (n) //", '"}) RETURN 1 //', "\\", "$key"])
async def test_keep_depot_takes_any_text_for_a_key(agent: ServedAgent, text: str) -> None:
    """A key is a value: nothing of it is run."""
    values: dict[str, Any] = {
        "depot_id": uuid.uuid4().hex,
        "region": "north",
    }
    values["depot_id"] += text
    await keep_depot(agent.context(), DepotNode.model_construct(**values))
    found = await known(agent.context(), "depot", values["depot_id"])
    assert found.properties


@pytest.mark.parametrize("name", ["depot_id", "region"])
def test_keep_depot_takes_nothing_incomplete(name: str) -> None:
    """Each property of a `depot` has to be given."""
    values: dict[str, Any] = {"depot_id": "v1", "region": "north"}
    with pytest.raises(ValidationError, match=name):
        DepotNode.model_validate(without(values, name))


@pytest.mark.parametrize("value", ["north", "south"])
def test_keep_depot_takes_each_region(value: str) -> None:
    """What operations take or answer under that name, the graph can keep."""
    values: dict[str, Any] = {"depot_id": "v1", "region": "north"}
    kept = DepotNode.model_validate({**values, "region": value})
    assert kept.region == value


@pytest.mark.parametrize("name", ["undeclared_field", "kept_by"])
def test_keep_depot_takes_nothing_undeclared(name: str) -> None:
    """No other property may be given."""
    values: dict[str, Any] = {"depot_id": "v1", "region": "north"}
    with pytest.raises(ValidationError, match=name):
        DepotNode.model_validate({**values, name: "1"})


@SERVED
@pytest.mark.parametrize("times", [1, 3])
async def test_keep_stationed_at_keeps_it_once(agent: ServedAgent, times: int) -> None:
    """However often it is kept, it is there once."""
    values: dict[str, Any] = {
        "van_id": uuid.uuid4().hex,
        "depot_id": uuid.uuid4().hex,
        "since": "v1",
    }
    for _ in range(times):
        await keep_stationed_at(agent.context(), StationedAtEdge.model_validate(values))
    found = await known(agent.context(), "van", str(values["van_id"]))
    ends = [(item.kind, item.entity_type, item.entity_id) for item in found.neighbours]
    assert ends.count(("stationed_at", "depot", str(values["depot_id"]))) == 1


@SERVED
async def test_keep_stationed_at_is_seen_from_both_ends(agent: ServedAgent) -> None:
    """The other end has it as a neighbour, too."""
    values: dict[str, Any] = {
        "van_id": uuid.uuid4().hex,
        "depot_id": uuid.uuid4().hex,
        "since": "v1",
    }
    await keep_stationed_at(agent.context(), StationedAtEdge.model_validate(values))
    found = await known(agent.context(), "depot", str(values["depot_id"]))
    ends = [(item.kind, item.entity_type, item.entity_id) for item in found.neighbours]
    assert ("stationed_at", "van", str(values["van_id"])) in ends


@SERVED
async def test_keep_stationed_at_leads_from_the_first_end_to_the_second(agent: ServedAgent) -> None:
    """An edge has a direction."""
    values: dict[str, Any] = {
        "van_id": uuid.uuid4().hex,
        "depot_id": uuid.uuid4().hex,
        "since": "v1",
    }
    await keep_stationed_at(agent.context(), StationedAtEdge.model_validate(values))
    query = (
        "MATCH (s:domain_entity {entity_id: $source})-[:RELATES {kind: $kind}]->(t:domain_entity) "
        "WHERE t.entity_id = $target RETURN s.entity_type AS source, t.entity_type AS target"
    )
    ends = {"source": str(values["van_id"]), "target": str(values["depot_id"])}
    found = await agent.memory.connections.cypher(query, {"kind": "stationed_at", **ends})
    assert {"source": "van", "target": "depot"} in found


@SERVED
async def test_keep_stationed_at_leaves_others_alone(agent: ServedAgent) -> None:
    """Nothing is known of a key that nobody has kept."""
    values: dict[str, Any] = {
        "van_id": uuid.uuid4().hex,
        "depot_id": uuid.uuid4().hex,
        "since": "v1",
    }
    await keep_stationed_at(agent.context(), StationedAtEdge.model_validate(values))
    found = await known(agent.context(), "van", uuid.uuid4().hex)
    assert (found.properties, found.neighbours) == ({}, ())


@SERVED
@pytest.mark.parametrize("text", ["'}) DETACH DELETE (n) //", '"}) RETURN 1 //', "\\", "$key"])
async def test_keep_stationed_at_takes_any_text_for_a_key(agent: ServedAgent, text: str) -> None:
    """A key is a value: nothing of it is run."""
    values: dict[str, Any] = {
        "van_id": uuid.uuid4().hex,
        "depot_id": uuid.uuid4().hex,
        "since": "v1",
    }
    values["van_id"] += text
    await keep_stationed_at(agent.context(), StationedAtEdge.model_construct(**values))
    found = await known(agent.context(), "van", values["van_id"])
    assert found.neighbours


@pytest.mark.parametrize("name", ["van_id", "depot_id", "since"])
def test_keep_stationed_at_takes_nothing_incomplete(name: str) -> None:
    """Each property of a `stationed_at` has to be given."""
    values: dict[str, Any] = {"van_id": "van id", "depot_id": "v1", "since": "v1"}
    with pytest.raises(ValidationError, match=name):
        StationedAtEdge.model_validate(without(values, name))


@pytest.mark.parametrize("name", ["undeclared_field", "kept_by"])
def test_keep_stationed_at_takes_nothing_undeclared(name: str) -> None:
    """No other property may be given."""
    values: dict[str, Any] = {"van_id": "van id", "depot_id": "v1", "since": "v1"}
    with pytest.raises(ValidationError, match=name):
        StationedAtEdge.model_validate({**values, name: "1"})
