"""Memory of TollGate: working, episodic."""

from __future__ import annotations

from typing import Any

from l9stack.agent import EpisodicLayer, MemoryDeclaration, OperationContext, WorkingLayer

MEMORY = MemoryDeclaration(
    working=WorkingLayer(keyspace="l9_every_behaviour:toll_gate", ttl_seconds=300),
    episodic=EpisodicLayer(index_by=("plate",)),
)


async def find_by_plate(context: OperationContext, plate: str, limit: int = 20) -> list[dict[str, Any]]:
    """Find earlier decisions whose request has this `plate`, the newest first."""
    return await context.recall({"plate": plate}, limit)
