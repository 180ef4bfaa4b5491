"""Dispatch: what memory knows beside a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent import OperationContext, Record
from l9stack.agent.graph import Known, known

INDEXED = ("request_id", "region")
"""Fields by which earlier decisions are found."""

ENTITIES = {"request_id": "request"}
"""Fields that name an entity of the graph, and its kind."""


class Enrichment(Record):
    """What memory knows beside a request: earlier decisions, the newest first, and the entities that it names."""

    earlier: tuple[dict[str, Any], ...]
    entities: tuple[Known, ...]


async def enrich(context: OperationContext, values: Mapping[str, Any], limit: int = 5) -> Enrichment:
    """Look up at most `limit` decisions with the same indexed values, and what the graph knows of who is named."""
    same = {name: values[name] for name in INDEXED if name in values}
    earlier = await context.recall(same, limit) if same else []
    named = [(kind, str(values[name])) for name, kind in ENTITIES.items() if name in values]
    entities = [await known(context, kind, key, limit) for kind, key in named]
    return Enrichment(earlier=tuple(earlier), entities=tuple(entities))
