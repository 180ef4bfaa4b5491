"""Work that several processes of one agent may be given, and that one of them does.

Replicas share an identity, and whoever sends a packet again, or an event that was not acknowledged, may reach another
one. A lease in Redis says that somebody is at it; it ends by itself where that process died. What is then done once
more is the same decision: its id follows from what was asked, so that every store keeps it once.
"""

from __future__ import annotations

import math
import uuid

import redis.asyncio as redis

from l9stack.agent.operations import STORES_SECONDS, Operation

RUNNING = "running"
"""What a lease holds, until the outcome takes its place."""
_DECISIONS = uuid.UUID("5f0c64a2-52a5-4c1f-9d0e-3a8a1c1d7b60")


def lease_seconds(operation: Operation) -> int:
    """How long a call of the operation may take with its stores: nobody else is at it before this is over."""
    return math.ceil(operation.timeout_seconds + STORES_SECONDS)


async def take_lease(client: redis.Redis, key: str, seconds: int) -> str | None:
    """Take the lease of a key: None where it is ours now, else what it holds. Raises what Redis raises."""
    if await client.set(key, RUNNING, nx=True, ex=seconds):
        return None
    found = await client.get(key)
    return RUNNING if found is None else str(found)  # it ended between the two calls: the next one may have it


def decision_id(*asked: str) -> str:
    """The id of the decision about what was asked: the same for the same names, whoever works it out."""
    return str(uuid.uuid5(_DECISIONS, "\n".join(asked)))
