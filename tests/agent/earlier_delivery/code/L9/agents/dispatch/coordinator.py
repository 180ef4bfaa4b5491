"""Dispatch: what it asks of several agents at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent import OperationContext

WIRED = ("fleet.nearest_van", "fleet.reserve_van")
"""What this agent may ask of others, as `agent.operation`."""


async def consult(context: OperationContext, requests: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Ask several at the same time; their responses under the same names.

    KeyError for one that is not wired, before anybody is asked; PeerError or EscalatedError of the first that fails.
    """
    if unknown := sorted(set(requests) - set(WIRED)):
        raise KeyError(", ".join(unknown))
    return await context.ask_all(requests)
