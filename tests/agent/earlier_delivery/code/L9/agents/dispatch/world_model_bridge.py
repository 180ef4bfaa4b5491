"""Dispatch: what the graph knows about the entities that it deals with."""

from __future__ import annotations

from l9stack.agent import OperationContext, Scalar
from l9stack.agent.graph import Known, known


async def about_van(context: OperationContext, van_id: str, limit: int = 20) -> Known:
    """Look up what the graph knows about a `van`: its properties, its neighbours, decisions about it."""
    return await known(context, "van", van_id, limit)


async def about_depot(context: OperationContext, depot_id: Scalar, limit: int = 20) -> Known:
    """Look up what the graph knows about a `depot`: its properties, its neighbours, decisions about it."""
    return await known(context, "depot", str(depot_id), limit)


async def about_request(context: OperationContext, request_id: str, limit: int = 20) -> Known:
    """Look up what the graph knows about a `request`: its properties, its neighbours, decisions about it."""
    return await known(context, "request", request_id, limit)
