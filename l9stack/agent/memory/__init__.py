"""The memory layers of an agent: how each keeps a decision, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from l9stack.agent._lazy import exports

if TYPE_CHECKING:
    from l9stack.agent.memory._layers import keyspace as keyspace
    from l9stack.agent.memory._memory import Memory as Memory

_HOMES = {
    "Memory": "_memory",
    "keyspace": "_layers",
}
__all__ = list(_HOMES)
__getattr__ = exports(__name__, _HOMES)
