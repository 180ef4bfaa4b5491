"""Dispatch: what it keeps in its graph."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, Scalar
from l9stack.agent.graph import keep_edge, keep_node


class VanNode(Record):
    """A `van` node of the graph."""

    van_id: str
    capacity: Scalar
    depot: Scalar


class DepotNode(Record):
    """A `depot` node of the graph."""

    depot_id: Scalar
    region: Literal["north", "south"]


class StationedAtEdge(Record):
    """A `stationed_at` edge of the graph."""

    van_id: str
    depot_id: Scalar
    since: Scalar


async def keep_van(context: OperationContext, node: VanNode) -> None:
    """Keep a `van` in the graph by its `van_id`: merged, never there twice."""
    await keep_node(context, "van", node.van_id, node)


async def keep_depot(context: OperationContext, node: DepotNode) -> None:
    """Keep a `depot` in the graph by its `depot_id`: merged, never there twice."""
    await keep_node(context, "depot", str(node.depot_id), node)


async def keep_stationed_at(context: OperationContext, edge: StationedAtEdge) -> None:
    """Keep a `stationed_at` edge between a `van` and a `depot`: merged, never there twice."""
    source, target = ("van", edge.van_id), ("depot", str(edge.depot_id))
    await keep_edge(context, "stationed_at", source, target, edge)
