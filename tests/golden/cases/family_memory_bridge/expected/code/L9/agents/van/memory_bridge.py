"""Memory of Van: working, episodic, semantic, causal, archive."""

from __future__ import annotations

from typing import Any, Literal

from l9stack.agent import (
    ArchiveLayer,
    CausalLayer,
    EpisodicLayer,
    MemoryDeclaration,
    OperationContext,
    SemanticLayer,
    WorkingLayer,
)

MEMORY = MemoryDeclaration(
    working=WorkingLayer(keyspace="l9_family_memory_bridge:van", ttl_seconds=600),
    episodic=EpisodicLayer(index_by=("region",)),
    semantic=SemanticLayer(),
    causal=CausalLayer(),
    archive=ArchiveLayer(),
)


async def find_by_region(
    context: OperationContext, region: Literal["north", "south"], limit: int = 20
) -> list[dict[str, Any]]:
    """Find earlier decisions whose request has this `region`, the newest first."""
    return await context.recall({"region": region}, limit)
