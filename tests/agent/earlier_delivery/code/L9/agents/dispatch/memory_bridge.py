"""Memory of Dispatch: working, episodic, semantic, causal."""

from __future__ import annotations

from typing import Any, Literal

from l9stack.agent import CausalLayer, EpisodicLayer, MemoryDeclaration, OperationContext, SemanticLayer, WorkingLayer

MEMORY = MemoryDeclaration(
    working=WorkingLayer(keyspace="dispatch:working", ttl_seconds=600),
    episodic=EpisodicLayer(index_by=("request_id", "region")),
    semantic=SemanticLayer(
        nodes={"van": ("van_id", "capacity", "depot"), "depot": ("depot_id", "region")},
        edges={"stationed_at": ("van_id", "depot_id", "since")},
    ),
    causal=CausalLayer(factors={"distance": ("van_id", "confidence"), "region": ("van_id",)}),
)


async def find_by_request_id(context: OperationContext, request_id: str, limit: int = 20) -> list[dict[str, Any]]:
    """Find earlier decisions whose request has this `request_id`, the newest first."""
    return await context.recall({"request_id": request_id}, limit)


async def find_by_region(
    context: OperationContext, region: Literal["north", "south"], limit: int = 20
) -> list[dict[str, Any]]:
    """Find earlier decisions whose request has this `region`, the newest first."""
    return await context.recall({"region": region}, limit)
