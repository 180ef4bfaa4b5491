"""What Counter declares about its memory in memory_bridge.py."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, cast

import pytest
from l9stack.agent import OperationContext

from L9.agents.counter.memory_bridge import (
    MEMORY,
    find_by_shelf,
)

LAYERS: dict[str, dict[str, Any]] = {
    "working": {"keyspace": "l9_behaviours:counter", "ttl_seconds": 600},
    "episodic": {"index_by": ("shelf",), "retention": ""},
}


class _Recalling:
    """Stands in for a context: remembers what memory was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, Any], int]] = []

    async def recall(self, match: dict[str, Any], limit: int = 20) -> list[dict[str, Any]]:
        """Remember the question and answer with one decision."""
        self.asked.append((match, limit))
        return [{"decision_id": "d-1"}]


def test_the_declared_layers_are_those_of_the_schema() -> None:
    """No layer less, none more."""
    assert MEMORY.layers() == ("working", "episodic")


@pytest.mark.parametrize(("layer", "fact"), [(layer, fact) for layer, facts in LAYERS.items() for fact in facts])
def test_each_layer_declares_what_the_schema_says(layer: str, fact: str) -> None:
    """Keyspaces, lifetimes, indexes, shapes, factors and retention are the schema's."""
    assert getattr(getattr(MEMORY, layer), fact) == LAYERS[layer][fact]


def test_no_layer_declares_more() -> None:
    """Each fact of each layer is compared above."""
    assert {name: set(dataclasses.asdict(getattr(MEMORY, name))) for name in LAYERS} == {
        name: set(facts) for name, facts in LAYERS.items()
    }


@pytest.mark.parametrize("name", ["semantic", "causal", "archive"])
def test_a_layer_that_the_schema_does_not_declare_is_not_used(name: str) -> None:
    """Absent layers are None, and are not listed."""
    assert getattr(MEMORY, name) is None
    assert name not in MEMORY.layers()


def test_the_declaration_cannot_be_changed() -> None:
    """What the schema declares holds for the life of the process."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(MEMORY, "working", None)  # noqa: B010 - the type checker refuses it too


@pytest.mark.parametrize(("given", "limit"), [((), 20), ((3,), 3)])
def test_find_by_shelf_asks_memory_for_that_field_alone(given: tuple[int, ...], limit: int) -> None:
    """The value and the limit reach memory as they are."""
    context = _Recalling()
    found = asyncio.run(find_by_shelf(cast(OperationContext, context), "V-1", *given))
    assert context.asked == [({"shelf": "V-1"}, limit)]
    assert found == [{"decision_id": "d-1"}]
