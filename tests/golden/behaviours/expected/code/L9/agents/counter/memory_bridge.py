"""Memory of Counter: working, episodic."""

from __future__ import annotations

from typing import Any

from l9stack.agent import EpisodicLayer, MemoryDeclaration, OperationContext, WorkingLayer

MEMORY = MemoryDeclaration(
    working=WorkingLayer(keyspace="l9_behaviours:counter", ttl_seconds=600),
    episodic=EpisodicLayer(index_by=("shelf",)),
)


async def find_by_shelf(context: OperationContext, shelf: str, limit: int = 20) -> list[dict[str, Any]]:
    """Find earlier decisions whose request has this `shelf`, the newest first."""
    return await context.recall({"shelf": shelf}, limit)
