"""Dispatch: why its decisions were as they were."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record
from l9stack.agent.causes import causes


class DistanceFactor(Record):
    """What `distance` was in a decision, and what it bore on: `van_id`, `confidence`."""

    value: float
    van_id: str | None = None
    confidence: float | None = None


class RegionFactor(Record):
    """What `region` was in a decision, and what it bore on: `van_id`."""

    value: Literal["north", "south"]
    van_id: str | None = None


async def trace_distance(context: OperationContext, limit: int = 20) -> list[DistanceFactor]:
    """Find what `distance` was in the newest decisions, and what it bore on."""
    return [cause.read_as(DistanceFactor) for cause in await causes(context, "distance", limit)]


async def trace_region(context: OperationContext, limit: int = 20) -> list[RegionFactor]:
    """Find what `region` was in the newest decisions, and what it bore on."""
    return [cause.read_as(RegionFactor) for cause in await causes(context, "region", limit)]
