"""Van: what the graph knows about the entities that it deals with."""

from __future__ import annotations

from l9stack.agent import OperationContext
from l9stack.agent.knowledge import Entity, read_entity


async def about_van(context: OperationContext, van_id: str, limit: int = 20) -> Entity:
    """Look up what the graph knows about a `van`: its properties, its neighbours, decisions about it."""
    return await read_entity(context, "van", van_id, limit)
