"""Dispatch: what the graph knows about the entities that it deals with."""

from __future__ import annotations

from l9stack.agent import OperationContext, Scalar
from l9stack.agent.knowledge import Entity, read_entity


async def about_van(context: OperationContext, van_id: str, limit: int = 20) -> Entity:
    """Look up what the graph knows about a `van`: its properties, its neighbours, decisions about it."""
    return await read_entity(context, "van", van_id, limit)


async def about_depot(context: OperationContext, depot_id: Scalar, limit: int = 20) -> Entity:
    """Look up what the graph knows about a `depot`: its properties, its neighbours, decisions about it."""
    return await read_entity(context, "depot", str(depot_id), limit)


async def about_request(context: OperationContext, request_id: str, limit: int = 20) -> Entity:
    """Look up what the graph knows about a `request`: its properties, its neighbours, decisions about it."""
    return await read_entity(context, "request", request_id, limit)
