"""What an operation may ask of its agent's memory, and keep there: the graph, causes, history, a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from l9stack.agent._lazy import exports

if TYPE_CHECKING:
    from l9stack.agent.knowledge._cache import (
        forget_value as forget_value,
        keep_answer as keep_answer,
        keep_value as keep_value,
        read_answer as read_answer,
        read_value as read_value,
    )
    from l9stack.agent.knowledge._causes import Cause as Cause, causes as causes
    from l9stack.agent.knowledge._graph import (
        DecisionAbout as DecisionAbout,
        Entity as Entity,
        Neighbour as Neighbour,
        keep_edge as keep_edge,
        keep_node as keep_node,
        read_entity as read_entity,
    )
    from l9stack.agent.knowledge._history import (
        Activity as Activity,
        Drift as Drift,
        activity as activity,
        compare as compare,
        drift as drift,
        figures as figures,
    )

_HOMES = {
    "Activity": "_history",
    "Cause": "_causes",
    "DecisionAbout": "_graph",
    "Drift": "_history",
    "Entity": "_graph",
    "Neighbour": "_graph",
    "activity": "_history",
    "causes": "_causes",
    "compare": "_history",
    "drift": "_history",
    "figures": "_history",
    "forget_value": "_cache",
    "keep_answer": "_cache",
    "keep_edge": "_graph",
    "keep_node": "_graph",
    "keep_value": "_cache",
    "read_answer": "_cache",
    "read_entity": "_graph",
    "read_value": "_cache",
}
__all__ = list(_HOMES)
__getattr__ = exports(__name__, _HOMES)
