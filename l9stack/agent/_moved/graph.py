"""Moved to `l9stack.agent.knowledge`."""

from l9stack.agent.knowledge import (
    DecisionAbout as DecisionAbout,
    Entity as Known,
    Neighbour as Neighbour,
    keep_edge as keep_edge,
    keep_node as keep_node,
    read_entity as known,
)

__all__ = [
    "DecisionAbout",
    "Known",
    "Neighbour",
    "keep_edge",
    "keep_node",
    "known",
]
