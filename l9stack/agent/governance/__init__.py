"""What the rules of a policy say of some values, and whether an audit chain holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from l9stack.agent._lazy import exports

if TYPE_CHECKING:
    from l9stack.agent.governance._audit import verify as verify
    from l9stack.agent.governance._policy import weigh as weigh

_HOMES = {
    "verify": "_audit",
    "weigh": "_policy",
}
__all__ = list(_HOMES)
__getattr__ = exports(__name__, _HOMES)
