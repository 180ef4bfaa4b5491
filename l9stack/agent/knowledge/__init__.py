"""What an operation may ask of its agent's memory, and keep there: the graph, causes, history, a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from l9stack.agent._lazy import exports

if TYPE_CHECKING:
    from l9stack.agent.knowledge._cache import (
        forget as forget,
        keep as keep,
        keep_answer as keep_answer,
        kept as kept,
        kept_answer as kept_answer,
    )
    from l9stack.agent.knowledge._causes import Cause as Cause, causes as causes
    from l9stack.agent.knowledge._graph import (
        DecisionAbout as DecisionAbout,
        Known as Known,
        Neighbour as Neighbour,
        keep_edge as keep_edge,
        keep_node as keep_node,
        known as known,
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
    "Known": "_graph",
    "Neighbour": "_graph",
    "activity": "_history",
    "causes": "_causes",
    "compare": "_history",
    "drift": "_history",
    "figures": "_history",
    "forget": "_cache",
    "keep": "_cache",
    "keep_answer": "_cache",
    "keep_edge": "_graph",
    "keep_node": "_graph",
    "kept": "_cache",
    "kept_answer": "_cache",
    "known": "_graph",
}
__all__ = list(_HOMES)
__getattr__ = exports(__name__, _HOMES)
